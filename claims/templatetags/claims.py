"""Template tags for the claims on the page of a plan."""

from typing import Any

from django import template

from incentives_portal.accounts.models import User
from plans.models import Plan

from .. import queries
from ..rows import claim_rows

register = template.Library()


@register.inclusion_tag("claims/_plan_claims.html")
def plan_claims(plan: Plan, user: User) -> dict[str, Any]:
    """Return the claims for the plan's proofs; none before the plan was first approved. One query."""
    rows = claim_rows(queries.of_plan(plan, user), user) if user.may("claim.read") else []
    return {"claims": rows, "is_shown": bool(rows) or plan.case.approved_submission_id is not None}
