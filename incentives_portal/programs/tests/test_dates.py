"""Fiscal halves, business days and deadlines, with the documented tables and with days nobody thought of."""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentives_portal import clock
from incentives_portal.programs import dates

from .tables import TABLES, day

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 12, 31))


@dataclass
class Office:
    """A calendar without a database."""

    time_zone: str = "Europe/Berlin"
    weekdays: list[int] = field(default_factory=lambda: [0, 1, 2, 3, 4])
    holidays: frozenset[date] = frozenset()

    def days_off(self) -> frozenset[date]:
        return self.holidays


@dataclass
class Rules:
    """The dated settings of a program without a database."""

    track: str
    calendar: Office = field(default_factory=Office)
    poe_due_days: int | None = 180
    review_business_days: int = 2
    dispute_business_days: int = 5
    revision_days: int = 90


@pytest.mark.parametrize("row", TABLES["periods"], ids=lambda row: row["fiscal_half"])
def test_documented_half(row):
    half = dates.half_of(day(row["earning_start"]))

    found = [half.label, *(span for span in (half.earning, half.usage, half.claiming))]

    assert found == [
        row["fiscal_half"],
        dates.Span(day(row["earning_start"]), day(row["earning_end"])),
        dates.Span(day(row["usage_start"]), day(row["usage_end"])),
        dates.Span(day(row["claiming_start"]), day(row["claiming_end"])),
    ]


@pytest.mark.parametrize("row", TABLES["plan_years"], ids=lambda row: row["label"])
def test_documented_plan_year(row):
    ends = day(row["ends"])

    assert dates.fiscal_year_label(dates.fiscal_year_of(ends)) == row["label"]
    assert dates.plan_revision_deadline(ends) == day(row["revise_until"])


@given(DAYS)
def test_d04_a_day_lies_in_its_half_and_its_year(some_day):
    half = dates.half_of(some_day)

    assert some_day in half.earning
    assert some_day in dates.fiscal_year(dates.fiscal_year_of(some_day))


@given(DAYS)
def test_d04_halves_follow_each_other_without_gap_or_overlap(some_day):
    half = dates.half_of(some_day)
    following = dates.half_of(half.earning.ends + timedelta(days=1))

    for span, next_span in (
        (half.earning, following.earning),
        (half.usage, following.usage),
        (half.claiming, following.claiming),
    ):
        assert next_span.starts == span.ends + timedelta(days=1)
    assert half.usage == following.earning


@given(DAYS)
def test_an_activity_uses_the_funds_of_the_half_before(some_day):
    before = dates.half_of(dates.half_of(some_day).earning.starts - timedelta(days=1))

    assert some_day in before.usage


@given(DAYS)
def test_d04_exactly_one_claiming_window_is_open(some_day):
    year = dates.fiscal_year_of(some_day)
    halves = [dates.fiscal_half(number, half) for number in (year - 1, year) for half in (1, 2)]

    assert len([half for half in halves if some_day in half.claiming]) == 1


@given(DAYS, st.integers(min_value=1, max_value=60))
def test_business_days_end_on_one_and_count_right(some_day, count):
    due = dates.add_business_days(some_day, count)

    between = [some_day + timedelta(days=n) for n in range(1, (due - some_day).days + 1)]

    assert due.weekday() < 5
    assert len([passed for passed in between if passed.weekday() < 5]) == count


@given(DAYS, st.integers(min_value=1, max_value=20), st.frozensets(DAYS, max_size=8))
def test_holidays_only_ever_make_it_later(some_day, count, holidays):
    office = Office(holidays=holidays)

    due = dates.add_business_days(some_day, count, office)

    assert due >= dates.add_business_days(some_day, count)
    assert due not in holidays


def test_no_business_days_is_the_day_itself():
    assert dates.add_business_days(date(2026, 11, 21), 0) == date(2026, 11, 21)


def test_business_days_of_a_calendar_that_works_on_sunday():
    office = Office(weekdays=[6, 0, 1, 2, 3])

    assert dates.add_business_days(date(2026, 11, 19), 1, office) == date(2026, 11, 22)


@given(DAYS)
def test_end_of_the_following_month(some_day):
    due = dates.last_day_of_following_month(some_day)

    assert (due + timedelta(days=1)).day == 1
    assert (due.year * 12 + due.month) - (some_day.year * 12 + some_day.month) == 1


