"""The deciding verbs, the same for every kind of case that is reviewed: approve, request action, reject.

What only one kind checks or keeps (limits, files) is the ``check`` that its service gives.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from incentives_portal.accounts.models import User

from .engine import perform
from .enums import Outcome
from .models import CaseDetail, Event, ReasonCode
from .rules import check_amount
from .services import RemarkDraft, record_comment, record_decision

Detail = TypeVar("Detail", bound=CaseDetail)

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
    """Accept what was submitted with an amount in its currency: more than zero, and at most what was asked.

    Less than was asked needs a reason and words (docs/domain.md, "Reasons and comments"). ``check`` is asked on the locked case with an
    amount that is right so far: it raises RuleViolation for what the kind forbids, and writes what the kind keeps of an approval. ``note``
    becomes an internal note. Effects: approved submission and amount, decision, message to the partner. Raises RuleViolation for the amount, and
    the errors of ``perform``.
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
    """Decide against what was submitted, with a reason, words, and places or documents that are meant.

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


#: Send the case back to the partner, who mends it and submits it again.
request_action = partial(_decide_against, "request_action")
#: Refuse the case.
reject = partial(_decide_against, "reject")


def at_least_at_the_reason(remarks: Iterable[RemarkDraft], reason: ReasonCode | None) -> list[RemarkDraft]:
    """The remarks of a decision; where there are none, one at the place to which its reason belongs."""
    given = list(remarks)
    if not given and reason is not None and reason.place:
        return [RemarkDraft(text="", place=reason.place, reason=reason)]
    return given


def _decide(verb: str, detail: Detail, note: str, *, actor: User, **given: Any) -> Event:
    """Do the verb, and keep with its event the decision and what the reviewer wrote for colleagues."""

    def after(current: Detail, event: Event) -> None:
        record_decision(current.case, OUTCOMES[verb], event, actor)
        if note.strip():
            record_comment(current.case, actor, note.strip(), internal=True)

    return perform(detail, verb, actor=actor, after=after, **given)
