"""Compute the next program years and usage periods from the existing ones. Reads only; services.py saves them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count

from . import dates
from .models import Program, ProgramYear, UsagePeriod

DAY = timedelta(days=1)
#: The letter in the label of a period, by the number of periods per year. A period of a whole year has none.
_LETTERS = {2: "H", 3: "T", 4: "Q", 6: "B", 12: "M"}
_DOCUMENTED_MONTHS = 6
_LONGEST_LABEL = UsagePeriod._meta.get_field("label").max_length or 0
#: In a label: years of four or two digits, and the number of a period.
_YEARS = re.compile(r"(?<!\d)(?:\d{4}|\d{2})(?!\d)")
_NUMBER = re.compile(r"(?<!\d)\d(?!\d)")


@dataclass(frozen=True)
class Year:
    """A year of a program, with or without a row in the database."""

    label: str
    starts: date

    @property
    def ends(self) -> date:
        return dates.year_end(self.starts)


def year_of(program: Program, day: date) -> Year:
    """Return the program's year of a day: by its years, else by its usage periods, else the fiscal year.

    Two queries, unless years and periods are prefetched.
    """
    return _year_of(list(program.years.all()), list(program.usage_periods.all()), day)


def next_years(program: Program, today: date) -> Iterator[ProgramYear]:
    """Yield the missing years, unsaved, until one begins after today.

    Each follows the last one, or is today's year. The label continues that of the last year, or is that of the fiscal
    year; ``revision_days`` sets the revisions.
    """
    current = year_of(program, today)
    last = program.years.order_by("-ends").first()
    label, starts, ends = (last.label, last.starts, last.ends) if last else ("", None, None)
    while starts is None or starts <= today:
        if starts is None or ends is None or ends < current.starts:
            label, starts = current.label, current.starts
        else:
            label, starts = _raised(label, 1) or _default_label(ends + DAY), ends + DAY
        ends = dates.year_end(starts)
        yield ProgramYear(
            program=program,
            label=label,
            starts=starts,
            ends=ends,
            revise_until=dates.plan_revision_deadline(ends, program.revision_days),
        )


def next_usage_periods(program: Program, today: date) -> Iterator[UsagePeriod]:
    """Yield the missing usage periods, unsaved, of this and the next year; none overlaps an existing one."""
    years, existing = list(program.years.all()), list(program.usage_periods.all())
    for period in _periods(years, existing, _year_of(years, existing, today)):
        if not any(_overlap(row, period) for row in existing):
            yield usage_period(program, period)


def usage_period(program: Program, half: dates.Half) -> UsagePeriod:
    """Return a fiscal half, or another part of a year, as an unsaved usage period of the program."""
    return UsagePeriod(
        program=program,
        label=half.label,
        earning_starts=half.earning.starts,
        earning_ends=half.earning.ends,
        usage_starts=half.usage.starts,
        usage_ends=half.usage.ends,
        claiming_starts=half.claiming.starts,
        claiming_ends=half.claiming.ends,
    )


def _year_of(years: Sequence[ProgramYear], existing: Sequence[UsagePeriod], day: date) -> Year:
    if known := [Year(row.label, row.starts) for row in years if row.starts <= day <= row.ends]:
        return known[0]
    if years:
        last = max(years, key=lambda row: row.ends)
        return _moved_to(Year(last.label, last.starts), day)
    if from_periods := _year_of_period(_last(existing)):
        return _moved_to(from_periods, day)
    number = dates.fiscal_year_of(day)
    return Year(dates.fiscal_year_label(number), dates.fiscal_year(number).starts)


def _moved_to(year: Year, day: date) -> Year:
    """Return the year with the same start day that contains the day."""
    count = day.year - year.starts.year
    if dates.moved(year.starts, 12 * count) > day:
        count -= 1
    starts = dates.moved(year.starts, 12 * count)
    return Year(_raised(year.label, count) or _default_label(starts), starts)


def _year_of_period(period: UsagePeriod | None) -> Year | None:
    """Return the year of a period by its label: 2026 for 2026 H2. None if the label has no number."""
    if period is None or not (found := _NUMBER.search(period.label)):
        return None
    months, number = _months(period), int(found.group())
    if not 1 <= number <= 12 // months:
        return None
    label = " ".join(part for part in period.label.split() if not _NUMBER.search(part))
    return Year(label, dates.moved(period.earning_starts, -months * (number - 1)))


def _periods(years: Sequence[ProgramYear], existing: Sequence[UsagePeriod], year: Year) -> Iterator[dates.Half]:
    """Yield the periods used in a year and the next: like the last one, else the documented halves."""
    last, months = _last(existing), _months(_last(existing))
    first = dates.half_from(year.starts.replace(day=1)) if last is None else _as_half(last)
    away = dates.months_between(first.usage.starts, year.starts)
    end = dates.moved(year.starts, 24)
    for place in count(away // months):
        period = dates.half_moved(first, place * months)
        if period.usage.starts >= end:
            return
        if period.usage.starts >= year.starts:
            own = _year_of(years, existing, period.earning.starts)
            yield replace(period, label=_period_label(last, own, period, months))


def _period_label(last: UsagePeriod | None, own: Year, period: dates.Half, months: int) -> str:
    """Return the first label that fits: like the last period's, from the period's year, from its days."""
    by_days = Year(_default_label(own.starts), own.starts)
    like = _label_like(last, period, months) if last else ""
    labels = (like, _label(own, period, months), _label(by_days, period, months))
    return next(label for label in labels if 0 < len(label) <= _LONGEST_LABEL)


def _label_like(last: UsagePeriod, period: dates.Half, months: int) -> str:
    """Return the last period's label with the year and number of this one; empty if it does not contain them."""
    base = _year_of_period(last)
    if base is None:
        return ""
    own = _moved_to(base, period.earning.starts)
    label = _raised(last.label, own.starts.year - base.starts.year)
    return _NUMBER.sub(str(_number(own, period, months)), label, count=1)


