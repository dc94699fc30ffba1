"""The partner's verbs: send the claim in, take it back, throw it away."""

from typing import Any

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import perform
from incentives_portal.cases.errors import Refused
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import submit as keep_submission
from incentives_portal.programs import dates
from incentives_portal.programs.assess import Assessment, assess_proof
from proofs import rules as proof_rules
from proofs import services as proofs
from proofs.facts import proof_facts, versions_of
from proofs.snapshot import content_of, read

from ..models import Claim
from .locking import locked_limits, whole_proof


class NotReady(Refused):
    """Something must be mended first; ``assessment`` says what and where."""

    def __init__(self, assessment: Assessment) -> None:
        super().__init__(*(f"{finding.text} {finding.fix}".strip() for finding in assessment.blocks))
        self.assessment = assessment


def submit(claim: Claim, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Send the claim in. ``seen`` is the version of its case that the person had before their eyes.

    Effects: what the proof says is kept as a submission with its assessment, and its files stay; the review is due in two business
    days, or on the plan track by the end of the following month (examples CL-1, PO-4); reviewers and colleagues are told.
    Raises NotReady with what must be mended, among it the claiming window (PE-3 to PE-6) and limits, and the errors of ``perform``.
    """
    return _send("submit", claim, actor, seen, words)


def resubmit(claim: Claim, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Send a claim in again that the reviewer had sent back (*Action required*), also after the claiming window.

    Effects and errors are those of ``submit``.
    """
    return _send("resubmit", claim, actor, seen, words)


def _send(verb: str, claim: Claim, actor: User, seen: int | None, words: str) -> Event:
    def before(current: Claim) -> dict[str, Any]:
        locked_limits(current.proof)
        proof = whole_proof(current)
        content = content_of(proof)
        folder = read(content)
        versions = versions_of(folder)
        assessment = assess_proof(proof_facts(proof, folder, versions))
        if assessment.blocks:
            raise NotReady(assessment)
        case = current.case
        submission = keep_submission(case, content, assessment.to_json(), actor)
        proofs.keep_sent_files(proof, versions.values())
        if current.round:
            current.round = 0
            current.save(update_fields=["round"])
        case.due_at = dates.review_due_at(proof.program, submission.at)
        return {"number": submission.number, "amount": str(proof.amount), "currency": proof.currency}

    return perform(claim, verb, actor=actor, seen=seen, words=words, before=before)


def withdraw(claim: Claim, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Take a submitted claim back before its review has begun; its proof can be edited and it can be submitted again."""

    def before(current: Claim) -> None:
        current.case.due_at = proof_rules.due_at(whole_proof(current))

    return perform(claim, "withdraw", actor=actor, seen=seen, words=words, before=before)


def discard(claim: Claim, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Throw away a claim that was never submitted, and its proof; another proof can then be made for the activity."""

    def before(current: Claim) -> None:
        current.case.due_at = None

    return perform(claim, "discard", actor=actor, seen=seen, words=words, before=before)


def give_up(claim: Claim, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Close a claim that was sent in once and is with the partner now. It takes nothing of any limit any more.

    Effects: final; it stays to be read with what was sent in, and its proof cannot be edited. If it had been sent back, the reviewer who
    waits for it and the partner's incentives admins are told. Raises the errors of ``perform``.
    """

    def before(current: Claim) -> None:
        current.case.due_at = None

    return perform(claim, "give_up", actor=actor, seen=seen, words=words, before=before)
