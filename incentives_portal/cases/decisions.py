"""The decisions about every kind of case that is reviewed: approve, request action, reject.

The service of a kind passes what only that kind checks or stores (limits, files) as ``check``.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import Any

from incentives_portal.accounts.models import User

from .comments import NOTE
from .engine import Detail, perform
from .enums import Outcome
from .models import Event, ReasonCode
from .rules import check_amount
from .services import RemarkDraft, record_comment, record_decision

#: The outcome of each verb that decides about a submission.
OUTCOMES = {"approve": Outcome.APPROVED, "request_action": Outcome.ACTION_REQUIRED, "reject": Outcome.REJECTED}


def approve(
    detail: Detail,
    *,
    actor: User,
    expected_version: int | None,
    approved_amount: Decimal | None,
    comment: str = "",
    reason: ReasonCode | None = None,
    remarks: Iterable[RemarkDraft] = (),
    note: str = "",
    check: Callable[[Detail, Decimal], None] | None = None,
) -> Event:
    """Approve the submission with an amount in its currency, above zero and at most as requested.

    A lower amount than requested needs a reason and a comment (docs/domain.md, "Reasons and comments"). ``check``
    is called on the locked case with an amount that is valid so far: it raises RuleViolation for what the kind
    forbids, and writes what the kind stores of an approval. ``note`` becomes an internal note.

    Effects: approved submission and amount, decision, message to the partner. Raises RuleViolation for the amount,
    and the errors of ``perform``.
    """

    def before(current: Detail) -> dict[str, Any]:
        amount = check_amount(current, approved_amount, comment, reason)
        if check is not None:
            check(current, amount)
        current.case.approved_submission_id = current.case.submission_id
        current.case.approved_amount = amount
        return {"amount": str(amount), "asked": str(current.requested_amount), "currency": current.currency}

    return _decide(
        "approve",
        detail,
        note,
        actor=actor,
        expected_version=expected_version,
        comment=comment,
        reason=reason,
        remarks=remarks,
        before=before,
    )


def _decide_against(
    verb: str,
    detail: Detail,
    *,
    actor: User,
    expected_version: int | None,
    comment: str,
    reason: ReasonCode | None,
    remarks: Iterable[RemarkDraft] = (),
    note: str = "",
) -> Event:
    """Decide against the submission, with a reason, a comment and remarks.

    Effects: decision, message to the partner; ``note`` becomes an internal note. Raises the errors of ``perform``.
    """
    pointed = at_least_at_the_reason(remarks, reason)
    return _decide(
        verb,
        detail,
        note,
        actor=actor,
        expected_version=expected_version,
        comment=comment,
        reason=reason,
        remarks=pointed,
    )


#: Send the case back to the partner, who fixes it and submits it again.
request_action = partial(_decide_against, "request_action")
#: Reject the case.
reject = partial(_decide_against, "reject")


def at_least_at_the_reason(remarks: Iterable[RemarkDraft], reason: ReasonCode | None) -> list[RemarkDraft]:
    """Return the remarks of a decision, or one at the place of its reason if there are none."""
    drafts = list(remarks)
    if not drafts and reason is not None and reason.place:
        return [RemarkDraft(text="", place=reason.place, reason=reason)]
    return drafts


def _decide(verb: str, detail: Detail, note: str, *, actor: User, **arguments: Any) -> Event:
    """Perform the verb, and record the decision and the internal note with its event."""

    def after(current: Detail, event: Event) -> None:
        record_decision(current.case, OUTCOMES[verb], event, actor)
        if note.strip():
            record_comment(current.case, actor, note.strip(), capability=NOTE, internal=True)

    return perform(detail, verb, actor=actor, after=after, **arguments)
