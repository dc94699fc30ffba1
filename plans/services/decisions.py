"""The operator's verbs: take a plan up, decide about it, give it back to the queue."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import perform
from incentives_portal.cases.errors import Refused
from incentives_portal.cases.models import Event, ReasonCode
from incentives_portal.cases.rules import check_why_less
from incentives_portal.cases.services import RemarkDraft, comment

from .. import rules
from ..limits import claimed_of
from ..models import Plan
from .in_force import put_in_force


def approve(
    plan: Plan,
    *,
    actor: User,
    seen: int | None,
    approved_amount: Decimal | None,
    words: str = "",
    reason: ReasonCode | None = None,
    note: str = "",
) -> Event:
    """Approve the plan as submitted, up to ``approved_amount`` in the plan's currency; that is its limit from now on.

    Less than was asked needs a reason and words (docs/domain.md, "Reasons and comments"). ``note`` becomes an internal note.
    Raises Refused for an amount of nothing, above what was asked, or below what was approved for its claims already (under the plan's
    lock, which the approval of a claim takes too), and the errors of ``perform``.
    """

    def before(current: Plan) -> dict[str, Any]:
        problem = rules.amount_problem(approved_amount, current.requested_amount)
        if problem or approved_amount is None:
            raise Refused(problem, place="approved_amount")
        if problem := rules.limit_problem(current, approved_amount, claimed_of(current)):
            raise Refused(problem, place="approved_amount")
        if approved_amount < current.requested_amount:
            check_why_less(words, reason)
        put_in_force(current)
        current.case.approved_amount = approved_amount
        current.case.due_at = None
        return {"amount": str(approved_amount), "currency": current.currency}

    return perform(
        plan,
        "approve",
        actor=actor,
        seen=seen,
        words=words,
        reason=reason,
        before=before,
        after=_keep_note(note, actor),
    )


def request_action(
    plan: Plan,
    *,
    actor: User,
    seen: int | None,
    words: str,
    reason: ReasonCode | None,
    place: str = "",
    note: str = "",
) -> Event:
    """Send the plan back to the partner to be mended, until the last day on which it can be submitted again.

    ``place`` points at a field of the plan, or (public id) at a campaign or activity; where it is empty, the reason's own place counts.
    """

    place = place or (reason.place if reason else "")

    def before(current: Plan) -> dict[str, Any]:
        current.case.due_at = rules.due_at(current)
        return {"place": place}

    return perform(
        plan,
        "request_action",
        actor=actor,
        seen=seen,
        words=words,
        reason=reason,
        remarks=_remarks(place),
        before=before,
        after=_keep_note(note, actor),
    )


def reject(
    plan: Plan,
    *,
    actor: User,
    seen: int | None,
    words: str,
    reason: ReasonCode | None,
    place: str = "",
    note: str = "",
) -> Event:
    """Turn the plan down. An earlier approval stays in force. ``place`` and ``note`` as for ``request_action``."""

    place = place or (reason.place if reason else "")

    def before(current: Plan) -> dict[str, Any]:
        current.case.due_at = None
        return {"place": place}

    return perform(
        plan,
        "reject",
        actor=actor,
        seen=seen,
        words=words,
        reason=reason,
        remarks=_remarks(place),
        before=before,
        after=_keep_note(note, actor),
    )


def _remarks(place: str) -> list[RemarkDraft]:
    """The remark that points at the place; what is wrong there are reason and words of the decision."""
    return [RemarkDraft(words="", place=place)] if place else []


def _keep_note(note: str, actor: User) -> Callable[[Plan, Event], None]:
    """Keep what the reviewer wrote for colleagues beside the decision."""

    def after(current: Plan, _event: Event) -> None:
        if note.strip():
            comment(current.case, actor, note.strip(), internal=True)

    return after
