"""Taking the locks that a verb of a claim needs after the claim itself: the plan, then what its limits are shared under."""

from functools import cache
from typing import Any

from incentives_portal.enrollments.models import Enrolment
from incentives_portal.prepared_statements import PreparedQuery
from plans.models import Plan
from proofs.models import Proof


def locked_limits(proof: Proof) -> Plan | None:
    """Hold what all claims share whose sum is limited: the plan, and the location's enrolment in the program for the caps.

    Answers with the plan of the proof's activity, read again under its lock; None in programs without plans. What is in force of the plan
    is read after that, since it may have been approved again meanwhile. The enrolment comes last, where the fund account will stand.
    """
    plan = _locked_plan(proof)
    _enrolment().rows(location=proof.case.location_id, program=proof.case.program_id)
    return plan


@cache
def _enrolment() -> PreparedQuery[Any]:
    """Every decision asks it."""
    enrolments = Enrolment.objects.select_for_update(of=("case",), no_key=True).order_by("pk")
    return PreparedQuery(
        lambda location, program: enrolments.filter(location=location, program=program), location=-1, program=-2
    )


def _locked_plan(proof: Proof) -> Plan | None:
    if proof.case.parent_id is None:
        return None
    return Plan.objects.select_related("case").select_for_update(of=("case",), no_key=True).get(pk=proof.case.parent_id)
