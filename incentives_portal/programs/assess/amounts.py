"""Compute the reimbursable amount: costs → eligible → share → caps → planned → plan limit → asked."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from incentives_portal.money import quantize, quantize_limit

from .. import caps
from ..enums import Basis, CapKind
from .facts import CapFact, ExpenseFact, ProofFacts
from .params import amount as amount_param
from .params import percent as percent_param
from .results import Step

Parts = dict[str, Decimal]

#: Caps on people come before caps on money: people who do not count cost nothing.
_ORDER: list[str] = [
    CapKind.MAX_ATTENDEES,
    CapKind.AMOUNT_PER_PERSON,
    CapKind.AMOUNT,
    CapKind.PERCENT_OF_EARNED,
    CapKind.GREATER_OF,
    CapKind.EXCEPTION,
]


def amount_steps(facts: ProofFacts) -> tuple[Step, ...]:
    """Return all steps; the last is the requested amount, the one before it the reimbursable amount."""
    parts: Parts = {}
    for line in facts.expenses:
        parts[line.type] = parts.get(line.type, caps.ZERO) + (line_value(facts, line) or caps.ZERO)
    eligible = {code: value for code, value in parts.items() if is_eligible(facts, code)}
    share = facts.program.share_percent
    steps = [
        Step(f"costs.{facts.program.basis}", _total(facts, parts)),
        _step("eligible", facts, parts, eligible, operand=_total(facts, eligible)),
    ]
    remaining = {code: value * share / 100 for code, value in eligible.items()}
    if share != 100:
        steps.append(
            _step("share", facts, eligible, remaining, operand=share, params={"percent": percent_param(share)})
        )
    ordered = sorted(facts.activity.caps, key=lambda cap: _ORDER.index(cap.kind) if cap.kind in _ORDER else 99)
    for position, cap in enumerate(ordered):
        if limited := _cap(facts, cap, remaining, _people(facts, remaining, ordered[:position])):
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


def _total(facts: ProofFacts, parts: Parts) -> Decimal:
    return quantize(sum(parts.values(), caps.ZERO), facts.currency)


def _step(code: str, facts: ProofFacts, before: Parts, after: Parts, **rest: Any) -> Step:
    amount = _total(facts, after)
    return Step(code, amount, binding=amount < _total(facts, before), **rest)


def _cap(facts: ProofFacts, cap: CapFact, remaining: Parts, people: dict[str, int]) -> tuple[Step, Parts] | None:
    """Return the step of one cap and the remaining costs; None if the cap has no limit or covers other costs.

    ``people``: expense type → number of attendees whose cost still counts.
    """
    if cap.kind == CapKind.UNLIMITED or (cap.expenses and not cap.expenses & set(remaining)):
        return None
    if unknown := _unknown(facts, cap):
        return Step(unknown, _total(facts, remaining), params=_cap_params(cap)), remaining
    if cap.kind == CapKind.MAX_ATTENDEES:
        after = _of_fewer_people(cap, remaining, people)
        allowed = sum((after[code] for code in remaining if _covers(cap, code)), caps.ZERO)
        operand = quantize(allowed, facts.currency)
    else:
        allowed = operand = quantize_limit(_allowed(facts, cap, remaining, people), facts.currency)
        after = caps.reduced(remaining, cap.expenses, allowed)
    return _step(f"cap.{cap.kind}", facts, remaining, after, operand=operand, params=_cap_params(cap)), after


def _covers(cap: CapFact, code: str) -> bool:
    return not cap.expenses or code in cap.expenses


def _people(facts: ProofFacts, remaining: Parts, before: Sequence[CapFact]) -> dict[str, int]:
    """Return, by expense type, how many attendees still count after the caps ``before``: the smallest number."""
    return {
        code: min(
            [len(facts.attendees), *(cap.count for cap in before if cap.count is not None and _covers(cap, code))]
        )
        for code in remaining
    }


def _of_fewer_people(cap: CapFact, remaining: Parts, people: dict[str, int]) -> Parts:
    """Return the costs without the share of people who no longer count, each kind of cost in proportion."""
    return {
        code: value * caps.attendees_allowed(people[code], cap.count) / people[code] if _covers(cap, code) else value
        for code, value in remaining.items()
    }


def _unknown(facts: ProofFacts, cap: CapFact) -> str:
    """Return the step code for why a cap cannot be computed; empty if it can."""
    match cap.kind:
        case CapKind.EXCEPTION:
            return "cap.exception"
        case CapKind.MAX_ATTENDEES | CapKind.AMOUNT_PER_PERSON if not facts.attendees:
            return "cap.unknown_attendees"
        case CapKind.PERCENT_OF_EARNED if facts.earned is None:
            return "cap.unknown_funds"
        case CapKind.GREATER_OF if facts.accrued is None:
            return "cap.unknown_funds"
    if cap.amount is not None and cap.currency != facts.currency and cap.currency not in facts.rates:
        return "cap.unknown_rate"
    return ""


def _allowed(facts: ProofFacts, cap: CapFact, remaining: Parts, people: dict[str, int]) -> Decimal:
    """Return what a money cap leaves for the costs that it covers, in the proof's currency."""
    before = facts.claimed_before.get(cap.code, caps.ZERO)
    limit = (cap.amount or caps.ZERO) * (
        Decimal(1) if cap.currency in ("", facts.currency) else facts.rates[cap.currency]
    )
    match cap.kind:
        case CapKind.AMOUNT_PER_PERSON:
            most = max((people[code] for code in remaining if _covers(cap, code)), default=0)
            return caps.per_person(_cost_of_each(facts, cap, remaining, people), limit, most)
        case CapKind.PERCENT_OF_EARNED:
            limit = caps.share_of(cap.percent or caps.ZERO, facts.earned or caps.ZERO)
        case CapKind.GREATER_OF:
            limit = caps.greater_of(cap.percent or caps.ZERO, facts.accrued or caps.ZERO, limit)
    return caps.left_of(limit, before)


def _cost_of_each(facts: ProofFacts, cap: CapFact, remaining: Parts, people: dict[str, int]) -> list[Decimal]:
    """Return the reimbursed share of each attendee's cost; the remaining costs in equal parts if there are none.

    Equal parts are for the people who still count: the costs of others have been deducted.
    """
    costs = [attendee.cost * facts.program.share_percent / 100 for attendee in facts.attendees]
    if any(costs):
        return costs
    parts = [(remaining[code] / people[code], people[code]) for code in remaining if _covers(cap, code)]
    return [sum((part for part, of in parts if place < of), caps.ZERO) for place in range(len(costs))]


def _cap_params(cap: CapFact) -> dict[str, Any]:
    params = {
        "cap": cap.code,
        "scope": cap.scope,
        "limit": None if cap.amount is None else amount_param(cap.amount, cap.currency),
        "percent": None if cap.percent is None else percent_param(cap.percent),
        "count": cap.count,
    }
    return {name: value for name, value in params.items() if value is not None}


def _bounds(facts: ProofFacts, running: Decimal) -> Iterator[Step]:
    """Yield the steps for the plan's limits and the requested amount."""
    for code, bound in (
        ("planned", facts.planned_left),
        ("plan_limit", facts.plan_limit_left),
        ("asked", facts.amount),
    ):
        if bound is not None:
            smaller = min(running, max(bound, caps.ZERO))
            yield Step(code, smaller, operand=bound, binding=smaller < running)
            running = smaller
