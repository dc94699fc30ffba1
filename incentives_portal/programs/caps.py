"""Arithmetic of the catalogue's limits (docs/domain.md, "Caps"). Pure; all figures of one call are in one currency."""

from collections.abc import Sequence
from decimal import Decimal

ZERO = Decimal(0)


def share_of(percent: Decimal, funds: Decimal) -> Decimal:
    """A percentage of the co-op funds earned."""
    return funds * percent / 100


def greater_of(percent: Decimal, accrued: Decimal, amount: Decimal) -> Decimal:
    """The greater of a percentage of all accrued funds and an amount."""
    return max(share_of(percent, accrued), amount)


def left_of(limit: Decimal, used_before: Decimal) -> Decimal:
    """What is left of a limit over which several claims are counted; never negative."""
    return max(limit - used_before, ZERO)


def attendees_allowed(present: int, most: int | None) -> int:
    """Of how many people the costs count; ``most`` None is without limit."""
    return present if most is None else min(present, most)


def per_person(costs: Sequence[Decimal], limit: Decimal, most: int | None = None) -> Decimal:
    """What counts of costs per person: each up to the limit, of the ``most`` dearest people at the most."""
    dearest = sorted(costs, reverse=True)[: attendees_allowed(len(costs), most)]
    return sum((min(cost, limit) for cost in dearest), ZERO)


def reduced(parts: dict[str, Decimal], names: frozenset[str], allowed: Decimal) -> dict[str, Decimal]:
    """The parts, with those named (none: all) brought down so that together they are at most ``allowed``, the last first."""
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
