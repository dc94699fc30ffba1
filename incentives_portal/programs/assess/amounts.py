"""From the costs to the amount that can be reimbursed, step by step: costs → eligible → share → caps → planned → plan limit → asked."""

from collections.abc import Sequence
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

#: Limits on people come before limits on money: who does not count costs nothing.
_ORDER: list[str] = [
    CapKind.MAX_ATTENDEES,
    CapKind.AMOUNT_PER_PERSON,
    CapKind.AMOUNT,
    CapKind.PERCENT_OF_EARNED,
    CapKind.GREATER_OF,
    CapKind.EXCEPTION,
]


def amount_steps(facts: ProofFacts) -> tuple[Step, ...]:
    """All steps; the last is what is asked, the one before it what can be reimbursed."""
    parts = _parts(facts, facts.expenses)
    eligible = {code: value for code, value in parts.items() if _counts(facts, code)}
    share = facts.program.share_percent
    steps = [
        Step(f"costs.{facts.program.basis}", _total(facts, parts)),
        _step("eligible", facts, parts, eligible, operand=_total(facts, eligible)),
    ]
    kept = {code: value * share / 100 for code, value in eligible.items()}
    if share != 100:
        steps.append(_step("share", facts, eligible, kept, operand=share, params={"percent": percent_param(share)}))
    ordered = sorted(facts.activity.caps, key=lambda cap: _ORDER.index(cap.kind) if cap.kind in _ORDER else 99)
    for position, cap in enumerate(ordered):
        if limited := _cap(facts, cap, kept, _people(facts, kept, ordered[:position])):
            steps.append(limited[0])
            kept = limited[1]
    steps += _bounds(facts, steps[-1].amount)
    return tuple(steps)


def line_value(facts: ProofFacts, line: ExpenseFact) -> Decimal | None:
    """What a cost counts, by the program's basis, in the currency of the proof; None without an exchange rate.

    Gross is what was paid, rounded as the invoice rounds it.
    """
    rate = Decimal(1) if line.currency in ("", facts.currency) else facts.rates.get(line.currency)
    value = line.net + line.tax + line.rounding if facts.program.basis == Basis.GROSS else line.net
    return None if rate is None else value * rate


def is_eligible(facts: ProofFacts, line: ExpenseFact) -> bool:
    """Whether the cost is of a kind that the activity may have reimbursed. Without a list every kind is."""
    return _counts(facts, line.type)


def _counts(facts: ProofFacts, code: str) -> bool:
    return not facts.activity.expenses or code in facts.activity.expenses


def _parts(facts: ProofFacts, lines: tuple[ExpenseFact, ...]) -> Parts:
    parts: Parts = {}
    for line in lines:
        parts[line.type] = parts.get(line.type, caps.ZERO) + (line_value(facts, line) or caps.ZERO)
    return parts


def _total(facts: ProofFacts, parts: Parts) -> Decimal:
    return quantize(sum(parts.values(), caps.ZERO), facts.currency)


def _step(code: str, facts: ProofFacts, before: Parts, after: Parts, **rest: Any) -> Step:
    amount = _total(facts, after)
    return Step(code, amount, binding=amount < _total(facts, before), **rest)


def _cap(facts: ProofFacts, cap: CapFact, kept: Parts, people: dict[str, int]) -> tuple[Step, Parts] | None:
    """The step of one cap and what it leaves; None for a cap without a limit, or one that is about other costs.

    ``people``: expense type → of how many attendees the cost still counts.
    """
    if cap.kind == CapKind.UNLIMITED or (cap.expenses and not cap.expenses & set(kept)):
        return None
    if unknown := _unknown(facts, cap):
        return Step(unknown, _total(facts, kept), params=_cap_params(cap)), kept
    if cap.kind == CapKind.MAX_ATTENDEES:
        after = _of_fewer_people(cap, kept, people)
        allowed = sum((after[code] for code in kept if _covers(cap, code)), caps.ZERO)
        operand = quantize(allowed, facts.currency)
    else:
        allowed = operand = quantize_limit(_allowed(facts, cap, kept, people), facts.currency)
        after = caps.reduced(kept, cap.expenses, allowed)
    return _step(f"cap.{cap.kind}", facts, kept, after, operand=operand, params=_cap_params(cap)), after


