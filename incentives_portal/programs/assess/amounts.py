"""Compute the reimbursable amount: costs → eligible → share → caps → planned → plan limit → asked."""

from collections.abc import Iterator
from decimal import Decimal

from ..enums import Basis
from .caps import ORDER, ZERO, Parts, capped, people_before, step, total
from .facts import ExpenseFact, ProofFacts
from .params import percent as percent_param
from .results import Step


def amount_steps(facts: ProofFacts) -> tuple[Step, ...]:
    """Return all steps; the last is the requested amount, the one before it the reimbursable amount."""
    parts: Parts = {}
    for line in facts.expenses:
        parts[line.type] = parts.get(line.type, ZERO) + (line_value(facts, line) or ZERO)
    eligible = {code: value for code, value in parts.items() if is_eligible(facts, code)}
    share = facts.program.share_percent
    steps = [
        Step(f"costs.{facts.program.basis}", total(facts, parts)),
        step("eligible", facts, parts, eligible, operand=total(facts, eligible)),
    ]
    remaining = {code: value * share / 100 for code, value in eligible.items()}
    if share != 100:
        steps.append(step("share", facts, eligible, remaining, operand=share, params={"percent": percent_param(share)}))
    ordered = sorted(facts.activity.caps, key=lambda cap: ORDER.index(cap.kind) if cap.kind in ORDER else 99)
    for position, cap in enumerate(ordered):
        if limited := capped(facts, cap, remaining, people_before(facts, remaining, ordered[:position])):
            steps.append(limited[0])
            remaining = limited[1]
    return *steps, *_bounds(facts, steps[-1].amount)


def line_value(facts: ProofFacts, line: ExpenseFact) -> Decimal | None:
    """Return the value of a cost by the program's basis, in the proof's currency; None without an exchange rate.

    Gross is the amount paid, rounded as on the invoice.
    """
    rate = Decimal(1) if line.currency in ("", facts.currency) else facts.rates.get(line.currency)
    value = line.net + line.tax + line.rounding if facts.program.basis == Basis.GROSS else line.net
    return None if rate is None else value * rate


def is_eligible(facts: ProofFacts, code: str) -> bool:
    """Return whether the activity may have this kind of cost reimbursed; without a list all kinds are eligible."""
    return not facts.activity.expenses or code in facts.activity.expenses


def _bounds(facts: ProofFacts, running: Decimal) -> Iterator[Step]:
    """Yield the steps for the plan's limits and the requested amount."""
    for code, bound in (
        ("planned", facts.planned_left),
        ("plan_limit", facts.plan_limit_left),
        ("asked", facts.amount),
    ):
        if bound is not None:
            smaller = min(running, max(bound, ZERO))
            yield Step(code, smaller, operand=bound, binding=smaller < running)
            running = smaller
