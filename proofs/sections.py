"""What the plan page shows of proofs: at each activity its proofs with their status, what they ask, and *Add PoE*."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.urls import reverse

from incentives_portal.cases.enums import COUNTING
from incentives_portal.cases.state_machine import Status
from incentives_portal.programs import dates
from incentives_portal.screens.sections import register
from plans.cells import ACTIVITY_PROOFS, ActivityCell
from plans.rules import approved_document

from . import rules
from .models import Proof

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User
    from plans.models import Activity, Plan

TEMPLATE = "proofs/_activity_cell.html"


@dataclass(frozen=True)
class ProofLink:
    """A proof in the column: reference and status of its case, and where it opens: its claim, once there is one."""

    reference: str
    name: str
    status: Status
    url: str


def register_all() -> None:
    register(ACTIVITY_PROOFS, activity_proofs, queries=1)


def activity_proofs(plan: "Plan", user: "User") -> dict[str, ActivityCell]:
    """The cells of the activities of a plan. One query besides its parts."""
    document = approved_document(plan)
    starts = {part.id: campaign.starts for campaign, part in document.activities()} if document else {}
    may_add = rules.may_begin(user, plan.scope, plan.program)
    proofs = (
        Proof.objects.visible_to(user)
        .filter(activity__campaign__plan=plan)
        .select_related("case__claim")
        .order_by("pk")
    )
    cells = {}
    for activity in _activities(plan):
        key = str(activity.public_id)
        mine = [proof for proof in proofs if proof.activity_id == activity.pk]
        context = {
            "proofs": [_link(proof) for proof in mine],
            "add_url": reverse("proofs:new", args=[key]) if may_add and key in starts else "",
            "activity_name": activity.name,
            "due_at": dates.poe_due_at(plan.program, starts[key]) if key in starts else None,
            "zone": plan.time_zone,
        }
        cells[key] = ActivityCell(_claimed(mine), TEMPLATE, context)
    return cells


def _activities(plan: "Plan") -> "Iterator[Activity]":
    for part in plan.parts:
        yield from part.activities


def _claimed(proofs: Sequence[Proof]) -> Decimal | None:
    """What the claims of the proofs ask, or what was approved of it; None while there are none that count towards the limit."""
    counting = [proof for proof in proofs if proof.status in COUNTING]
    amounts = [proof.amount if proof.approved_amount is None else proof.approved_amount for proof in counting]
    return sum(amounts, Decimal(0)) if amounts else None


def _link(proof: Proof) -> ProofLink:
    page = proof.claim or proof
    return ProofLink(proof.case.reference, proof.title, proof.state, page.get_absolute_url())