def _covers(cap: CapFact, code: str) -> bool:
    return not cap.expenses or code in cap.expenses


def _people(facts: ProofFacts, kept: Parts, before: Sequence[CapFact]) -> dict[str, int]:
    """Expense type → of how many attendees its cost counts after the caps ``before``: the smallest number of those about it."""
    present = len(facts.attendees)
    return {
        code: min([present, *(cap.count for cap in before if cap.count is not None and _covers(cap, code))])
        for code in kept
    }


def _of_fewer_people(cap: CapFact, kept: Parts, people: dict[str, int]) -> Parts:
    """The costs without the share of the people who no longer count: of each kind of cost in proportion."""
    return {
        code: value * caps.attendees_allowed(people[code], cap.count) / people[code] if _covers(cap, code) else value
        for code, value in kept.items()
    }


def _unknown(facts: ProofFacts, cap: CapFact) -> str:
    """Why a cap cannot be computed, as the code of its step; empty if it can."""
    if cap.kind == CapKind.EXCEPTION:
        return "cap.exception"
    if cap.kind in (CapKind.MAX_ATTENDEES, CapKind.AMOUNT_PER_PERSON) and not facts.attendees:
        return "cap.unknown_attendees"
    if cap.kind == CapKind.PERCENT_OF_EARNED and facts.earned is None:
        return "cap.unknown_funds"
    if cap.kind == CapKind.GREATER_OF and facts.accrued is None:
        return "cap.unknown_funds"
    if cap.amount is not None and cap.currency != facts.currency and cap.currency not in facts.rates:
        return "cap.unknown_rate"
    return ""


def _allowed(facts: ProofFacts, cap: CapFact, kept: Parts, people: dict[str, int]) -> Decimal:
    """What a limit of money leaves for the costs it is about, in the currency of the proof."""
    before = facts.claimed_before.get(cap.code, caps.ZERO)
    limit = (cap.amount or caps.ZERO) * (
        Decimal(1) if cap.currency in ("", facts.currency) else facts.rates[cap.currency]
    )
    if cap.kind == CapKind.AMOUNT_PER_PERSON:
        most = max((people[code] for code in kept if _covers(cap, code)), default=0)
        return caps.per_person(_cost_of_each(facts, cap, kept, people), limit, most)
    if cap.kind == CapKind.PERCENT_OF_EARNED:
        return caps.left_of(caps.share_of(cap.percent or caps.ZERO, facts.earned or caps.ZERO), before)
    if cap.kind == CapKind.GREATER_OF:
        return caps.left_of(caps.greater_of(cap.percent or caps.ZERO, facts.accrued or caps.ZERO, limit), before)
    return caps.left_of(limit, before)


def _cost_of_each(facts: ProofFacts, cap: CapFact, kept: Parts, people: dict[str, int]) -> list[Decimal]:
    """What each attendee cost, of that the reimbursed share; where nobody said so, what is kept in equal parts.

    Equal parts are those of the people who still count: what others cost is taken off already.
    """
    costs = [attendee.cost * facts.program.share_percent / 100 for attendee in facts.attendees]
    if any(costs):
        return costs
    parts = [(kept[code] / people[code], people[code]) for code in kept if _covers(cap, code)]
    return [sum((part for part, of in parts if place < of), caps.ZERO) for place in range(len(costs))]


def _cap_params(cap: CapFact) -> dict[str, Any]:
    params: dict[str, Any] = {"cap": cap.code, "scope": cap.scope}
    if cap.amount is not None:
        params["limit"] = amount_param(cap.amount, cap.currency)
    if cap.percent is not None:
        params["percent"] = percent_param(cap.percent)
    if cap.count is not None:
        params["count"] = cap.count
    return params


def _bounds(facts: ProofFacts, running: Decimal) -> list[Step]:
    """The plan's own limits, and what is asked."""
    steps = []
    for code, bound in (
        ("planned", facts.planned_left),
        ("plan_limit", facts.plan_limit_left),
        ("asked", facts.amount),
    ):
        if bound is not None:
            smaller = min(running, max(bound, caps.ZERO))
            steps.append(Step(code, smaller, operand=bound, binding=smaller < running))
            running = smaller
    return steps
