"""Template tags for the claims on the page of a plan."""

from typing import Any

from django import template

from incentives_portal.accounts.models import User
from plans.models import Plan

from ..models import Claim
from ..rows import claim_rows

register = template.Library()


@register.inclusion_tag("claims/_plan_claims.html")
def plan_claims(plan: Plan, user: User) -> dict[str, Any]:
    """Return the claims for the plan's proofs, in the order of the activities; none before the plan was first approved.

    One query.
    """
    campaign = "case__proof__activity__campaign"
    claims = Claim.objects.visible_to(user).filter(**{f"{campaign}__plan": plan})
    claims = claims.order_by(f"{campaign}__in_force__starts", f"{campaign}_id", "case__proof__activity_id", "pk")
    rows = claim_rows(claims, user) if user.may("claim.read") else []
    return {"claims": rows, "is_shown": bool(rows) or plan.case.approved_submission_id is not None}
