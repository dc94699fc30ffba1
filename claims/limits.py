"""What other claims have taken of the limits that a claim shares with them: of the activity, of the plan, of the catalogue's caps."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Case, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce, Least

from incentives_portal.programs import dates
from incentives_portal.programs.enums import Basis, CapKind, CapScope
from incentives_portal.programs.models import Cap
from proofs.models import ExpenseLine
from proofs.upstairs import Used

from .enums import APPROVED, PENDING
from .models import Claim
from .querysets import ClaimQuerySet

if TYPE_CHECKING:
    from plans.models import Plan
    from proofs.models import Proof

ZERO = Decimal(0)
#: What a claim takes: what was approved, else what is asked.
TAKEN = Case(When(status=APPROVED, then=F("approved_amount")), default=F("proof__amount"))
#: The caps that several claims share.
_SHARED = [CapKind.AMOUNT, CapKind.PERCENT_OF_EARNED, CapKind.GREATER_OF]


def used_before(proof: "Proof") -> Used:
    """What others have used of the proof's limits. One query for a plan, one for the caps, one more per cap of the activity."""
    claimed = {cap.code: _used_of(cap, proof) for cap in _caps(proof)}
    if proof.activity is None:
        return Used(claimed_before=claimed)
    plan = proof.activity.campaign.plan
    of_plan = _counting(proof).filter(proof__activity__campaign__plan=plan)
    taken = of_plan.aggregate(
        plan=Sum(TAKEN, default=ZERO),
        activity=Sum(TAKEN, filter=Q(proof__activity=proof.activity_id), default=ZERO),
    )
    left = None if plan.approved_amount is None else plan.approved_amount - taken["plan"]
    return Used(planned=taken["activity"], plan_limit_left=left, claimed_before=claimed)


def left_of_plan(plan: "Plan", claim: Claim) -> Decimal:
    """What can still be approved of the plan's limit beside what was approved before, in the plan's currency. One query.

    The caller holds the plan's lock.
    """
    others = Claim.objects.filter(proof__activity__campaign__plan=plan, status=APPROVED).exclude(pk=claim.pk)
    return (plan.approved_amount or ZERO) - others.aggregate(total=Sum("approved_amount", default=ZERO))["total"]


def _counting(proof: "Proof") -> ClaimQuerySet:
    """The other claims that count, in the proof's currency."""
    others = Claim.objects.filter(status__in=[*PENDING, APPROVED], proof__currency=proof.currency)
    return others.exclude(proof=proof).order_by()


def _caps(proof: "Proof") -> list[Cap]:
    mine = Q(program=None) | Q(program=proof.program_id)
    caps = Cap.objects.filter(mine, activity_type=proof.activity_type_id, kind__in=_SHARED)
    return list(caps.exclude(scope=CapScope.EVENT).prefetch_related("expenses"))


def _used_of(cap: Cap, proof: "Proof") -> Decimal:
    """What the other claims of the location, program and period have taken of a cap (INF 24); of a cap on some costs, these only."""
    others = _counting(proof).filter(
        _period(cap, proof),
        proof__location=proof.location_id,
        proof__program=proof.program_id,
        proof__activity_type=proof.activity_type_id,
    )
    codes = [expense.pk for expense in cap.expenses.all()]
    taken = Least(TAKEN, _costs(codes, proof.program.basis)) if codes else TAKEN
    return others.aggregate(total=Sum(taken, default=ZERO))["total"]


def _period(cap: Cap, proof: "Proof") -> Q:
    """Over which claims the cap is counted: the usage period (on the plan track the half of the year), or the fiscal year."""
    if cap.scope == CapScope.USAGE_PERIOD and proof.usage_period_id is not None:
        return Q(proof__usage_period=proof.usage_period_id)
    if cap.scope == CapScope.USAGE_PERIOD:
        span = dates.half_of(proof.executed_on).earning
    else:
        span = dates.fiscal_year(dates.fiscal_year_of(proof.executed_on))
    return Q(proof__executed_on__range=(span.starts, span.ends))


def _costs(expense_types: list[int], basis: str) -> Coalesce:
    """What a claim's costs of some types come to."""
    value = F("net") + F("tax") if basis == Basis.GROSS else F("net")
    lines = ExpenseLine.objects.filter(proof=OuterRef("proof"), expense_type__in=expense_types).order_by()
    return Coalesce(Subquery(lines.values("proof").annotate(total=Sum(value)).values("total")), ZERO)