@pytest.mark.parametrize("year", [*range(1999, 2033), 2100, 2400])
def test_d04_years_of_each_length_follow_each_other(year):
    """Leap years among them, one that is none, and one of the fourth century."""
    span, following = dates.fiscal_year(year), dates.fiscal_year(year + 1)

    assert (span.starts, span.ends) == (date(year - 1, 7, 1), date(year, 6, 30))
    assert following.starts - span.ends == timedelta(days=1)
    assert {dates.fiscal_year_of(day) for day in (span.starts, date(year, 2, 28), span.ends)} == {year}
    assert (span.ends - span.starts).days + 1 == (366 if monthrange(year, 2)[1] == 29 else 365)
    first, second = dates.fiscal_half(year, 1).earning, dates.fiscal_half(year, 2).earning
    assert (first.starts, second.starts - first.ends, second.ends) == (span.starts, timedelta(days=1), span.ends)


def test_d04_end_of_the_following_month_in_a_leap_year():
    assert dates.last_day_of_following_month(date(2024, 1, 31)) == date(2024, 2, 29)


@given(DAYS)
def test_d04_years_follow_each_other_whatever_day_they_begin(begins):
    """1 January, 1 April, 1 July, or the 29 February: each day of twelve years is in one of them."""
    seen = begins
    for _year in range(12):
        ends = dates.year_end(seen)
        assert 364 <= (ends - seen).days <= 365
        seen = ends + timedelta(days=1)

    assert abs((seen - begins).days - 12 * 365.25) < 5


#: By how many hours clocks are ahead of UTC in August 2024, without asking the library that the portal asks.
AHEAD = {
    "Pacific/Honolulu": -10,
    "America/New_York": -4,
    "UTC": 0,
    "Europe/Berlin": 2,
    "Asia/Kolkata": 5.5,
    "Pacific/Auckland": 12,
}


@pytest.mark.parametrize("program", AHEAD)
def test_d01_the_last_day_of_a_window_ends_where_the_program_lives(program):
    """A claim sent at 23:59:59 of the last day, or at 00:00:00, by a clock in any of six zones: the program's own decides."""
    last = date(2024, 8, 15)
    window = dates.Span(date(2024, 2, 16), last)
    for partner, hours in AHEAD.items():
        in_time = datetime(2024, 8, 15, 23, 59, 59, tzinfo=UTC) - timedelta(hours=hours)
        late = in_time + timedelta(seconds=1)
        found = [dates.local_day(moment, program) in window for moment in (in_time, late)]
        by_deadline = [moment <= clock.end_of_day(last, program) for moment in (in_time, late)]

        assert found == by_deadline == [hours >= AHEAD[program], hours > AHEAD[program]], partner


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2027, 3, 14), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Europe/Berlin", date(2027, 3, 28), 23),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("America/Havana", date(2026, 11, 1), 25),
        ("Asia/Kolkata", date(2026, 11, 1), 24),
    ],
)
def test_d02_days_on_which_clocks_change_begin_and_end_once(zone, day, hours):
    """Such a day is an hour shorter or longer; no hour of it belongs to another day, or to none."""
    ends, ended = clock.end_of_day(day, zone), clock.end_of_day(day - timedelta(days=1), zone)
    moments = [ended.astimezone(UTC) + timedelta(minutes=30 * n, seconds=1) for n in range(hours * 2)]

    assert ends.timestamp() - ended.timestamp() == hours * 3600
    assert {dates.local_day(moment, zone) for moment in moments} == {day}
    assert dates.local_day(moments[-1] + timedelta(minutes=30), zone) == day + timedelta(days=1)


def test_review_due_on_the_plan_track_ends_with_the_following_month():
    due = dates.review_due_at(Rules("plan"), datetime(2026, 11, 19, 12, tzinfo=UTC))

    assert due.isoformat() == "2026-12-31T23:59:59+01:00"


def test_review_due_on_the_claim_track_counts_from_the_day_in_the_program_zone():
    """23:30 UTC on Thursday is Friday in Berlin: two business days end on Tuesday."""
    due = dates.review_due_at(Rules("claim"), datetime(2026, 11, 19, 23, 30, tzinfo=UTC))

    assert due.isoformat() == "2026-11-24T23:59:59+01:00"


def test_dispute_due_leaves_out_holidays():
    office = Office(holidays=frozenset({date(2026, 12, 25)}))

    due = dates.dispute_due_at(Rules("claim", office), datetime(2026, 12, 21, 9, tzinfo=UTC))

    assert due.isoformat() == "2026-12-29T23:59:59+01:00"


def test_proof_due_can_be_off():
    assert dates.poe_due_at(Rules("plan", poe_due_days=None), date(2026, 1, 1)) is None


def test_proof_due_is_in_summer_time():
    due = dates.poe_due_at(Rules("plan"), date(2023, 1, 10))

    assert due is not None
    assert due.isoformat() == "2023-07-09T23:59:59+02:00"
