"""The locks that a verb of a claim needs after that of the claim: first the plan, then the enrollment."""

from functools import cache
from typing import NamedTuple

from incentives_portal.cases.engine import locked
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.prepared_statements import PreparedQuery
from plans.models import Plan
from proofs.models import Proof


class Limits(NamedTuple):
    """What claims with shared limits have in common: the plan, None in programs without plans, and the enrollment."""

    plan: Plan | None
    enrolment: Enrolment | None


def locked_limits(proof: Proof) -> Limits:
    """Lock what claims with shared limits have in common, and return it, read again.

    The plan has its limit; the location's enrollment in the program stands for the caps. The content in force must be
    read after this, as the plan may have been approved again in the meantime. The enrollment comes last, before the
    fund account in the lock order.
    """
    plan = None if proof.case.parent_id is None else locked(Plan, proof.case.parent_id)
    return Limits(plan, _enrolment().first(location=proof.case.location_id, program=proof.case.program_id))


@cache
def _enrolment() -> PreparedQuery[Enrolment]:
    """Return the prepared query that locks the enrollment, as every decision runs it."""
    enrolments = Enrolment.objects.select_for_update(of=("case",)).order_by("pk")
    return PreparedQuery(
        lambda location, program: enrolments.filter(location=location, program=program), location=-1, program=-2
    )
