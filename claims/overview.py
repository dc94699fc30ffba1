"""The sums and counts above the list of claims, from one query grouped by program, location, period, status and currency."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Aggregate, Count, Q, QuerySet, Sum

from incentives_portal.cases.enums import ACTION_REQUIRED, DISCARDED, EDITING, REJECTED, WAITING, CaseKind
from incentives_portal.cases.models import Case, CaseTotal
from incentives_portal.cases.state_machine import Status
from incentives_portal.prepared_statements import PreparedQuery
from incentives_portal.texts import in_language

from .transitions import STATE_MACHINE

ZERO = Decimal(0)

#: What the list can be filtered by, with the column of the value in the URL, and of the key.
KEYS = {"program": "program_id", "location": "location_id", "period": "usage_period_id"}
_CHOICES = {
    "program": "program__public_id",
    "location": "location__public_id",
    "period": "usage_period__public_id",
}
_COLUMNS = (
    "status", "currency", "program_id", "location_id", "usage_period_id", *_CHOICES.values(),
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
    #: Filter → value in the URL → primary key.
    keys: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def overview(readable: Q, chosen: Mapping[str, str], search: Q | None) -> Overview:
    """Return the overview of a partner's claims that match ``readable``.

    ``chosen`` filters by program, location and period, ``search`` by text. The choices come from all claims, so
    that the user can choose something else; periods are limited to the chosen program, and a chosen period of
    another program is ignored. Counts and sums come from the claims that match. One query.
    """
    rows = list(_searched(readable, search)) if search else _all(readable).rows()
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
        keys={name: {str(row[_CHOICES[name]]): row[column] for row in rows} for name, column in KEYS.items()},
    )


def _periods(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the usage periods, newest first. If there are several programs, each with the name of its program."""
    periods = _choices(sorted(rows, key=_newest_first), "usage_period__public_id", "usage_period__label")
    programs = dict(_choices(rows, "usage_period__public_id", "program__name"))
    if len(set(programs.values())) < 2:
        return periods
    return [(code, f"{label} ({programs[code]})") for code, label in periods]


def _searched(readable: Q, search: Q) -> QuerySet[Case, dict[str, Any]]:
    """Return the claims in groups, with the sums of those that match."""
    claims = Case.objects.within(Q(kind=CaseKind.CLAIM, listed=True) & readable, of_operator=False).order_by()
    return _summed(claims, Count("pk", filter=search), filter=search)


@lru_cache(maxsize=64)
def _all(readable: Q) -> PreparedQuery[dict[str, Any]]:
    """Return the query of all claims in groups, which are added up already, prepared once per scope."""
    totals = CaseTotal.objects.filter(readable, kind=CaseKind.CLAIM)
    return PreparedQuery(lambda: _summed(totals, Sum("number")).filter(claims__gt=0))


def _summed(rows: QuerySet[Any], number: Aggregate, **only: Q) -> QuerySet[Any, dict[str, Any]]:
    return rows.values(*_COLUMNS).annotate(
        claims=number,
        sum_asked=Sum("requested_amount", default=ZERO, **only),
        sum_approved=Sum("approved_amount", default=ZERO, **only),
    )


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
