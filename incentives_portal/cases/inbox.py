"""What a user has to do next or is waiting for: the lists of the home page, over all kinds of cases.

Each list is one query and shows only the first cases of each kind, so that the page does not grow with the data.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock
from incentives_portal.accounts.models import User

from .enums import ACTION_REQUIRED, EDITING, SUBMITTED, WAITING
from .models import Case
from .querysets import CaseQuerySet
from .queue import UNASSIGNED, decidable_by, overdue
from .state_machine import Status, Text
from .types import case_type, case_types

#: Maximum number of cases of each kind in a list.
LIMIT = 10
SOON = timedelta(days=30)
#: Order of cases that wait for a decision: by due date, then those without one, longest waiting first.
LONGEST_WAITING = ("due_at", "submitted_at", "pk")
_WAITING = Q(status__in=WAITING)


@dataclass(frozen=True)
class Item:
    """One row of a list.

    ``due_at`` is the deadline, ``since`` when the case began to wait, ``zone`` the time zone of both, ``action``
    the label of the button.
    """

    title: str
    url: str
    reference: str
    status: Status | None
    action: Text
    note: Text = ""
    due_at: datetime | None = None
    since: datetime | None = None
    zone: str = "UTC"
    amount: Decimal | None = None
    currency: str = ""
    is_mine: bool = True

    @property
    def is_late(self) -> bool:
        return self.due_at is not None and self.due_at < clock.now()

    @property
    def is_soon(self) -> bool:
        return self.due_at is not None and not self.is_late and self.due_at <= soon()


@dataclass
class Bucket:
    """A named list of items, and the sentence to show when it is empty."""

    key: str
    title: Text
    items: list[Item] = field(default_factory=list)
    empty: Text = ""


def soon() -> datetime:
    """The latest time that counts as soon."""
    return clock.now() + SOON


def by_date(items: Iterable[Item]) -> list[Item]:
    """Sort the items by due date; those without one come last."""
    far = clock.now() + timedelta(days=36_500)
    return sorted(items, key=lambda item: item.due_at or far)


def returned(user: User) -> Bucket:
    """Cases that were sent back to the user's organization."""
    items = [_own(case, user, _("Fix")) for case in _cases(user, Q(status=ACTION_REQUIRED))]
    return Bucket("returned", _("Sent back to you"), items, _("Nothing was sent back to you."))


def due_soon(user: User, others: Iterable[Item] = ()) -> Bucket:
    """Drafts that are overdue or due within 30 days, and those of ``others`` that are due soon."""
    items = by_date([*_drafts(user, Q(due_at__lte=soon())), *others])
    return Bucket("due", _("Due within 30 days"), items, _("Nothing is due within 30 days."))


def drafts(user: User) -> Bucket:
    """Drafts that are not due within 30 days."""
    items = _drafts(user, Q(due_at__gt=soon()) | Q(due_at=None))
    return Bucket("drafts", _("Drafts"), items, _("No drafts, or all are due within 30 days."))


def waiting_for_operator(user: User) -> Bucket:
    """Cases that the user's organization has submitted, by the promised date."""
    items = [_item(case, user, _("Open")) for case in _cases(user, _WAITING, LONGEST_WAITING)]
    return Bucket(
        "waiting", _("Waiting for the operator"), items, _("None of your plans or claims are waiting for a decision.")
    )


def waiting_for_partners(user: User) -> Bucket:
    """Cases that the operator has sent back and waits for."""
    items = [_item(case, user, _("Open")) for case in _cases(user, Q(status=ACTION_REQUIRED))]
    return Bucket("waiting", _("Waiting for partners"), items, _("Nothing is waiting for a partner."))


def to_review(user: User) -> list[Bucket]:
    """Cases that wait for a decision the user may make, each case in one list.

    Empty for users who make no decisions. One query per list.
    """
    kinds = [kind for kind in _kinds(user) if user.may(case_type(kind).review)]
    if not kinds:
        return []
    is_promised = any(case_type(kind).has_review_due_date for kind in kinds)
    decidable = decidable_by(user, kinds)
    late = [_overdue(user, kinds, decidable)] if is_promised else []
    return [*late, _mine(user, kinds), _unassigned(user, kinds, decidable)]


def _overdue(user: User, kinds: list[str], decidable: Q) -> Bucket:
    cases = _cases(user, _WAITING & overdue() & decidable, LONGEST_WAITING, kinds)
    return Bucket("overdue", _("Overdue"), [_item(case, user, _("Open")) for case in cases], _("Nothing is overdue."))


def _mine(user: User, kinds: list[str]) -> Bucket:
    cases = _cases(user, _WAITING & Q(assignee=user) & ~overdue(), LONGEST_WAITING, kinds)
    items = [_item(case, user, _("Decide")) for case in cases]
    return Bucket("mine", _("Assigned to me"), items, _("Nothing is assigned to you."))


def _unassigned(user: User, kinds: list[str], decidable: Q) -> Bucket:
    """Unassigned cases.

    A dispute is decided directly, and so is what waits for a second approval; for everything else the review is started
    first.
    """
    cases = _cases(user, _WAITING & UNASSIGNED & ~overdue() & decidable, LONGEST_WAITING, kinds)
    items = [_item(case, user, _("Start review") if case.status == SUBMITTED else _("Decide")) for case in cases]
    return Bucket("unassigned", _("Unassigned"), items, _("Nothing is waiting for review."))


def _kinds(user: User) -> list[str]:
    """The kinds that the user may read and partners write: those with an editable status."""
    return [
        kind
        for kind, each in case_types().items()
        if user.may(each.read) and any(status.editable for status in each.state_machine.statuses)
    ]


def _cases(
    user: User, condition: Q, order: Sequence[str] = ("due_at", "pk"), kinds: Iterable[str] | None = None
) -> list[Case]:
    """The first matching cases of each kind that are visible to the user, in this order. One query."""
    wanted = _kinds(user) if kinds is None else kinds
    return _first([Case.objects.visible_to(user, kind).filter(condition) for kind in wanted], order)


def _drafts(user: User, when: Q) -> list[Item]:
    """The matching drafts that the user should continue, by due date, then newest first. One query."""
    parts = [
        Case.objects.visible_to(user, kind).filter(when, case_type(kind).drafts_of(user), status=EDITING)
        for kind in _kinds(user)
    ]
    return [_own(case, user, _("Continue")) for case in _first(parts, ("due_at", "-pk"))]


def _first(parts: list[CaseQuerySet], order: Sequence[str]) -> list[Case]:
    """The first cases of each part, in this order.

    The limit applies to each part, so that many cases of one kind do not crowd out the others.
    """
    if not parts:
        return []
    one, *others = [part.select_related("program__calendar").order_by(*order)[:LIMIT] for part in parts]
    return list(one.union(*others, all=True).order_by(*order) if others else one)


def _own(case: Case, user: User, action: Text) -> Item:
    """An item that the user can continue.

    Users who may only read the case get a link to open it, and it is not marked as theirs.
    """
    can_edit = case_type(case.kind).may_edit(case, user)
    return _item(case, user, action if can_edit else _("Open"), is_mine=can_edit)


def _item(case: Case, user: User, action: Text, *, is_mine: bool = True) -> Item:
    return Item(
        title=case.title,
        url=case_type(case.kind).url_for(case, user),
        reference=case.reference,
        status=case.state,
        action=action,
        due_at=case.due_at,
        since=case.submitted_at if case.status in WAITING else None,
        zone=case.time_zone,
        amount=case.requested_amount,
        currency=case.currency,
        is_mine=is_mine,
    )
