"""What other rooms show on a plan's page: the places are named here, the rooms above register for them in screens.sections.

``ACTIVITY_PROOFS``  asked once per page with ``plan`` and ``user``; answers ``dict[str(activity.public_id), ActivityCell]``.
``CLAIMS``           asked once per page with ``plan`` and ``user``; answers ``screens.sections.Section``, shown below the campaigns.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from incentives_portal.screens.sections import Section, sections

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Plan

ACTIVITY_PROOFS = "plan.activity_proofs"
CLAIMS = "plan.claims"


@dataclass(frozen=True)
class ActivityCell:
    """The columns *Claimed* and *Proof of execution* of one activity: an amount in the plan's currency (None: nothing yet), and a
    template with its context for the second."""

    claimed: Decimal | None = None
    template: str = ""
    context: dict[str, Any] = field(default_factory=dict)


def activity_cells(plan: "Plan", user: "User") -> dict[str, ActivityCell]:
    """The cells of all activities of the plan; empty where no room fills them."""
    cells: dict[str, ActivityCell] = {}
    for answer in sections(ACTIVITY_PROOFS, plan=plan, user=user):
        cells |= answer
    return cells


def claim_sections(plan: "Plan", user: "User") -> list[Section]:
    return sections(CLAIMS, plan=plan, user=user)
