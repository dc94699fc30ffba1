"""What other claims have taken of the limits that a claim shares with them: of the activity, of the plan, of the catalogue's caps.

The claims of a plan are in its currency, which stays once the plan is approved; caps are counted across currencies (caps.py).
"""

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q, Sum

from plans.upstairs import Claimed
from proofs.upstairs import Used

from .caps import use_of_caps
from .enums import PENDING
from .models import Claim
from .querysets import TAKEN

if TYPE_CHECKING:
    from plans.models import Plan
    from proofs.models import Proof

ZERO = Decimal(0)


def used_before(proof: "Proof") -> Used:
    """What others have used of the proof's limits. One query for a plan, and those of the caps (use_of_caps)."""
    others = Claim.objects.counting().exclude(pk=proof.pk)
    caps = use_of_caps(proof, others)
    used = Used(
        claimed_before={code: use.used for code, use in caps.items() if use.used is not None},
        claimed_unrated={code: use.unrated for code, use in caps.items() if use.unrated},
    )
    if proof.activity is None:
        return used
    plan = proof.activity.campaign.plan
    taken = others.filter(case__proof__activity__campaign__plan=plan).aggregate(
        plan=Sum(TAKEN, default=ZERO),
        activity=Sum(TAKEN, filter=Q(case__proof__activity=proof.activity_id), default=ZERO),
    )
    left = None if plan.approved_amount is None else plan.approved_amount - taken["plan"]
    return replace(used, planned=taken["activity"], plan_limit_left=left)


def claimed_of(plan: "Plan") -> Claimed:
    """What claims have taken of the plan, in its currency: for the rooms below. One query.

    Only approved claims have an approved amount (constraint claim_approved_amount).
    """
    sums = Claim.objects.filter(case__proof__activity__campaign__plan=plan).aggregate(
        approved=Sum("case__approved_amount", default=ZERO),
        pending=Sum("case__requested_amount", filter=Q(case__status__in=PENDING), default=ZERO),
    )
    return Claimed(**sums)


def left_of_plan(plan: "Plan", claim: Claim) -> Decimal:
    """What can still be approved of the plan's limit beside what was approved before, in the plan's currency. One query.

    The caller holds the plan's lock.
    """
    others = Claim.objects.filter(case__proof__activity__campaign__plan=plan).exclude(pk=claim.pk)
    return (plan.approved_amount or ZERO) - others.aggregate(total=Sum("case__approved_amount", default=ZERO))["total"]
