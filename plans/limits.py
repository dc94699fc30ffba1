"""How much of the limit of a plan was claimed, in the plan's currency."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum

from incentives_portal.cases.enums import PENDING

from .models import Plan

ZERO = Decimal(0)


@dataclass(frozen=True)
class Claimed:
    """Amounts of a plan's claims, in its currency.

    ``approved`` is what was approved, ``pending`` what undecided and returned claims request.
    """

    approved: Decimal = ZERO
    pending: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.approved + self.pending


def claimed_of(plan: Plan) -> Claimed:
    """Return what was claimed of the plan. One query; none before the plan was first approved.

    For a decision the caller holds the lock of the plan's case, under which claims are submitted and approved, too.
    """
    if plan.case.approved_submission_id is None:
        return Claimed()
    pending = Q(status__in=PENDING)
    sums = plan.case.children.aggregate(
        approved=Sum("approved_amount", default=ZERO), pending=Sum("requested_amount", filter=pending, default=ZERO)
    )
    return Claimed(**sums)


def left_of(plan: Plan) -> Decimal:
    """Return how much can still be approved within the plan's limit, in its currency. One query.

    The limit less what was approved for its claims. The caller holds the lock of the plan's case.
    """
    approved = plan.case.children.aggregate(total=Sum("approved_amount", default=ZERO))["total"]
    return (plan.approved_amount or ZERO) - approved
