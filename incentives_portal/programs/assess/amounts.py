"""From the costs to the amount that can be reimbursed, step by step: costs → eligible → share → caps → planned → plan limit → asked."""

from decimal import Decimal
from typing import Any

from incentives_portal.money import quantize

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
    for cap in sorted(facts.activity.caps, key=lambda cap: _ORDER.index(cap.kind) if cap.kind in _ORDER else 99):
        if limited := _cap(facts, cap, kept):
            steps.append(limited[0])
            kept = limited[1]
    steps += _bounds(facts, steps[-1].amount)
    return tuple(steps)


def line_value(facts: ProofFacts, line: ExpenseFact) -> Decimal | None:
    """What a cost counts, by the program's basis, in the currency of the proof; None without an exchange rate."""
    rate = Decimal(1) if line.currency in ("", facts.currency) else facts.rates.get(line.currency)
    value = line.net + line.tax if facts.program.basis == Basis.GROSS else line.net
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


def _cap(facts: ProofFacts, cap: CapFact, kept: Parts) -> tuple[Step, Parts] | None:
    """The step of one cap and what it leaves; None for a cap without a limit, or one that is about other costs."""
    if cap.kind == CapKind.UNLIMITED or (cap.expenses and not cap.expenses & set(kept)):
        return None
    if unknown := _unknown(facts, cap):
        return Step(unknown, _total(facts, kept), params=_cap_params(cap)), kept
    allowed = _allowed(facts, cap, kept)
    after = caps.reduced(kept, cap.expenses, allowed)
    operand = quantize(allowed, facts.currency)
    return _step(f"cap.{cap.kind}", facts, kept, after, operand=operand, params=_cap_params(cap)), after


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


def _allowed(facts: ProofFacts, cap: CapFact, kept: Parts) -> Decimal:
    """What the cap leaves for the costs it is about, in the currency of the proof."""
    before = facts.claimed_before.get(cap.code, caps.ZERO)
    limit = (cap.amount or caps.ZERO) * (
        Decimal(1) if cap.currency in ("", facts.currency) else facts.rates[cap.currency]
    )
    part = sum((value for code, value in kept.items() if not cap.expenses or code in cap.expenses), caps.ZERO)
    people = len(facts.attendees)
    if cap.kind == CapKind.MAX_ATTENDEES:
        return part * caps.attendees_allowed(people, cap.count) / people
    if cap.kind == CapKind.AMOUNT_PER_PERSON:
        costs = [attendee.cost for attendee in facts.attendees]
        return caps.per_person(costs if any(costs) else [part / people] * people, limit, _most(facts))
    if cap.kind == CapKind.PERCENT_OF_EARNED:
        return caps.left_of(caps.share_of(cap.percent or caps.ZERO, facts.earned or caps.ZERO), before)
    if cap.kind == CapKind.GREATER_OF:
        return caps.left_of(caps.greater_of(cap.percent or caps.ZERO, facts.accrued or caps.ZERO, limit), before)
    return caps.left_of(limit, before)


def _most(facts: ProofFacts) -> int | None:
    """The smallest number of attendees that any cap of the activity allows."""
    return min((cap.count for cap in facts.activity.caps if cap.count is not None), default=None)


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
