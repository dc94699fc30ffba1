"""What caps leave of the costs (docs/domain.md, "Caps"). Pure; all figures of one call are in one currency."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from incentives_portal.money import quantize, quantize_limit

from ..enums import CapKind
from .facts import CapFact, ProofFacts
from .params import amount as amount_param
from .params import percent as percent_param
from .results import Step

ZERO = Decimal(0)
#: Expense type → what counts of its costs.
Parts = dict[str, Decimal]

#: Caps on people come before caps on money: people who do not count cost nothing.
ORDER: list[str] = [
    CapKind.MAX_ATTENDEES,
    CapKind.AMOUNT_PER_PERSON,
    CapKind.AMOUNT,
    CapKind.PERCENT_OF_EARNED,
    CapKind.GREATER_OF,
    CapKind.EXCEPTION,
]


def capped(facts: ProofFacts, cap: CapFact, remaining: Parts, people: dict[str, int]) -> tuple[Step, Parts] | None:
    """Return the step of one cap and the remaining costs; None if the cap has no limit or covers other costs.

    ``people``: expense type → number of attendees whose cost still counts.
    """
    if cap.kind == CapKind.UNLIMITED or (cap.expenses and not cap.expenses & set(remaining)):
        return None
    if unknown := _unknown(facts, cap):
        return Step(unknown, total(facts, remaining), params=_cap_params(cap)), remaining
    if cap.kind == CapKind.MAX_ATTENDEES:
        after = _of_fewer_people(cap, remaining, people)
        allowed = sum((after[code] for code in remaining if _covers(cap, code)), ZERO)
        operand = quantize(allowed, facts.currency)
    else:
        allowed = operand = quantize_limit(_allowed(facts, cap, remaining, people), facts.currency)
        after = reduced(remaining, cap.expenses, allowed)
    return step(f"cap.{cap.kind}", facts, remaining, after, operand=operand, params=_cap_params(cap)), after


def step(code: str, facts: ProofFacts, before: Parts, after: Parts, **rest: Any) -> Step:
    amount = total(facts, after)
    return Step(code, amount, binding=amount < total(facts, before), **rest)


def total(facts: ProofFacts, parts: Parts) -> Decimal:
    return quantize(sum(parts.values(), ZERO), facts.currency)


def _covers(cap: CapFact, code: str) -> bool:
    return not cap.expenses or code in cap.expenses


def people_before(facts: ProofFacts, remaining: Parts, before: Sequence[CapFact]) -> dict[str, int]:
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
        code: value * attendees_allowed(people[code], cap.count) / people[code] if _covers(cap, code) else value
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
    rate = Decimal(1) if cap.currency in ("", facts.currency) else facts.rates[cap.currency]
    limit = (cap.amount or ZERO) * rate
    before = quantize(facts.claimed_before.get(cap.code, ZERO) * rate, facts.currency)
    match cap.kind:
        case CapKind.AMOUNT_PER_PERSON:
            most = max((people[code] for code in remaining if _covers(cap, code)), default=0)
            return per_person(_cost_of_each(facts, cap, remaining, people), limit, most)
        case CapKind.PERCENT_OF_EARNED:
            limit = share_of(cap.percent or ZERO, facts.earned or ZERO)
        case CapKind.GREATER_OF:
            limit = greater_of(cap.percent or ZERO, facts.accrued or ZERO, limit)
    return left_of(limit, before)


def _cost_of_each(facts: ProofFacts, cap: CapFact, remaining: Parts, people: dict[str, int]) -> list[Decimal]:
    """Return the reimbursed share of each attendee's cost; the remaining costs in equal parts if there are none.

    Equal parts are for the people who still count: the costs of others have been deducted.
    """
    costs = [attendee.cost * facts.program.share_percent / 100 for attendee in facts.attendees]
    if any(costs):
        return costs
    parts = [(remaining[code] / people[code], people[code]) for code in remaining if _covers(cap, code)]
    return [sum((part for part, of in parts if place < of), ZERO) for place in range(len(costs))]


def _cap_params(cap: CapFact) -> dict[str, Any]:
    params = {
        "cap": cap.code,
        "scope": cap.scope,
        "limit": None if cap.amount is None else amount_param(cap.amount, cap.currency),
        "percent": None if cap.percent is None else percent_param(cap.percent),
        "count": cap.count,
    }
    return {name: value for name, value in params.items() if value is not None}


def share_of(percent: Decimal, funds: Decimal) -> Decimal:
    """Return a percentage of the co-op funds earned."""
    return funds * percent / 100


def greater_of(percent: Decimal, accrued: Decimal, amount: Decimal) -> Decimal:
    """Return the greater of a percentage of all accrued funds and an amount."""
    return max(share_of(percent, accrued), amount)


def left_of(limit: Decimal, used_before: Decimal) -> Decimal:
    """Return what is left of a limit for several claims; never negative."""
    return max(limit - used_before, ZERO)


def attendees_allowed(present: int, most: int | None) -> int:
    """Return for how many people the costs count; ``most`` None is no limit."""
    return present if most is None else min(present, most)


def per_person(costs: Sequence[Decimal], limit: Decimal, most: int | None = None) -> Decimal:
    """Return the costs that count: each up to the limit, for at most the ``most`` people with the highest costs."""
    dearest = sorted(costs, reverse=True)[: attendees_allowed(len(costs), most)]
    return sum((min(cost, limit) for cost in dearest), ZERO)


def reduced(parts: dict[str, Decimal], names: frozenset[str], allowed: Decimal) -> dict[str, Decimal]:
    """Return the parts, with those in ``names`` (none: all) reduced to ``allowed`` in total, the last one first."""
    excess = sum((value for name, value in parts.items() if not names or name in names), ZERO) - allowed
    result = dict(parts)
    for name in reversed(list(parts)):
        if excess <= 0:
            break
        if not names or name in names:
            cut = min(result[name], excess)
            result[name] -= cut
            excess -= cut
    return result
