"""From the readable catalogue to the rows of the fixture."""

import uuid
from collections.abc import Iterator
from typing import Any

from . import demand_generation, market_development, partner_readiness
from .expenses import EXPENSES
from .parts import ActivitySource, CapSource, RequirementSource

Row = dict[str, Any]

ACTIVITIES: tuple[ActivitySource, ...] = (
    *demand_generation.ACTIVITIES,
    *market_development.ACTIVITIES,
    *partner_readiness.ACTIVITIES,
)
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "incentives-portal/catalogue")


def rows() -> Iterator[Row]:
    """All rows in an order in which each finds what it refers to. Names stand in for numbers, so that loading twice changes nothing."""
    for code, name in EXPENSES.items():
        yield _row("expensetype", code=code, name=name)
    # Composites last: their components come before them.
    for order, activity in sorted(enumerate(ACTIVITIES, start=1), key=lambda pair: bool(pair[1].components)):
        yield _activity_row(activity, order * 10)
        for code in activity.expenses:
            yield _row("eligibleexpense", type=[activity.code], expense=[code])
        for position, requirement in enumerate(activity.requirements, start=1):
            yield _requirement_row(activity, requirement, position * 10)
        for cap in activity.caps:
            yield _cap_row(activity, cap)


def _row(model: str, **fields: Any) -> Row:
    return {"model": f"programs.{model}", "fields": fields}


def _activity_row(activity: ActivitySource, order: int) -> Row:
    return _row(
        "activitytype",
        public_id=str(uuid.uuid5(_NAMESPACE, activity.code)),
        code=activity.code,
        category=activity.category.value,
        name=activity.name,
        pre_approval=False,
        needs_impressions=activity.needs_impressions,
        components=[[code] for code in activity.components],
        excluded_kinds=[str(kind) for kind in activity.excluded_kinds],
        active=True,
        order=order,
    )


def _requirement_row(activity: ActivitySource, requirement: RequirementSource, order: int) -> Row:
    return _row(
        "requirement",
        activity_type=[activity.code],
        program=None,
        code=requirement.code,
        group=requirement.group.value,
        satisfied_by=requirement.satisfied_by.value,
        choices=requirement.choices,
        any_of=requirement.any_of,
        only_if=requirement.only_if,
        words=requirement.words,
        order=order,
        active=True,
    )


def _cap_row(activity: ActivitySource, cap: CapSource) -> Row:
    return _row(
        "cap",
        activity_type=[activity.code],
        program=None,
        code=cap.code,
        kind=cap.kind.value,
        amount=None if cap.amount is None else f"{cap.amount}.000",
        currency="" if cap.amount is None else "USD",
        percent=None if cap.percent is None else f"{cap.percent}.00",
        count=cap.count,
        scope=cap.scope.value,
        applies_to=cap.applies_to.value,
        expenses=[[code] for code in cap.expenses],
        valid_from=None,
        valid_until=None,
    )
