"""Dates of the domain: fiscal halves, periods, deadlines, business days. Pure functions; days in, days out.

Bounds include both ends. Business days are those of the program's calendar without its holidays, counting starts the next day, and a
deadline ends at 23:59 in the program's time zone (docs/domain.md, "Dates").
"""

import calendar as months
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from incentives_portal import clock

#: The fiscal year begins on 1 July of the calendar year before the one it is named after (docs/domain.md, "Fiscal halves").
FISCAL_START_MONTH = 7
#: Business days without a calendar: Monday to Friday.
MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)


class WorkingCalendar(Protocol):
    """A calendar as models.Calendar has it: a zone, days of the week (0 is Monday), and days off."""

    time_zone: str
    weekdays: list[int]

    def days_off(self) -> Collection[date]: ...


class DatedProgram(Protocol):
    """The settings of a program on which its dates depend, as models.Program has them."""

    track: str
    poe_due_days: int | None
    review_business_days: int
    dispute_business_days: int
    revision_days: int

    @property
    def calendar(self) -> WorkingCalendar: ...


@dataclass(frozen=True)
class Span:
    """Days from the first to the last, both included."""

    starts: date
    ends: date

    def __contains__(self, day: date) -> bool:
        return self.starts <= day <= self.ends


@dataclass(frozen=True)
class Half:
    """A fiscal half: its label, when co-op is earned, when it is used, and when it is claimed (docs/domain.md, "Fiscal halves")."""

    label: str
    earning: Span
    usage: Span
    claiming: Span


def is_within(day: date, starts: date, ends: date) -> bool:
    """Whether a day lies between two others, both included (examples PO-1, PO-2)."""
    return starts <= day <= ends


# Fiscal years and halves


def fiscal_year_of(day: date) -> int:
    """The number of the fiscal year: 2024 for 1 July 2023 to 30 June 2024."""
    return day.year + 1 if day.month >= FISCAL_START_MONTH else day.year


def fiscal_year(year: int) -> Span:
    """First and last day of a fiscal year."""
    return Span(date(year - 1, FISCAL_START_MONTH, 1), date(year, FISCAL_START_MONTH, 1) - timedelta(days=1))


def fiscal_year_label(year: int) -> str:
    """FY24 for 2024."""
    return f"FY{year % 100:02d}"


def year_end(starts: date) -> date:
    """The last day of a year that begins on a day: 30 June for 1 July."""
    following = add_months(starts.replace(day=1), 12)
    last = months.monthrange(following.year, following.month)[1]
    return following.replace(day=min(starts.day, last)) - timedelta(days=1)


def half_of(day: date) -> Half:
    """The fiscal half in which a day lies, with the periods of the co-op earned in it (examples PE-1, PE-2)."""
    return fiscal_half(fiscal_year_of(day), 1 if day.month >= FISCAL_START_MONTH else 2)


def half_before(activity_day: date) -> Half:
    """The half whose funds pay for an activity of that day: earned before, used now."""
    return half_of(half_of(activity_day).earning.starts - timedelta(days=1))


def fiscal_half(year: int, number: int) -> Half:
    """H1 is July to December, H2 January to June; used in the half after it, claimed from the 16th of the second month of the usage
    period to the 15th of the second month after it (conflict 5)."""
    return half_from(date(year - 1, 7, 1) if number == 1 else date(year, 1, 1), f"{fiscal_year_label(year)} H{number}")


def half_from(starts: date, label: str = "") -> Half:
    """The half of any year that begins with the first of a month, with its usage and claiming as those of fiscal halves."""
    usage_starts = add_months(starts, 6)
    after = add_months(usage_starts, 6)
    return Half(
        label=label,
        earning=Span(starts, usage_starts - timedelta(days=1)),
        usage=Span(usage_starts, after - timedelta(days=1)),
        claiming=Span(add_months(usage_starts, 1).replace(day=16), add_months(after, 1).replace(day=15)),
    )


def half_moved(half: Half, count: int) -> Half:
    """A half, or another part of a year, so many months on (or back)."""
    return Half(half.label, *(span_moved(span, count) for span in (half.earning, half.usage, half.claiming)))


def span_moved(span: Span, count: int) -> Span:
    """Days so many months on: the last of a month stays the last of a month."""
    return Span(moved(span.starts, count), moved(span.ends + timedelta(days=1), count) - timedelta(days=1))


def moved(day: date, count: int) -> date:
    """A day so many months on (or back); the last of a month that is too short for it."""
    month = add_months(day, count)
    return month.replace(day=min(day.day, months.monthrange(month.year, month.month)[1]))


