"""Dates of the domain: fiscal halves, periods, deadlines, business days. Pure functions of days.

Bounds are inclusive. Business days are those of the program's calendar without its holidays, counting starts on the
next day, and a deadline ends at 23:59 in the program's time zone (docs/domain.md, "Dates").
"""

import calendar as months
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from incentives_portal import clock

if TYPE_CHECKING:
    from .models import Calendar, Program

#: The fiscal year begins on 1 July of the calendar year before the one it is named after (docs/domain.md, "Fiscal halves").
FISCAL_START_MONTH = 7
#: Business days without a calendar: Monday to Friday.
MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Span:
    """Days from the first to the last, both included."""

    starts: date
    ends: date

    def __contains__(self, day: date) -> bool:
        return self.starts <= day <= self.ends


@dataclass(frozen=True)
class Half:
    """A fiscal half: its label, and when co-op is earned, used and claimed (docs/domain.md, "Fiscal halves")."""

    label: str
    earning: Span
    usage: Span
    claiming: Span


def is_within(day: date, starts: date, ends: date) -> bool:
    """Return whether a day is within inclusive bounds (examples PO-1, PO-2, PE-3 to PE-6)."""
    return starts <= day <= ends


# Fiscal years and halves


def fiscal_year_of(day: date) -> int:
    """Return the number of the fiscal year: 2024 for 1 July 2023 to 30 June 2024."""
    return day.year + 1 if day.month >= FISCAL_START_MONTH else day.year


def fiscal_year(year: int) -> Span:
    """Return first and last day of a fiscal year."""
    return Span(date(year - 1, FISCAL_START_MONTH, 1), date(year, FISCAL_START_MONTH, 1) - timedelta(days=1))


def fiscal_year_label(year: int) -> str:
    """Return the label of a fiscal year: FY24 for 2024."""
    return f"FY{year % 100:02d}"


def year_end(starts: date) -> date:
    """Return the last day of a year by its first day: 30 June for 1 July."""
    return moved(starts, 12) - timedelta(days=1)


def half_of(day: date) -> Half:
    """Return the fiscal half of a day, with the periods of the co-op earned in it (examples PE-1, PE-2)."""
    return fiscal_half(fiscal_year_of(day), 1 if day.month >= FISCAL_START_MONTH else 2)


def fiscal_half(year: int, number: int) -> Half:
    """Return a fiscal half: H1 is July to December, H2 January to June.

    Its co-op is used in the following half, and claimed from the 16th of the second month of the usage period to the 15th
    of the second month after it (conflict 5).
    """
    return half_from(date(year - 1, 7, 1) if number == 1 else date(year, 1, 1), f"{fiscal_year_label(year)} H{number}")


def half_from(starts: date, label: str = "") -> Half:
    """Return the half that begins with the first of a month, with usage and claiming as for fiscal halves."""
    usage_starts = add_months(starts, 6)
    after = add_months(usage_starts, 6)
    return Half(
        label=label,
        earning=Span(starts, usage_starts - timedelta(days=1)),
        usage=Span(usage_starts, after - timedelta(days=1)),
        claiming=Span(add_months(usage_starts, 1).replace(day=16), add_months(after, 1).replace(day=15)),
    )


def half_moved(half: Half, count: int) -> Half:
    """Move a half, or another part of a year, by a number of months."""
    return Half(half.label, *(span_moved(span, count) for span in (half.earning, half.usage, half.claiming)))


def span_moved(span: Span, count: int) -> Span:
    """Move a span by a number of months: the last of a month stays the last of a month."""
    return Span(moved(span.starts, count), moved(span.ends + timedelta(days=1), count) - timedelta(days=1))


def moved(day: date, count: int) -> date:
    """Move a day by a number of months; in a month that is too short to its last day."""
    month = add_months(day, count)
    return month.replace(day=min(day.day, months.monthrange(month.year, month.month)[1]))


def add_months(first: date, count: int) -> date:
    """Return the first day of a month, moved by a number of months."""
    index = first.year * 12 + first.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def months_between(first: date, second: date) -> int:
    """Return the number of months from the month of the first day to that of the second."""
    return (second.year - first.year) * 12 + second.month - first.month


def last_day_of_following_month(day: date) -> date:
    """Return the last day of the following month: a plan's proof is reviewed by then (examples PO-4, PO-5)."""
    return add_months(day, 2) - timedelta(days=1)


# Business days


def is_business_day(day: date, calendar: "Calendar | None" = None) -> bool:
    """Return whether the operator works on that day; without a calendar Monday to Friday."""
    if calendar is None:
        return day.weekday() in MONDAY_TO_FRIDAY
    return day.weekday() in calendar.weekdays and day not in calendar.days_off()


def add_business_days(start: date, count: int, calendar: "Calendar | None" = None) -> date:
    """Return the last of ``count`` business days after ``start``, which does not count; 0 gives ``start``."""
    day, left = start, count
    while left > 0:
        day += timedelta(days=1)
        if is_business_day(day, calendar):
            left -= 1
    return day


# Deadlines


def plan_revision_deadline(year_ends: date, revision_days: int = 90) -> date:
    """Return the last day to edit and resubmit a plan submitted in time (docs/domain.md, "Plan submission")."""
    return year_ends + timedelta(days=revision_days)


def may_first_submit(day: date, year_ends: date) -> bool:
    """Return whether a plan can be created and first submitted (docs/domain.md, "Plan submission"; PR-1, PR-2)."""
    return day <= year_ends


def poe_due(campaign_starts: date, days: int | None = 180) -> date | None:
    """Return the day when the proof of an activity is due (example PO-3); None if the program has no due date."""
    return None if days is None else campaign_starts + timedelta(days=days)


# Deadlines as instants, by the settings of a program


def review_due_at(program: "Program", submitted_at: datetime) -> datetime:
    """Return when a review is due: the end of the following month on the plan track, else by business days (CL-1)."""
    submitted = local_day(submitted_at, program.calendar.time_zone)
    if program.track == "plan":
        return clock.end_of_day(last_day_of_following_month(submitted), program.calendar.time_zone)
    due = add_business_days(submitted, program.review_business_days, program.calendar)
    return clock.end_of_day(due, program.calendar.time_zone)


def dispute_due_at(program: "Program", disputed_at: datetime) -> datetime:
    """Return when the decision about a dispute is due (example CL-2)."""
    zone = program.calendar.time_zone
    due = add_business_days(local_day(disputed_at, zone), program.dispute_business_days, program.calendar)
    return clock.end_of_day(due, zone)


def poe_due_at(program: "Program", campaign_starts: date) -> datetime | None:
    """Return when the proof of an activity is due; None if the program has no due date."""
    due = poe_due(campaign_starts, program.poe_due_days)
    return None if due is None else clock.end_of_day(due, program.calendar.time_zone)


def local_day(moment: datetime, zone: str) -> date:
    """Return the calendar day of a moment in a time zone."""
    return moment.astimezone(ZoneInfo(zone)).date()
