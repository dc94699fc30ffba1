"""Submit and resubmit claims."""

from functools import partial
from typing import Any

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import perform
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import keep_submission
from incentives_portal.programs.assess import assess_proof
from proofs import services as proofs
from proofs.facts import proof_facts, versions_of
from proofs.snapshot import content_of, read

from ..models import Claim
from ..rules import whole_proof
from .locking import locked_limits


def submit(
    claim: Claim, *, actor: User, expected_version: int | None, comment: str = "", verb: str = "submit"
) -> Event:
    """Submit the claim. ``expected_version`` is the version of its case that the user saw.

    Effects: a submission with the content of the proof and its assessment; its files are kept; the review is due in
    the business days that the program sets, or on the plan track by the end of the following month (examples CL-1, PO-4); reviewers and
    the partner's incentives admins are notified.

    Raises NotReady with what must be fixed, including the claiming window (PE-3 to PE-6) and limits, and the errors
    of ``perform``.
    """

    def before(current: Claim) -> dict[str, Any]:
        locked_limits(current.proof)
        proof = whole_proof(current)
        content = content_of(proof)
        folder = read(content)
        versions = versions_of(folder)
        submission = keep_submission(current.case, content, assess_proof(proof_facts(proof, folder, versions)), actor)
        proofs.keep_sent_files(proof, versions.values())
        return {"number": submission.number, "amount": str(proof.amount), "currency": proof.currency}

    return perform(claim, verb, actor=actor, expected_version=expected_version, comment=comment, before=before)


#: Resubmit a claim that was sent back (*Action required*), also after the claiming window.
resubmit = partial(submit, verb="resubmit")
