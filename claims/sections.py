"""What other rooms show of claims: the status of each proof, what claims have used of limits, and the claims of a plan on its page."""

from typing import TYPE_CHECKING

from incentives_portal.screens import sections
from incentives_portal.screens.sections import Section
from plans.cells import CLAIMS

from . import queries
from .rows import claim_rows

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User
    from plans.models import Plan


def register_all() -> None:
    sections.register(CLAIMS, plan_claims, queries=1)


def plan_claims(plan: "Plan", user: "User") -> Section | None:
    """The claims of the plan's proofs, for the plan's page; nothing before a plan was ever approved. One query."""
    rows = claim_rows(queries.of_plan(plan, user), user) if user.may("claim.read") else []
    if not rows and plan.case.approved_submission_id is None:
        return None
    return Section("claims/_plan_claims.html", {"claims": rows})
