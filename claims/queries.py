"""Named lists of claims: what the home page, the review desk and the sections of other pages show. Each is one query."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from incentives_portal import clock
from incentives_portal.cases.enums import ACTION_REQUIRED, DISPUTED, EDITING, WITH_PARTNER

from .enums import Outcome
from .models import Claim, Decision
from .querysets import ClaimQuerySet

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from incentives_portal.accounts.models import User
    from plans.models import Plan

DUE_SOON = timedelta(days=30)
RECENTLY = timedelta(days=30)
#: The columns of a decision in a list.
DECIDED = (
    "outcome", "approved_amount", "event__at",
    "claim__case__public_id", "claim__case__reference", "claim__case__title", "claim__case__currency",
)  # fmt: skip


def returned_to(user: "User") -> ClaimQuerySet:
    """What a reviewer sent back to the person's side, longest waiting first."""
    return _of(user).filter(case__status=ACTION_REQUIRED).order_by("pk")


def drafts_of(user: "User") -> ClaimQuerySet:
    """What the person began and has not sent in, newest first."""
    return _of(user).filter(case__status=EDITING, created_by=user).order_by("-pk")


def due_soon_for(user: "User") -> ClaimQuerySet:
    """What the person's side has to send in within 30 days, or should have already, by date."""
    return (
        _of(user)
        .filter(case__status__in=WITH_PARTNER, case__due_at__lte=clock.now() + DUE_SOON)
        .order_by("case__due_at")
    )


def waiting_for_operator(user: "User") -> ClaimQuerySet:
    """What the person's side waits for, by the date that was promised."""
    return _of(user).waiting()


def recent_decisions(user: "User") -> "QuerySet[Decision]":
    """What was decided in the last 30 days about claims that exist for the person, newest first."""
    since = clock.now() - RECENTLY
    decisions = Decision.objects.visible_to(user).filter(event__at__gte=since)
    return decisions.select_related("claim__case", "event").only(*DECIDED).order_by("-pk")


def queue(user: "User") -> ClaimQuerySet:
    """Everything that waits for the operator's decision, due first: what each partner waits for, of all."""
    return waiting_for_operator(user)


def decidable_by(user: "User") -> Q:
    """Not a dispute about a rejection of one's own: another person decides that."""
    rejected = Decision.objects.filter(claim=OuterRef("pk"), submission=OuterRef("case__submission"), by=user)
    return ~(Q(case__status=DISPUTED) & Exists(rejected.filter(outcome=Outcome.REJECTED)))


def unassigned(user: "User") -> ClaimQuerySet:
    """What of the queue is on nobody's desk; the desk of somebody who left counts as nobody's."""
    return queue(user).filter(nobodys())


def mine(user: "User") -> ClaimQuerySet:
    """What of the queue is on the person's desk."""
    return queue(user).filter(on_desk_of(user.pk))


def overdue(user: "User") -> ClaimQuerySet:
    """What of the queue should have been decided by now."""
    return queue(user).filter(due_before(clock.now()))


def of_plan(plan: "Plan", user: "User") -> ClaimQuerySet:
    """The claims of the plan's proofs, in the order of the activities."""
    claims = _of(user).filter(case__proof__activity__campaign__plan=plan)
    campaign = "case__proof__activity__campaign"
    return claims.order_by(f"{campaign}__in_force__starts", f"{campaign}_id", "case__proof__activity_id", "pk")


def _of(user: "User") -> ClaimQuerySet:
    return Claim.objects.visible_to(user)


# Conditions on the case; ``on`` is the path to it: that of a claim, or none for cases themselves.


def nobodys(on: str = "case__") -> Q:
    """What nobody has taken up, or somebody who left."""
    return Q(**{f"{on}assignee": None}) | Q(**{f"{on}assignee__is_active": False})


def on_desk_of(user: int, on: str = "case__") -> Q:
    """What the person of this key has taken up."""
    return Q(**{f"{on}assignee": user})


def due_before(now: datetime, on: str = "case__") -> Q:
    return Q(**{f"{on}due_at__lt": now})


def disputed(on: str = "case__") -> Q:
    return Q(**{f"{on}status": DISPUTED})
