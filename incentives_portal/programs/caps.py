"""Arithmetic of caps (docs/domain.md, "Caps"). Pure; all figures of one call are in one currency."""

from collections.abc import Sequence
from decimal import Decimal

ZERO = Decimal(0)


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
