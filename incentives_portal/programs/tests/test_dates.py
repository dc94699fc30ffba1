"""Fiscal halves, business days and deadlines, with the documented tables and with days nobody thought of."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert dates.plan_first_deadline(ends) == ends
    assert dates.plan_revision_deadline(ends) == day(row["revise_until"])


@given(DAYS)
def test_a_day_lies_in_its_half_and_its_year(some_day):
    half = dates.half_of(some_day)

    assert some_day in half.earning
    assert some_day in dates.fiscal_year(dates.fiscal_year_of(some_day))


@given(DAYS)
def test_halves_follow_each_other_without_gap_or_overlap(some_day):
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
    assert some_day in dates.half_before(some_day).usage


@given(DAYS)
def test_exactly_one_claiming_window_is_open(some_day):
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


def test_end_of_the_following_month_in_a_leap_year():
    assert dates.last_day_of_following_month(date(2024, 1, 31)) == date(2024, 2, 29)


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
