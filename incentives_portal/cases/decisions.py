"""The decisions about every kind of case that is reviewed: approve, request action, reject.

The service of a kind passes what only that kind checks or stores (limits, files) as ``check`` and ``store``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User

from .comments import NOTE
from .deciders import deciders, standing_of
from .engine import Awaiting, Detail, perform
from .enums import Outcome, Safeguard
from .errors import RuleViolation
from .event_kinds import EventKind, register
from .models import CONFIRMED, EXCEPTION, Approval, CaseDetail, Event, ReasonCode
from .rules import check_amount, needs_second_approval
from .services import RemarkDraft, record, record_approval, record_comment, record_decision
from .types import case_type

#: The outcome of each verb that decides about a submission.
OUTCOMES = {"approve": Outcome.APPROVED, "request_action": Outcome.ACTION_REQUIRED, "reject": Outcome.REJECTED}

register(
    EventKind(EXCEPTION, gettext_lazy("made an exception: %(rule)s"), "exclamation-triangle", "amber"),
    EventKind(CONFIRMED, gettext_lazy("confirmed before approving"), "check-lg", "amber"),
)


@dataclass(frozen=True)
class Confirmed:
    """What a user confirmed in words before approving: ``sentences`` as they were read, and ``exceptions`` with reasons."""

    sentences: Sequence[str] = ()
    exceptions: Mapping[Safeguard, str] = field(default_factory=dict)


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
    exception: str = "",
    check: Callable[[Detail, Decimal], Confirmed | None] | None = None,
    store: Callable[[Detail], None] | None = None,
) -> Event:
    """Approve the submission with an amount in its currency, above zero and at most as requested.

    A lower amount than requested needs a reason and a comment (docs/domain.md, "Reasons and comments"). More than the
    program allows one person to approve needs two: the first approval is kept, and the second by another person with
    the same amount decides (docs/domain.md, "Second approval"). ``exception`` is the reason of a user to whom a
    four-eyes rule yields.

    ``check`` is called on the locked case with an amount that is valid so far: it raises RuleViolation for what the
    kind forbids, and returns what the user has confirmed. ``store`` writes what the kind stores of an approval. ``note``
    becomes an internal note.

    Effects: approved submission and amount, decision, message to the partner; or the first approval and a message to
    those who may give the second. Raises RuleViolation for the amount, and the errors of ``perform``.
    """

    def before(current: Detail, beside: Beside) -> Mapping[str, Any] | Awaiting:
        amount = check_amount(current, approved_amount, comment, reason)
        if check is not None and (confirmed := check(current, amount)):
            beside.sentences += confirmed.sentences
            beside.exceptions |= confirmed.exceptions
        data = {"amount": str(amount), "asked": str(current.requested_amount), "currency": current.currency}
        if awaits_second(current, actor, amount):
            return Awaiting(data, partial(record_approval, current.case, amount))
        if (first := _first_of(current, actor, amount)) is not None:
            data["first"] = first.by.name
        if store:
            store(current)
        current.case.approved_submission_id = current.case.submission_id
        current.case.approved_amount = amount
        return data

    return _decide(
        "approve",
        detail,
        note,
        exception,
        amount=approved_amount,
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
    exception: str = "",
) -> Event:
    """Decide against the submission, with a reason, a comment and remarks.

    Effects: decision, message to the partner; ``note`` becomes an internal note. ``exception`` is the reason of a user
    to whom a four-eyes rule yields. Raises the errors of ``perform``.
    """
    pointed = at_least_at_the_reason(remarks, reason)
    return _decide(
        verb,
        detail,
        note,
        exception,
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


def yielding(detail: CaseDetail, user: User, verb: str, amount: Decimal | None) -> list[Safeguard]:
    """Return the rules that yield if the user decides so: the decision is an exception then, which needs a reason.

    For a user whom no rule excludes and an amount that one person may approve only the queries of ``excluded``.
    """
    yielded = standing_of(detail, user).yielded
    is_alone = (
        verb == "approve" and _lacks_another(detail, user, amount) and not deciders(detail, without=user.pk).people
    )
    return [*([yielded] if yielded else ()), *([Safeguard.SECOND_APPROVAL] if is_alone else ())]


def awaits_second(detail: CaseDetail, user: User, amount: Decimal) -> bool:
    """Whether the user's approval is the first of two. It is not where nobody is left who may give the second."""
    return _lacks_another(detail, user, amount) and bool(deciders(detail, without=user.pk).people)


def _lacks_another(detail: CaseDetail, user: User, amount: Decimal | None) -> bool:
    """Whether two people must approve the amount, and nobody but the user has."""
    return needs_second_approval(detail, amount) and _first_of(detail, user, amount) is None


def _first_of(detail: CaseDetail, user: User, amount: Decimal | None) -> Approval | None:
    """Return another person's approval of the same amount that waits for a second one."""
    first = detail.first_approval
    return first if first is not None and first.by_id not in user.selves and first.amount == amount else None


@dataclass
class Beside:
    """What is recorded beside a decision or a first approval: exceptions with reasons, confirmations, a note."""

    exceptions: dict[Safeguard, str] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    note: str = ""

    def record(self, detail: CaseDetail, actor: User, event: Event) -> None:
        """Record it after the event that it goes with. Partners do not see it."""
        kind = case_type(detail.case.kind)
        held = kind.review if may(actor, kind.review, detail.scope) else kind.stand_in
        inside: dict[str, Any] = {"capability": held, "internal": True}
        for rule, why in self.exceptions.items():
            record(detail.case, actor, EXCEPTION, comment=why, data={"rule": rule, "decision": event.pk}, **inside)
        if self.sentences:
            record(detail.case, actor, CONFIRMED, comment="\n".join(self.sentences), **inside)
        if self.note:
            record_comment(detail.case, actor, self.note, capability=NOTE, internal=True)


def _decide(
    verb: str,
    detail: Detail,
    note: str,
    exception: str,
    *,
    actor: User,
    amount: Decimal | None = None,
    before: Callable[[Detail, Beside], Mapping[str, Any] | Awaiting] | None = None,
    **arguments: Any,
) -> Event:
    """Perform the verb, and record the decision, and what goes beside it, with its event."""
    beside: Beside

    def checked(current: Detail) -> Mapping[str, Any] | Awaiting | None:
        nonlocal beside
        rules = yielding(current, actor, verb, amount)
        if rules and not exception.strip():
            raise RuleViolation(_("No one else is left to decide this. Explain why you decide it."), place="exception")
        beside = Beside(dict.fromkeys(rules, exception.strip()), note=note.strip())
        data = before(current, beside) if before else None
        if isinstance(data, Awaiting):
            return replace(data, beside=partial(beside.record, current, actor))
        return data

    def after(current: Detail, event: Event) -> None:
        record_decision(current.case, OUTCOMES[verb], event, actor)
        beside.record(current, actor, event)

    return perform(detail, verb, actor=actor, before=checked, after=after, **arguments)
