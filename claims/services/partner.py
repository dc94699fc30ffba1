"""The partner's verbs that do more than their transition says: submit, resubmit and dispute a claim."""

from functools import partial
from typing import Any

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import perform, service_of
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import keep_submission
from incentives_portal.programs.assess import assess_proof
from proofs import services as proofs
from proofs.facts import proof_facts, versions_of
from proofs.snapshot import content_of, read

from ..models import Claim, Dispute
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


def _begin_round(claim: Claim) -> None:
    claim.case.round += 1


def _contest(claim: Claim, event: Event) -> None:
    contested, due_at = claim.case.decisions.latest("pk"), claim.due_at
    assert due_at is not None  # the transition sets it
    Dispute.objects.create(contested=contested, comment=event.comment, by_id=event.actor_id, at=event.at, due_at=due_at)


#: Have another user decide a rejected claim again, within the business days that the program sets. Effects: a dispute of
#: the last decision, due date, no assignee, message to the reviewers who have not rejected it. Source: docs/domain.md,
#: "Dispute due date".
dispute = service_of("dispute", before=_begin_round, after=_contest)
