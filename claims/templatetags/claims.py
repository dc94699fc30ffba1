"""Template tags for the claims on the page of a plan."""

from typing import Any

from django import template
from django.template import Context

from incentives_portal.accounts.models import User
from plans.models import Plan

from ..models import Claim
from ..rows import claim_rows

register = template.Library()


#: Claims that the page of a plan shows until the user asks for all.
FIRST = 50


@register.inclusion_tag("claims/_plan_claims.html", takes_context=True)
def plan_claims(context: Context, plan: Plan, user: User) -> dict[str, Any]:
    """Return the first claims for the plan's proofs, in the order of the activities, and how many there are.

    None before the plan was first approved. One query.
    """
    campaign = "case__proof__activity__campaign"
    claims = Claim.objects.visible_to(user).filter(**{f"{campaign}__plan": plan})
    claims = claims.order_by(f"{campaign}__in_force__starts", f"{campaign}_id", "case__proof__activity_id", "pk")
    rows = claim_rows(claims, user) if user.may("claim.read") else []
    is_whole = context["request"].GET.get("claims") == "all"
    return {
        "claims": rows if is_whole else rows[:FIRST],
        "number": len(rows),
        "is_cut": len(rows) > FIRST and not is_whole,
        "is_shown": bool(rows) or plan.case.approved_submission_id is not None,
    }
