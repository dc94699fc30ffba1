"""Approve a plan: the check of its limit, and putting its activities in force."""

from decimal import Decimal
from functools import partial

from incentives_portal.cases import decisions
from incentives_portal.cases.errors import RuleViolation

from .. import rules
from ..limits import claimed_of
from ..models import Plan
from .in_force import put_in_force


def _check_limit_and_put_in_force(plan: Plan, amount: Decimal) -> None:
    """Check whether the amount can be the plan's limit, and put the draft in force.

    The caller holds the lock of the plan, under which claims are approved, too. Raises RuleViolation if more was
    approved for the plan's claims already.
    """
    if problem := rules.limit_problem(plan, amount, claimed_of(plan)):
        raise RuleViolation(problem, place="approved_amount")
    put_in_force(plan)


#: Approve the plan as submitted; the amount becomes its limit.
approve = partial(decisions.approve, check=_check_limit_and_put_in_force)
