"""What claims have taken of the limit of a plan, in its currency."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q, Sum

from incentives_portal.cases.enums import PENDING

if TYPE_CHECKING:
    from incentives_portal.cases.models import Case

    from .models import Plan

ZERO = Decimal(0)


@dataclass(frozen=True)
class Claimed:
    """What was approved for the claims of a plan, and what those ask that wait or were sent back, in the plan's currency."""

    approved: Decimal = ZERO
    pending: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.approved + self.pending


def claimed_of(plan: "Plan") -> Claimed:
    """What claims have taken of the plan; nothing before it was ever approved, without asking. One query.

    For a decision the caller holds the lock of the plan's case: claims are submitted and approved under it too.
    """
    if plan.case.approved_submission_id is None:
        return Claimed()
    pending = Q(status__in=PENDING)
    sums = plan.case.children.aggregate(
        approved=Sum("approved_amount", default=ZERO), pending=Sum("requested_amount", filter=pending, default=ZERO)
    )
    return Claimed(**sums)


def left_of(plan: "Plan", claim: "Case") -> Decimal:
    """What can still be approved for a claim beside what was approved for others, in the plan's currency. One query.

    The caller holds the lock of the plan's case.
    """
    others = plan.case.children.exclude(pk=claim.pk)
    return (plan.approved_amount or ZERO) - others.aggregate(total=Sum("approved_amount", default=ZERO))["total"]
