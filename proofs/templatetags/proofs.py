"""Template tags for the proofs of each activity on the page of a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain

from django import template
from django.urls import reverse

from incentives_portal.accounts.models import User
from incentives_portal.cases.enums import COUNTING
from incentives_portal.cases.state_machine import Status
from incentives_portal.programs import dates
from plans.models import Plan

from .. import rules
from ..models import Proof

register = template.Library()


@dataclass(frozen=True)
class ProofLink:
    """A proof in the column: reference and status of its case, and its URL, which is the claim's if there is one."""

    reference: str
    name: str
    status: Status
    url: str


@dataclass(frozen=True)
class ActivityCell:
    """The columns *Claimed* and *Proof of execution* of one activity.

    The claimed amount in the plan's currency (None: nothing yet), the proofs, the URL to add one (empty: not for
    this user or not now), and the due date of proofs.
    """

    claimed: Decimal | None = None
    proofs: Sequence[ProofLink] = ()
    add_url: str = ""
    due_at: datetime | None = None


@register.simple_tag
def activity_cells(plan: Plan, user: User) -> dict[str, ActivityCell]:
    """Return the cells of all activities of the plan, by their public id. One query besides the plan's parts."""
    may_add = rules.may_begin(user, plan.scope, plan.program)
    proofs = (
        Proof.objects.visible_to(user)
        .filter(activity__campaign__plan=plan)
        .select_related("case__claim")
        .order_by("pk")
    )
    cells = {}
    for activity in chain.from_iterable(campaign.activities for campaign in plan.parts):
        key, is_in_force = str(activity.public_id), activity.in_force_id is not None
        mine = [proof for proof in proofs if proof.activity_id == activity.pk]
        cells[key] = ActivityCell(
            claimed=_claimed(mine),
            proofs=[
                ProofLink(proof.case.reference, proof.title, proof.state, (proof.claim or proof).get_absolute_url())
                for proof in mine
            ],
            add_url=reverse("proofs:new", args=[key]) if may_add and is_in_force else "",
            due_at=dates.poe_due_at(plan.program, rules.bounds_of(activity)[0]) if is_in_force else None,
        )
    return cells


@register.filter
def cell_of(cells: Mapping[str, ActivityCell], activity: str) -> ActivityCell:
    """Return the cell of one activity; an empty one if the plan no longer has the activity."""
    return cells.get(activity, ActivityCell())


@register.filter
def total_claimed(cells: Mapping[str, ActivityCell]) -> Decimal | None:
    """Return the requested amount of the proofs of all activities; None if there are none."""
    amounts = [cell.claimed for cell in cells.values() if cell.claimed is not None]
    return sum(amounts, Decimal(0)) if amounts else None


def _claimed(proofs: Sequence[Proof]) -> Decimal | None:
    """Return the amount that the claims of the proofs count against the limit; None if none of them counts."""
    amounts = [
        proof.amount if proof.approved_amount is None else proof.approved_amount
        for proof in proofs
        if proof.status in COUNTING
    ]
    return sum(amounts, Decimal(0)) if amounts else None