def _label(year: Year, period: dates.Half, months: int) -> str:
    """Return a label such as FY27 H1: the year in which the period is earned, and its number in it."""
    letter = _LETTERS.get(12 // months)
    return f"{year.label} {letter}{_number(year, period, months)}" if letter else year.label


def _number(year: Year, period: dates.Half, months: int) -> int:
    return dates.months_between(year.starts, period.earning.starts) // months + 1


def _last(existing: Sequence[UsagePeriod]) -> UsagePeriod | None:
    return max(existing, key=lambda row: row.usage_starts, default=None)


def _months(period: UsagePeriod | None) -> int:
    """Return the length of a period in months if it divides a year, else that of the documented halves."""
    if period is None:
        return _DOCUMENTED_MONTHS
    months = dates.months_between(period.earning_starts, period.earning_ends + DAY)
    return months if months > 0 and 12 % months == 0 else _DOCUMENTED_MONTHS


def _as_half(row: UsagePeriod) -> dates.Half:
    return dates.Half(
        label=row.label,
        earning=dates.Span(row.earning_starts, row.earning_ends),
        usage=dates.Span(row.usage_starts, row.usage_ends),
        claiming=dates.Span(row.claiming_starts, row.claiming_ends),
    )


def _raised(label: str, count: int) -> str:
    """Return a label with each year in it increased: FY26, 2026, 2026/27. Empty if it has no year."""
    return _YEARS.sub(lambda year: _later(year.group(), count), label) if _YEARS.search(label) else ""


def _later(year: str, count: int) -> str:
    return f"{(int(year) + count) % 10 ** len(year):0{len(year)}d}"


def _default_label(starts: date) -> str:
    """Return FY27 for a fiscal year, 2027 for a calendar year, 2026/27 for another."""
    ends = dates.year_end(starts)
    if starts == dates.fiscal_year(ends.year).starts:
        return dates.fiscal_year_label(ends.year)
    return str(starts.year) if starts.year == ends.year else f"{starts.year}/{ends.year % 100:02d}"


def _overlap(period: UsagePeriod, half: dates.Half) -> bool:
    return period.label == half.label or any(
        starts <= span.ends and span.starts <= ends
        for starts, ends, span in (
            (period.earning_starts, period.earning_ends, half.earning),
            (period.usage_starts, period.usage_ends, half.usage),
            (period.claiming_starts, period.claiming_ends, half.claiming),
        )
    )
