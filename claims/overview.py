"""The sums and counts above the list of claims, from one query grouped by program, location, period, status and currency."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from incentives_portal.cases.enums import ACTION_REQUIRED, DISCARDED, EDITING, REJECTED, WAITING
from incentives_portal.cases.models import Case
from incentives_portal.cases.state_machine import Status
from incentives_portal.prepared_statements import PreparedQuery
from incentives_portal.texts import in_language

from .transitions import STATE_MACHINE

ZERO = Decimal(0)

#: What the list can be filtered by, and the column of each filter.
_CHOICES = {
    "program": "program__public_id",
    "location": "location__public_id",
    "period": "usage_period__public_id",
}
_COLUMNS = (
    "status", "currency", *_CHOICES.values(),
    "program__name", "location__name", "usage_period__label", "usage_period__usage_starts",
)  # fmt: skip


@dataclass
class Sums:
    """The sums of a currency's claims. ``asked`` and ``number`` leave out drafts, rejected and canceled claims."""

    currency: str
    asked: Decimal = ZERO
    waiting: Decimal = ZERO
    approved: Decimal = ZERO
    returned: Decimal = ZERO
    rejected: Decimal = ZERO
    number: int = 0


@dataclass
class Overview:
    """The sums and counts above the table, and the choices of its filters."""

    sums: list[Sums] = field(default_factory=list)
    statuses: list[tuple[Status, int]] = field(default_factory=list)
    number: int = 0
    programs: list[tuple[str, str]] = field(default_factory=list)
    locations: list[tuple[str, str]] = field(default_factory=list)
    periods: list[tuple[str, str]] = field(default_factory=list)


def overview(scope: Q, chosen: Mapping[str, str], search: Q | None) -> Overview:
    """Return the overview of a partner's claims within a scope.

    ``chosen`` filters by program, location and period, ``search`` by text. The choices come from all claims, so
    that the user can choose something else; periods are limited to the chosen program, and a chosen period of
    another program is ignored. Counts and sums come from the claims that match. One query.
    """
    rows = list(_grouped(scope, search)) if search else _all_grouped(scope).rows()
    periods = _periods([row for row in rows if chosen["program"] in ("", str(row["program__public_id"]))])
    offered = chosen["period"] in dict(periods)
    wanted = {name: value for name, value in chosen.items() if value and (name != "period" or offered)}
    fitting = [row for row in rows if all(str(row[_CHOICES[name]]) == value for name, value in wanted.items())]
    counts: Counter[str] = Counter()
    for row in fitting:
        counts[row["status"]] += row["claims"]
    return Overview(
        sums=_sums(fitting),
        statuses=[(status, counts[status.code]) for status in STATE_MACHINE.statuses if counts[status.code]],
        number=counts.total(),
        programs=_choices(rows, "program__public_id", "program__name"),
        locations=_choices(rows, "location__public_id", "location__name"),
        periods=periods,
    )


def _periods(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the usage periods, newest first. If there are several programs, each with the name of its program."""
    periods = _choices(sorted(rows, key=_newest_first), "usage_period__public_id", "usage_period__label")
    programs = dict(_choices(rows, "usage_period__public_id", "program__name"))
    if len(set(programs.values())) < 2:
        return periods
    return [(code, f"{label} ({programs[code]})") for code, label in periods]


def _grouped(scope: Q, search: Q | None) -> QuerySet[Case, dict[str, Any]]:
    claims = Case.objects.within(scope, of_operator=False).order_by().values(*_COLUMNS)
    return claims.annotate(
        claims=Count("pk", filter=search),
        sum_asked=Sum("requested_amount", filter=search, default=ZERO),
        sum_approved=Sum("approved_amount", filter=search, default=ZERO),
    )


@lru_cache(maxsize=64)
def _all_grouped(scope: Q) -> PreparedQuery[dict[str, Any]]:
    """The query without a search text, as the list is opened: prepared once per scope."""
    return PreparedQuery(lambda: _grouped(scope, None))


def _sums(rows: Iterable[Mapping[str, Any]]) -> list[Sums]:
    by_currency: dict[str, Sums] = {}
    for row in rows:
        if not row["claims"]:
            continue
        sums, asked = by_currency.setdefault(row["currency"], Sums(row["currency"])), row["sum_asked"]
        sums.approved += row["sum_approved"]
        sums.waiting += asked if row["status"] in WAITING else ZERO
        sums.returned += asked if row["status"] == ACTION_REQUIRED else ZERO
        sums.rejected += asked if row["status"] == REJECTED else ZERO
        if row["status"] not in (EDITING, REJECTED, DISCARDED):
            sums.asked += asked
            sums.number += row["claims"]
    return [by_currency[currency] for currency in sorted(by_currency)]


def _choices(rows: Iterable[Mapping[str, Any]], key: str, name: str) -> list[tuple[str, str]]:
    names = {str(row[key]): row[name] for row in rows if row[key]}
    return [(code, in_language(text) if isinstance(text, dict) else str(text)) for code, text in names.items()]


def _newest_first(row: Mapping[str, Any]) -> int:
    starts = row["usage_period__usage_starts"]
    return -starts.toordinal() if starts else 0
