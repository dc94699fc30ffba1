"""The partner's verbs: send the claim in, take it back, throw it away."""

from typing import Any

from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import latest_event, perform, release
from incentives_portal.cases.errors import Refused, Stale
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import rename_case, snapshot
from incentives_portal.programs import dates
from incentives_portal.programs.assess import Assessment, assess_proof
from proofs import rules as proof_rules
from proofs import services as proofs
from proofs.content import content_of
from proofs.facts import proof_facts, versions_of
from proofs.folder import read

from ..enums import MACHINE
from ..models import Claim
from .locking import locked_limits, locked_proof


class NotReady(Refused):
    """Something must be mended first; ``assessment`` says what and where."""

    def __init__(self, assessment: Assessment) -> None:
        super().__init__(*(f"{finding.text} {finding.fix}".strip() for finding in assessment.blocks))
        self.assessment = assessment


def submit(claim: Claim, *, actor: User, seen: int | None, seen_proof: int | None, words: str = "") -> Event:
    """Send the claim in. ``seen`` and ``seen_proof`` are the versions of claim and proof that the person had before their eyes.

    Effects: what the proof says is kept as a submission with its assessment; the proof is sealed; the review is due in two business
    days, or on the plan track by the end of the following month (vectors CL-1, PO-4); reviewers and colleagues are told.
    Raises NotReady with what must be mended, among it the claiming window (PE-3 to PE-6) and limits, and the errors of ``perform``.
    """
    return _send("submit", claim, actor, seen, seen_proof, words)


def resubmit(claim: Claim, *, actor: User, seen: int | None, seen_proof: int | None, words: str = "") -> Event:
    """Send a claim in again that the reviewer had sent back (*Action required*), also after the claiming window.

    Effects and errors are those of ``submit``.
    """
    return _send("resubmit", claim, actor, seen, seen_proof, words)


def _send(verb: str, claim: Claim, actor: User, seen: int | None, seen_proof: int | None, words: str) -> Event:
    def before(current: Claim) -> dict[str, Any]:
        proof = locked_proof(current)
        if seen_proof != proof.version:
            raise Stale(current, latest_event(proof.case))
        locked_limits(proof)
        content = content_of(proof)
        folder = read(content)
        versions = versions_of(folder)
        assessment = assess_proof(proof_facts(proof, folder, versions))
        if assessment.blocks:
            raise NotReady(assessment)
        submission = snapshot(current.case, content, assessment.to_json(), actor)
        proofs.seal(proof, versions.values())
        current.submission, current.round = submission, 0
        current.submitted_at = clock.now()
        current.due_at = dates.review_due_at(proof.program, current.submitted_at)
        if current.case.title != proof.name:
            rename_case(current.case, proof.name)
        return {"number": submission.number, "amount": str(proof.amount), "currency": proof.currency}

    return perform(MACHINE, claim, verb, actor=actor, seen=seen, words=words, before=before)


def withdraw(claim: Claim, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Take a submitted claim back before its review has begun; its proof can be edited and it can be submitted again."""

    def before(current: Claim) -> None:
        proof = locked_proof(current)
        proofs.unseal(proof)
        current.due_at = proof_rules.due_at(proof)

    def after(current: Claim, _event: Event) -> None:
        release(current.case)

    return perform(MACHINE, claim, "withdraw", actor=actor, seen=seen, words=words, before=before, after=after)


def discard(claim: Claim, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Throw away a claim that was never submitted, and its proof; another proof can then be made for the activity."""

    def before(current: Claim) -> None:
        proofs.discard(current.proof)
        current.due_at = None

    return perform(MACHINE, claim, "discard", actor=actor, seen=seen, words=words, before=before)
