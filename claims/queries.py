"""Decisions and claims that pages about other things list. Each list is one query."""

from datetime import timedelta
from typing import TYPE_CHECKING

from incentives_portal import clock
from incentives_portal.accounts.capabilities import scope_q
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import Decision
from incentives_portal.cases.querysets import SCOPE_PATHS

from .models import Claim
from .querysets import ClaimQuerySet

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from incentives_portal.accounts.models import User
    from plans.models import Plan

RECENTLY = timedelta(days=30)
#: The columns of a decision in a list.
DECIDED = (
    "outcome", "approved_amount", "event__at",
    "case__kind", "case__public_id", "case__reference", "case__title", "case__currency",
)  # fmt: skip


def recent_decisions(user: "User") -> "QuerySet[Decision]":
    """Return the decisions of the last 30 days about claims that are visible to the user, newest first."""
    since = clock.now() - RECENTLY
    mine = Decision.objects.filter(scope_q(user, "claim.read", **SCOPE_PATHS), case__kind=CaseKind.CLAIM)
    return mine.filter(event__at__gte=since).select_related("case", "event").only(*DECIDED).order_by("-pk")


def of_plan(plan: "Plan", user: "User") -> ClaimQuerySet:
    """Return the claims for the plan's proofs, in the order of the activities."""
    claims = Claim.objects.visible_to(user).filter(case__proof__activity__campaign__plan=plan)
    campaign = "case__proof__activity__campaign"
    return claims.order_by(f"{campaign}__in_force__starts", f"{campaign}_id", "case__proof__activity_id", "pk")
