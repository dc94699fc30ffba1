"""What other claims have used of the limits that they share with a proof: activity, plan, and caps.

The claims of a plan are in its currency, which does not change once the plan is approved; caps are counted across
currencies (cap_use.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.db.models import Q, Sum

from incentives_portal.programs.assess import UnratedFact

from .cap_use import use_of_caps
from .models import Proof
from .querysets import TAKEN

ZERO = Decimal(0)


@dataclass(frozen=True)
class Used:
    """What other claims have used of the limits that they share with a proof, in its currency.

    ``planned``: the amount of the other claims of the activity. ``plan_limit_left``: what is left of the plan's
    limit, None without a limit. ``claimed_before``: cap code → amount used, in the cap's currency;
    ``claimed_unrated``: cap code → what that amount lacks for want of an exchange rate.
    """

    planned: Decimal = ZERO
    plan_limit_left: Decimal | None = None
    claimed_before: Mapping[str, Decimal] = field(default_factory=dict)
    claimed_unrated: Mapping[str, tuple[UnratedFact, ...]] = field(default_factory=dict)


def used_before(proof: Proof) -> Used:
    """Return what other claims have used of the proof's limits.

    One query for a plan, and those of the caps (use_of_caps).
    """
    others = Proof.objects.counting().exclude(pk=proof.pk)
    caps = use_of_caps(proof, others)
    used = Used(
        claimed_before={code: use.used for code, use in caps.items()},
        claimed_unrated={code: use.unrated for code, use in caps.items() if use.unrated},
    )
    if proof.activity is None:
        return used
    plan = proof.activity.campaign.plan
    taken = others.filter(case__parent=plan.pk).aggregate(
        plan=Sum(TAKEN, default=ZERO),
        activity=Sum(TAKEN, filter=Q(activity=proof.activity_id), default=ZERO),
    )
    left = None if plan.approved_amount is None else plan.approved_amount - taken["plan"]
    return replace(used, planned=taken["activity"], plan_limit_left=left)
