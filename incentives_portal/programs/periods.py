"""Which program years and usage periods come next. Reads only; services.py writes them."""

from collections.abc import Iterator
from datetime import date, timedelta

from . import dates
from .models import Program, ProgramYear, UsagePeriod


def next_years(program: Program, today: date) -> Iterator[ProgramYear]:
    """The years, not yet saved, that are needed until one begins after today: each follows the last one, or is today's fiscal year.

    A year is named after the fiscal year in which it ends; revisions run for the program's revision days.
    """
    last = program.years.order_by("-ends").first()
    ends = last.ends if last else None
    starts = last.starts if last else None
    while starts is None or starts <= today:
        current = dates.fiscal_year(dates.fiscal_year_of(today)).starts
        starts = current if ends is None or ends < current else ends + timedelta(days=1)
        ends = dates.year_end(starts)
        yield ProgramYear(
            program=program,
            label=dates.fiscal_year_label(ends.year),
            starts=starts,
            ends=ends,
            revise_until=dates.plan_revision_deadline(ends, program.revision_days),
        )


def next_usage_periods(program: Program, today: date) -> Iterator[UsagePeriod]:
    """The usage periods, not yet saved, of this and the next fiscal year that are missing and overlap none that is there."""
    there = list(program.usage_periods.all())
    year = dates.fiscal_year_of(today)
    for earned_in, number in ((year - 1, 2), (year, 1), (year, 2), (year + 1, 1)):
        half = dates.fiscal_half(earned_in, number)
        if not any(_overlap(period, half) for period in there):
            yield usage_period(program, half)


def usage_period(program: Program, half: dates.Half) -> UsagePeriod:
    """A fiscal half as a usage period of the program, not yet saved."""
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


def _overlap(period: UsagePeriod, half: dates.Half) -> bool:
    return period.label == half.label or any(
        starts <= span.ends and span.starts <= ends
        for starts, ends, span in (
            (period.earning_starts, period.earning_ends, half.earning),
            (period.usage_starts, period.usage_ends, half.usage),
            (period.claiming_starts, period.claiming_ends, half.claiming),
        )
    )
