"""What needs me now, by when: the lists of the home page, made of the plans and claims that exist for the person.

Every list is cut at LIMIT rows, so that the page does not grow with the data; what is beyond is behind the link of the list.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims import enums as claim_states
from claims import queries as claims
from claims.querysets import ClaimQuerySet
from claims.rows import ClaimRow, claim_rows, keys_of, rows_of
from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.cases.state_machine import Status
from incentives_portal.outbox.services import SHOWN_FOR, DeliveryReport, delivery_report
from incentives_portal.programs import dates
from plans import enums as plan_states
from plans import rules as plan_rules
from plans.models import Activity, Plan
from plans.transitions import MACHINE as PLANS
from proofs.models import Proof

LIMIT = 10
SOON = timedelta(days=30)


@dataclass(frozen=True)
class Item:
    """One row: what it is, where it is, until when (or since when it waits), in which zone, and the word on its button."""

    title: str
    url: str
    reference: str
    status: Status | None
    action: str | Promise
    note: str | Promise = ""
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
        return self.due_at is not None and not self.is_late and self.due_at <= clock.now() + SOON


@dataclass
class Bucket:
    """A named list of items with the sentence for when it is empty; ``more`` is the page behind it."""

    key: str
    title: str | Promise
    items: list[Item] = field(default_factory=list)
    empty: str | Promise = ""
    more: str = ""


def plan_item(plan: Plan, action: str | Promise, *, due_at: datetime | None = None, is_mine: bool = True) -> Item:
    return Item(
        title=plan.title,
        url=reverse("plans:detail", args=[plan.public_id]),
        reference=plan.case.reference,
        status=PLANS.status(plan.status),
        action=action,
        due_at=due_at,
        since=plan.submitted_at,
        is_mine=is_mine,
        zone=plan.program.calendar.time_zone,
        amount=plan.requested_amount,
        currency=plan.currency,
    )


def claim_item(row: ClaimRow, action: str | Promise, *, desk: bool = False, is_mine: bool = True) -> Item:
    return Item(
        title=row["name"],
        url=reverse("desk:claim", args=[row["public_id"]]) if desk else row["url"],
        reference=row["reference"],
        status=row["status"],
        action=action,
        due_at=row["due_at"],
        is_mine=is_mine,
        zone=row["zone"],
        amount=row["asked"],
        currency=row["currency"],
    )


class _Claims:
    """The beginnings of several lists of claims. A query for each list, and one for all their rows."""

    def __init__(self, user: User, **lists: ClaimQuerySet) -> None:
        self._keys = {name: keys_of(found[:LIMIT]) for name, found in lists.items()}
        self._rows = rows_of(chain.from_iterable(self._keys.values()), user)

    def __getitem__(self, name: str) -> list[ClaimRow]:
        return [self._rows[key] for key in self._keys[name]]


def activity_item(activity: Activity) -> Item:
    plan, content = activity.campaign.plan, activity.in_force
    return Item(
        title=content.name,
        url=reverse("plans:detail", args=[plan.public_id]),
        reference=plan.case.reference,
        status=None,
        action=_("Add PoE"),
        note=str(content.activity_type),
        due_at=dates.poe_due_at(plan.program, activity.campaign.in_force.starts),
        zone=plan.program.calendar.time_zone,
        amount=content.planned_amount,
        currency=plan.currency,
    )


def partner_buckets(user: User) -> list[Bucket]:
    """What waits for the partner: returned work, what falls due within 30 days, proofs owed, drafts. Each item stands in one list.

    Whoever may only read finds the same things under *Open*; proofs are owed by those who may add them.
    """
    due = claims.due_soon_for(user).filter(case__status=claim_states.EDITING)
    own = _Claims(user, returned=claims.returned_to(user), due=due, drafts=claims.drafts_of(user))
    returned = [
        *(_own_plan(plan, user, _("Mend")) for plan in _plans(user, plan_states.ACTION_REQUIRED)),
        *(_own_claim(row, _("Mend")) for row in own["returned"]),
    ]
    drafts = {
        item.url: item
        for item in (
            *(_own_claim(row, _("Continue")) for row in own["due"]),
            *(_own_plan(plan, user, _("Continue")) for plan in _plans(user, plan_states.EDITING)),
            *(_own_claim(row, _("Continue")) for row in own["drafts"]),
        )
    }
    owed = [activity_item(activity) for activity in owed_proofs(user)[:LIMIT]] if user.may("poe.write") else []
    soon = [item for item in (*drafts.values(), *owed) if item.is_soon or item.is_late]
    return [
        Bucket("returned", _("Returned to us"), _by_date(returned), _("Nothing was sent back to you.")),
        Bucket("due", _("Due within 30 days"), _by_date(soon), _("Nothing falls due within 30 days.")),
        Bucket(
            "owed",
            _("Proofs owed for approved activities"),
            _by_date(item for item in owed if item not in soon),
            _("Every approved activity has its proof, or is due within 30 days."),
        ),
        Bucket(
            "drafts",
            _("Drafts"),
            _by_date(item for item in drafts.values() if item not in soon),
            _("No drafts, or all are due within 30 days."),
        ),
    ]


def _plans(user: User, status: str) -> Any:
    plans = Plan.objects.visible_to(user).for_list().filter(case__status=status)
    return plans.order_by("program_year__ends", "pk")[:LIMIT]


def _own_plan(plan: Plan, user: User, action: str | Promise) -> Item:
    can = plan_rules.may_edit(user, plan)
    return plan_item(plan, action if can else _("Open"), due_at=plan_rules.due_at(plan), is_mine=can)


def _own_claim(row: ClaimRow, action: str | Promise) -> Item:
    can = row["can_write"]
    return claim_item(row, action if can else _("Open"), is_mine=can)


def owed_proofs(user: User) -> Any:
    """Activities of plans in force, for which nobody has begun a proof. One query."""
    activities = Activity.objects.visible_to(user).open_for_proofs().exclude(proofs__in=Proof.objects.live())
    return (
        activities.filter(campaign__in_force__starts__lte=clock.now().date() + SOON)
        .select_related("campaign__plan__case", "campaign__plan__program__calendar")
        .order_by("campaign__in_force__starts", "pk")
    )


def waiting_for_operator(user: User) -> Bucket:
    """What the partner has sent in and waits for, by the promised date."""
    plans = (
        Plan.objects.visible_to(user)
        .for_list()
        .filter(case__status__in=[plan_states.SUBMITTED, plan_states.UNDER_REVIEW])
    )
    items = [
        *(claim_item(row, _("Open")) for row in claim_rows(claims.waiting_for_operator(user)[:LIMIT], user)),
        *(plan_item(plan, _("Open")) for plan in plans.order_by("case__submitted_at")[:LIMIT]),
    ]
    return Bucket(
        "waiting", _("Waiting for the operator"), _by_date(items), _("Nothing of yours is waiting for a decision.")
    )


def staff_buckets(user: User) -> list[Bucket]:
    """What waits for the operator's people: nobody's, mine, overdue; plans for incentives admins, claims for reviewers."""
    unassigned: list[Item] = []
    mine: list[Item] = []
    overdue: list[Item] = []
    if user.may("plan.review"):
        plans = Plan.objects.visible_to(user).for_list()
        waiting = plans.filter(case__status=plan_states.SUBMITTED, case__assignee=None).order_by("case__submitted_at")
        unassigned += [_plan_in_admin(plan, _("Take up")) for plan in waiting[:LIMIT]]
        taken = plans.filter(case__status=plan_states.UNDER_REVIEW, case__assignee=user).order_by("case__submitted_at")
        mine += [_plan_in_admin(plan, _("Decide")) for plan in taken[:LIMIT]]
    if user.may("claim.review"):
        in_time = Q(case__due_at__gte=clock.now()) | Q(case__due_at=None)
        desk = _Claims(
            user,
            unassigned=claims.unassigned(user).filter(in_time, claims.decidable_by(user)),
            mine=claims.mine(user).filter(in_time),
            overdue=claims.overdue(user).filter(claims.decidable_by(user)),
        )
        unassigned += [_on_desk(row) for row in desk["unassigned"]]
        mine += [claim_item(row, _("Decide"), desk=True) for row in desk["mine"]]
        overdue += [claim_item(row, _("Open"), desk=True) for row in desk["overdue"]]
    if not user.may("plan.review") and not user.may("claim.review"):
        return []
    late = [Bucket("overdue", _("Overdue"), _by_date(overdue), _("Nothing is overdue."))]
    return [
        *(late if user.may("claim.review") else ()),  # a plan has no date
        Bucket("mine", _("On my desk"), _by_date(mine), _("Nothing is on your desk.")),
        Bucket("unassigned", _("Unassigned"), _by_date(unassigned), _("Nobody waits to be taken up.")),
    ]


def failed_messages(user: User) -> DeliveryReport | None:
    """What could not be delivered lately, by cause, for the operator's admins; None for everybody else. Two queries."""
    return delivery_report(SHOWN_FOR) if user.is_staff and user.may("outbox.read") else None


