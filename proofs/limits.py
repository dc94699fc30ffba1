"""What other claims have taken of the limits that a proof shares with them: of the activity, of the plan, of the catalog's caps.

The claims of a plan are in its currency, which stays once the plan is approved; caps are counted across currencies (caps.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.db.models import Q, Sum

from incentives_portal.programs.assess import UnratedFact

from .caps import use_of_caps
from .models import Proof
from .querysets import TAKEN

ZERO = Decimal(0)


@dataclass(frozen=True)
class Used:
    """What other claims have taken of limits that this proof shares with them, in the currency of the proof.

    ``planned``: what the other claims of the activity ask. ``plan_limit_left``: what remains of the plan limit, None where nothing is
    spent of it. ``earned`` and ``accrued``: co-op funds, None until there are funds. ``claimed_before``: cap code → used of it;
    ``claimed_unrated``: cap code → what is missing in that sum, because nobody has entered a rate.
    """

    planned: Decimal = ZERO
    plan_limit_left: Decimal | None = None
    earned: Decimal | None = None
    accrued: Decimal | None = None
    claimed_before: Mapping[str, Decimal] = field(default_factory=dict)
    claimed_unrated: Mapping[str, tuple[UnratedFact, ...]] = field(default_factory=dict)


def used_before(proof: Proof) -> Used:
    """What others have used of the proof's limits. One query for a plan, and those of the caps (use_of_caps)."""
    others = Proof.objects.counting().exclude(pk=proof.pk)
    caps = use_of_caps(proof, others)
    used = Used(
        claimed_before={code: use.used for code, use in caps.items() if use.used is not None},
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
