"""What other rooms show of claims: the status of each proof, what claims have used of limits, and the claims of a plan on its page."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.enums import APPROVED
from incentives_portal.screens import navigation, sections
from incentives_portal.screens.sections import Section
from plans import upstairs as plans_upstairs
from plans.cells import CLAIMS
from proofs import upstairs as proofs_upstairs
from proofs.upstairs import Case

from . import queries
from .enums import MACHINE, PENDING
from .limits import claimed_of, used_before
from .models import Claim
from .rows import claim_rows

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User
    from plans.models import Plan
    from proofs.models import Proof


def register_all() -> None:
    plans_upstairs.register_claimed(claimed_of)
    proofs_upstairs.register_cases(cases)
    proofs_upstairs.register_used(used_before)
    proofs_upstairs.register_create_url(create_url)
    sections.register(CLAIMS, plan_claims, queries=1)
    navigation.register(
        navigation.NavItem(_("Co-op management"), "claims:list", 30, _reads_as_partner),
        navigation.NavItem(_("Review desk"), "desk:queue", 10, _reads_as_operator),
        navigation.NavItem(_("Claims"), "claims:list", 30, _reads_as_operator),
    )


def _reads_as_partner(user: "User") -> bool:
    return not user.is_operator and user.may("claim.read")


def _reads_as_operator(user: "User") -> bool:
    return user.is_operator and user.may("claim.read")


def cases(proofs: "Iterable[Proof]") -> dict[int, Case]:
    """Primary key of a proof → its claim. One query for any number of proofs."""
    rows = Claim.objects.filter(pk__in=[proof.pk for proof in proofs]).select_related(None).select_related("case")
    return {
        row.pk: Case(
            url=row.get_absolute_url(),
            reference=row.case.reference,
            status=MACHINE.status(row.status),
            due_at=row.due_at,
            approved_amount=row.approved_amount,
            counts=row.status in (*PENDING, APPROVED),
        )
        for row in rows
    }


def create_url(proof: "Proof") -> str:
    """Where the claim of a proof is created."""
    return reverse("claims:create_for_proof", args=[proof.public_id])


def plan_claims(plan: "Plan", user: "User") -> Section | None:
    """The claims of the plan's proofs, for the plan's page; nothing before a plan was ever approved. One query."""
    rows = claim_rows(queries.of_plan(plan, user), user) if user.may("claim.read") else []
    if not rows and plan.case.approved_submission_id is None:
        return None
    return Section("claims/_plan_claims.html", {"claims": rows})