def _on_desk(row: ClaimRow) -> Item:
    """A dispute is decided at once, by another person; everything else is taken up first."""
    return claim_item(row, _("Decide") if row["status"].code == claim_states.DISPUTED else _("Take up"), desk=True)


def waiting_for_partners(user: User) -> Bucket:
    """What the operator has sent back and waits for."""
    items: list[Item] = []
    if user.may("claim.read"):
        items += [claim_item(row, _("Open"), desk=True) for row in claim_rows(claims.returned_to(user)[:LIMIT], user)]
    if user.may("plan.read"):
        plans = Plan.objects.visible_to(user).for_list().filter(case__status=plan_states.ACTION_REQUIRED).order_by("pk")
        items += [
            (_plan_in_admin if user.is_staff else plan_item)(plan, _("Open"), due_at=plan_rules.due_at(plan))
            for plan in plans[:LIMIT]
        ]
    return Bucket("waiting", _("Waiting for partners"), _by_date(items), _("No partner owes you an answer."))


def _plan_in_admin(plan: Plan, action: str | Promise, *, due_at: datetime | None = None) -> Item:
    item = plan_item(plan, action, due_at=due_at)
    return Item(**{**item.__dict__, "url": reverse("admin:plans_plan_change", args=[plan.pk])})


def _by_date(items: Iterable[Item]) -> list[Item]:
    """Soonest first; what has no date last."""
    far = clock.now() + timedelta(days=36_500)
    return sorted(items, key=lambda item: item.due_at or far)
