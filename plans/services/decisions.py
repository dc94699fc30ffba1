"""What a plan asks before it is approved, beside what every kind of case does, and what an approval puts in force."""

from decimal import Decimal
from functools import partial

from incentives_portal.cases import decisions
from incentives_portal.cases.errors import RuleViolation

from .. import rules
from ..limits import claimed_of
from ..models import Plan
from .in_force import put_in_force


def _check(plan: Plan, amount: Decimal) -> None:
    """Ask, under the lock that the approval of a claim takes too, whether the amount can be the plan's limit; put the activities in force.

    Raises RuleViolation for less than was approved for the plan's claims already.
    """
    if problem := rules.limit_problem(plan, amount, claimed_of(plan)):
        raise RuleViolation(problem, place="approved_amount")
    put_in_force(plan)


#: Approve the plan as submitted; the amount is its limit from now on.
approve = partial(decisions.approve, check=_check)
