"""Taking the locks that a verb of a claim needs after the claim itself: proof, plan, then what its limits are shared under."""

from functools import cache
from typing import Any

from incentives_portal.enrollments.models import Enrolment
from incentives_portal.prepared import Prepared
from plans.models import Plan
from proofs import services as proofs
from proofs.models import Proof

from ..models import Claim


def locked_proof(claim: Claim) -> Proof:
    """The claim's proof, read again under its lock, with what an assessment asks about; the claim holds it from now on."""
    claim.proof = proofs.hold(claim.proof_id)
    return claim.proof


def locked_limits(proof: Proof) -> Plan | None:
    """Hold what all claims share whose sum is limited: the plan, and the location's enrolment in the program for the caps.

    Answers with the plan of the proof's activity, read again under its lock; None in programs without plans. The enrolment comes last,
    where the fund account will stand.
    """
    plan = _locked_plan(proof)
    _enrolment().rows(location=proof.location_id, program=proof.program_id)
    return plan


@cache
def _enrolment() -> Prepared[Any]:
    """Every decision asks it."""
    enrolments = Enrolment.objects.select_for_update(of=("self",)).order_by("pk").values_list("pk")
    return Prepared(
        lambda location, program: enrolments.filter(location=location, program=program), location=-1, program=-2
    )


def _locked_plan(proof: Proof) -> Plan | None:
    if proof.activity is None:
        return None
    plans = Plan.objects.select_for_update(of=("self",)).select_related("case", "approved_submission")
    plan = plans.get(pk=proof.activity.campaign.plan_id)
    proof.activity.campaign.plan = plan
    return plan
