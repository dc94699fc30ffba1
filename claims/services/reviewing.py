"""The operator's verbs: take a claim up, decide about it, give it back to the queue."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from incentives_portal import money
from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import perform
from incentives_portal.cases.enums import DISPUTED
from incentives_portal.cases.errors import Refused
from incentives_portal.cases.models import Event, ReasonCode
from incentives_portal.cases.rules import check_why_less
from incentives_portal.cases.services import RemarkDraft, comment
from incentives_portal.programs.assess import assess_proof
from plans.limits import left_of
from proofs.facts import proof_facts, versions_of

from ..enums import Outcome
from ..models import Claim, Decision
from ..places import folder_of
from .locking import locked_limits, whole_proof

ZERO = Decimal(0)


def approve(
    claim: Claim,
    *,
    actor: User,
    seen: int | None,
    approved_amount: Decimal | None,
    words: str = "",
    reason: ReasonCode | None = None,
    remarks: Iterable[RemarkDraft] = (),
    note: str = "",
) -> Event:
    """Accept the claim with an amount in its currency: at most what was asked, and at most what is left of the plan's limit.

    Less than was asked needs a reason and words (docs/domain.md, "Reasons and comments"). ``note`` becomes an internal note.
    Effects: approved amount, decision, message to the partner. Raises Refused for the amount, and the errors of ``perform``.
    """

    def before(current: Claim) -> dict[str, Any]:
        _check_files(current)
        _check_amount(current, approved_amount, words, reason)
        if (plan := locked_limits(current.proof)) is not None:
            _check_plan(current, approved_amount, left_of(plan, current.case))
        if current.status == DISPUTED:
            _check_limits(current, approved_amount)
        current.case.approved_submission = current.case.submission
        current.case.approved_amount = approved_amount
        current.case.due_at = None
        return {"amount": str(approved_amount), "asked": str(current.asked), "currency": current.currency}

    return perform(
        claim,
        "approve",
        actor=actor,
        seen=seen,
        words=words,
        reason=reason,
        remarks=remarks,
        before=before,
        after=_decided(Outcome.APPROVED, note, actor),
    )


def _check_files(claim: Claim) -> None:
    """Nobody pays for what nobody may open: a scanner set up, or a finding made, after the claim was sent in (fault table U-05, U-06)."""
    folder = folder_of(claim)
    assert folder is not None  # what is under review was submitted
    for version in versions_of(folder).values():
        if version.standing == "infected":
            raise Refused(
                _(
                    "The virus scanner found malware in “%(file)s”. Send the claim back, so that the partner replaces it."
                )
                % {"file": version.original_name}
            )
        if version.standing == "waiting":
            raise Refused(
                _("“%(file)s” is still being checked. Approve the claim when that is done.")
                % {"file": version.original_name}
            )


def _check_amount(claim: Claim, amount: Decimal | None, words: str, reason: ReasonCode | None) -> None:
    if amount is None or amount <= 0:
        raise Refused(_("Enter the amount that you approve; it must be more than zero."), place="approved_amount")
    if amount > claim.asked or amount != money.quantize(amount, claim.currency):
        raise Refused(
            _("Approve at most what was asked for: %(asked)s.")
            % {"asked": money.format_amount(claim.asked, claim.currency)},
            place="approved_amount",
        )
    if amount < claim.asked:
        check_why_less(words, reason)


def _check_plan(claim: Claim, amount: Decimal | None, left: Decimal) -> None:
    if amount is not None and amount > left:
        raise Refused(
            _("Of the plan's limit %(left)s are left. Approve at most this.")
            % {"left": money.format_amount(max(left, ZERO), claim.currency)},
            place="approved_amount",
        )


def _check_limits(claim: Claim, amount: Decimal | None) -> None:
    """A disputed claim held no place within the limits while others may have used them: what is left counts now."""
    folder = folder_of(claim)
    assert folder is not None  # what is disputed was submitted
    assessment = assess_proof(proof_facts(whole_proof(claim), folder))
    left = assessment.steps[-1].amount
    if amount is not None and amount > left:
        raise Refused(
            _("With what other claims have used since, %(left)s can be reimbursed. Approve at most this.")
            % {"left": money.format_amount(left, claim.currency)},
            place="approved_amount",
        )


def request_action(
    claim: Claim,
    *,
    actor: User,
    seen: int | None,
    words: str,
    reason: ReasonCode | None,
    remarks: Iterable[RemarkDraft] = (),
    note: str = "",
) -> Event:
    """Send the claim back to the partner, who mends it and submits it again; it stays on the reviewer's desk for then.

    Effects: the proof can be edited again, decision, remarks at documents and places, message to the partner.
    """

    def before(current: Claim) -> None:
        current.case.due_at = None

    return perform(
        claim,
        "request_action",
        actor=actor,
        seen=seen,
        words=words,
        reason=reason,
        remarks=_at_least_where_the_reason_points(remarks, reason),
        before=before,
        after=_decided(Outcome.ACTION_REQUIRED, note, actor),
    )


def reject(
    claim: Claim,
    *,
    actor: User,
    seen: int | None,
    words: str,
    reason: ReasonCode | None,
    remarks: Iterable[RemarkDraft] = (),
    note: str = "",
) -> Event:
    """Refuse the claim, with reasons; the partner may dispute it. Effects: decision, remarks, message to the partner."""

    def before(current: Claim) -> None:
        current.case.due_at = None

    return perform(
        claim,
        "reject",
        actor=actor,
        seen=seen,
        words=words,
        reason=reason,
        remarks=_at_least_where_the_reason_points(remarks, reason),
        before=before,
        after=_decided(Outcome.REJECTED, note, actor),
    )


def _at_least_where_the_reason_points(
    remarks: Iterable[RemarkDraft], reason: ReasonCode | None
) -> Iterable[RemarkDraft]:
    given = list(remarks)
    if not given and reason is not None and reason.place:
        return [RemarkDraft(words="", place=reason.place, reason=reason)]
    return given


def _decided(outcome: Outcome, note: str, actor: User) -> Callable[[Claim, Event], None]:
    """What follows a decision: its row, and the internal note."""

    def after(current: Claim, event: Event) -> None:
        assert current.case.submission is not None  # what is under review was submitted
        Decision.objects.create(
            claim=current,
            submission=current.case.submission,
            round=current.round,
            outcome=outcome,
            approved_amount=current.approved_amount,
            by=actor,
            event=event,
        )
        if note.strip():
            comment(current.case, actor, note.strip(), internal=True)

    return after