def add_months(first: date, count: int) -> date:
    """The first day of a month, some months on."""
    index = first.year * 12 + first.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def last_day_of_following_month(day: date) -> date:
    """The last day of the month after that of ``day``: until then a plan's proof is reviewed (examples PO-4, PO-5)."""
    following = add_months(day.replace(day=1), 1)
    return following.replace(day=months.monthrange(following.year, following.month)[1])


# Business days


def is_business_day(day: date, calendar: WorkingCalendar | None = None) -> bool:
    """Whether the operator works on that day; without a calendar Monday to Friday."""
    if calendar is None:
        return day.weekday() in MONDAY_TO_FRIDAY
    return day.weekday() in calendar.weekdays and day not in calendar.days_off()


def add_business_days(start: date, count: int, calendar: WorkingCalendar | None = None) -> date:
    """The last of ``count`` business days after ``start``; the day itself does not count. 0 gives the day itself."""
    day, left = start, count
    while left > 0:
        day += timedelta(days=1)
        if is_business_day(day, calendar):
            left -= 1
    return day


# Deadlines


def plan_first_deadline(year_ends: date) -> date:
    """The last day on which a plan can be created and first submitted (docs/domain.md, "Plan submission"): that of the program year."""
    return year_ends


def plan_revision_deadline(year_ends: date, revision_days: int = 90) -> date:
    """The last day on which a plan that was submitted in time can be edited and resubmitted (docs/domain.md, "Plan submission")."""
    return year_ends + timedelta(days=revision_days)


def may_first_submit(day: date, year_ends: date) -> bool:
    """Whether a plan can be submitted for the first time on that day (examples PR-1, PR-2)."""
    return day <= plan_first_deadline(year_ends)


def may_resubmit(day: date, year_ends: date, revision_days: int = 90) -> bool:
    """Whether a plan that was first submitted in time can be resubmitted on that day (examples PR-3, PR-4)."""
    return day <= plan_revision_deadline(year_ends, revision_days)


def poe_due(campaign_starts: date, days: int | None = 180) -> date | None:
    """The day on which the proof of an activity is due (example PO-3); None where the program has no due date."""
    return None if days is None else campaign_starts + timedelta(days=days)


def poe_review_due(submitted: date) -> date:
    """The day by which a proof on the plan track is reviewed."""
    return last_day_of_following_month(submitted)


def claim_review_due(submitted: date, business_days: int = 2, calendar: WorkingCalendar | None = None) -> date:
    """The day by which a claim on the claim track is reviewed (example CL-1)."""
    return add_business_days(submitted, business_days, calendar)


def dispute_due(disputed: date, business_days: int = 5, calendar: WorkingCalendar | None = None) -> date:
    """The day by which a dispute is decided, on both tracks (example CL-2)."""
    return add_business_days(disputed, business_days, calendar)


def may_claim(activity_day: date, claim_day: date, usage: Span, claiming: Span) -> bool:
    """Whether an activity of one day can be claimed on another, for the funds of a period (examples PE-3 to PE-6)."""
    return activity_day in usage and claim_day in claiming


# Deadlines as instants, by the settings of a program


def review_due_at(program: DatedProgram, submitted_at: datetime) -> datetime:
    """When the review of what was submitted is due: by the end of the following month on the plan track, else in business days."""
    submitted = local_day(submitted_at, program.calendar.time_zone)
    if program.track == "plan":
        return clock.end_of_day(poe_review_due(submitted), program.calendar.time_zone)
    due = claim_review_due(submitted, program.review_business_days, program.calendar)
    return clock.end_of_day(due, program.calendar.time_zone)


def dispute_due_at(program: DatedProgram, disputed_at: datetime) -> datetime:
    """When the decision about a dispute is due."""
    disputed = local_day(disputed_at, program.calendar.time_zone)
    due = dispute_due(disputed, program.dispute_business_days, program.calendar)
    return clock.end_of_day(due, program.calendar.time_zone)


def poe_due_at(program: DatedProgram, campaign_starts: date) -> datetime | None:
    """When the proof of an activity is due; None where the program has no due date."""
    due = poe_due(campaign_starts, program.poe_due_days)
    return None if due is None else clock.end_of_day(due, program.calendar.time_zone)


def local_day(moment: datetime, zone: str) -> date:
    """The calendar day of an instant in a time zone."""
    return moment.astimezone(ZoneInfo(zone)).date()
