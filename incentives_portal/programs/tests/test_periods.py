"""Years and periods: none overlap, the next ones are made by a button, and somebody is told in time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from incentives_portal import clock
from incentives_portal.programs import dates, periods, services, warnings
from incentives_portal.programs.models import ProgramYear, UsagePeriod
from incentives_portal.programs.periods import Year

TODAY = date(2026, 11, 19)


def year(program, starts, ends, label="X"):
    return ProgramYear(program=program, label=label, starts=starts, ends=ends, revise_until=ends + timedelta(days=90))


def period(program, half, label="X"):
    row = periods.usage_period(program, half)
    row.label = label
    return row


def spans(program):
    return [
        (row.label, row.starts, row.ends, row.revise_until) for row in ProgramYear.objects.filter(program=program)[::-1]
    ]


def labels(program):
    return [row.label for row in UsagePeriod.objects.filter(program=program).order_by("usage_starts")]


def refused_by_the_database(row, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        row.save()
    return True


def test_years_of_one_program_never_share_a_day(world):
    last = world.year.ends

    touching = year(world.device, last, last + timedelta(days=10))
    with pytest.raises(ValidationError) as refused:
        touching.full_clean()

    assert refused.value.messages == ["This overlaps another year of the same program."]
    assert refused_by_the_database(touching, "program_year_no_overlap")
    year(world.device, last + timedelta(days=1), last + timedelta(days=10)).save()
    year(world.cloud, world.year.starts, last).save()


def test_year_that_ends_before_it_begins_is_refused(world):
    assert refused_by_the_database(year(world.cloud, date(2030, 2, 1), date(2030, 1, 1)), "program_year_order")


def test_year_that_ends_before_it_begins_is_refused_by_the_form(world):
    """The rule that years do not overlap asks the database for a range of days, which refuses one that runs backwards."""
    row = year(world.cloud, date(2030, 2, 1), date(2030, 1, 1))

    with pytest.raises(ValidationError) as refused:
        row.full_clean()

    assert refused.value.message_dict == {
        "ends": ["The year must end after it starts, and revisions cannot end before the year does."]
    }


@pytest.mark.parametrize("kind", ["earning", "usage", "claiming"])
def test_period_that_ends_before_it_begins_is_refused_by_the_form(signed_in, world, kind):
    half = dates.fiscal_half(2040, 1)
    row = period(world.cloud, half)
    setattr(row, f"{kind}_ends", getattr(row, f"{kind}_starts") - timedelta(days=1))
    names = [f"{span}_{edge}" for span in ("earning", "usage", "claiming") for edge in ("starts", "ends")]
    typed = {name: getattr(row, name).isoformat() for name in names}

    page = signed_in(world.elif_).post(
        reverse("admin:programs_usageperiod_add"), {"program": world.cloud.pk, "label": "X", **typed}
    )

    assert page.context["adminform"].form.errors == {
        f"{kind}_ends": ["Each of the three periods must end after it starts."]
    }


@pytest.mark.parametrize("kind", ["earning", "usage", "claiming"])
def test_periods_of_one_program_never_share_a_day(world, kind):
    """Of three periods far away one is moved onto those that are there: its last day is their first."""
    half = dates.fiscal_half(2040, 1)
    row = period(world.cloud, half)
    first = getattr(world.period, f"{kind}_starts")
    setattr(row, f"{kind}_starts", first - timedelta(days=30))
    setattr(row, f"{kind}_ends", first)

    with pytest.raises(ValidationError):
        row.full_clean()

    assert refused_by_the_database(row, f"usage_period_no_{kind}_overlap")
    setattr(row, f"{kind}_ends", first - timedelta(days=1))
    row.full_clean()
    row.save()


def test_preparing_makes_the_next_year_and_its_periods(world):
    device = services.prepare_next_year(world.device, today=TODAY, actor=world.elif_)
    cloud = services.prepare_next_year(world.cloud, today=TODAY, actor=world.elif_)

    assert device[0] == "FY28"
    assert spans(world.device) == [
        ("FY27", date(2026, 7, 1), date(2027, 6, 30), date(2027, 9, 28)),
        ("FY28", date(2027, 7, 1), date(2028, 6, 30), date(2028, 9, 28)),
    ]
    assert cloud[-3:] == ["FY27 H1", "FY27 H2", "FY28 H1"]
    assert labels(world.cloud) == ["FY26 H2", "FY27 H1", "FY27 H2", "FY28 H1"]


def test_preparing_again_changes_nothing(world):
    services.prepare_next_year(world.device, today=TODAY)
    before = spans(world.device), labels(world.device)

    again = services.prepare_next_year(world.device, today=TODAY + timedelta(days=200))

    assert not again
    assert (spans(world.device), labels(world.device)) == before


def test_preparing_a_new_program_begins_with_the_present_year(world):
    ProgramYear.objects.filter(program=world.device).delete()

    services.prepare_next_year(world.device, today=TODAY)

    assert [row[0] for row in spans(world.device)] == ["FY27", "FY28"]


def test_preparing_on_the_first_day_of_a_year_makes_the_next_one_too(world):
    ProgramYear.objects.filter(program=world.device).delete()

    services.prepare_next_year(world.device, today=date(2026, 7, 1))

    assert [row[0] for row in spans(world.device)] == ["FY27", "FY28"]


def test_preparing_follows_a_year_of_its_own_kind(world):
    """A program whose year is the calendar year goes on like that."""
    ProgramYear.objects.filter(program=world.device).delete()
    year(world.device, date(2026, 1, 1), date(2026, 12, 31), "FY26").save()

    services.prepare_next_year(world.device, today=TODAY)

    assert spans(world.device)[1] == ("FY27", date(2027, 1, 1), date(2027, 12, 31), date(2028, 3, 30))


def offered(program, today=TODAY):
    """What *Prepare next year* would make: label, first and last day of years; label and usage of periods."""
    years = [(row.label, row.starts.isoformat(), row.ends.isoformat()) for row in periods.next_years(program, today)]
    usage = [
        (row.label, row.usage_starts.isoformat(), row.usage_ends.isoformat())
        for row in periods.next_usage_periods(program, today)
    ]
    return years, usage


CALENDAR_HALVES = [
    ("2025 H2", "2026-01-01", "2026-06-30"),
    ("2026 H1", "2026-07-01", "2026-12-31"),
    ("2026 H2", "2027-01-01", "2027-06-30"),
    ("2027 H1", "2027-07-01", "2027-12-31"),
]


def test_calendar_year_goes_on_with_its_own_labels_and_halves(world):
    ProgramYear.objects.filter(program=world.device).delete()
    year(world.device, date(2026, 1, 1), date(2026, 12, 31), "2026").save()

    years, usage = offered(world.device)

    assert years == [("2027", "2027-01-01", "2027-12-31")]
    assert usage == CALENDAR_HALVES
    services.prepare_next_year(world.device, today=TODAY)
    assert offered(world.device) == ([], [])
    assert offered(world.device, date(2027, 3, 1)) == (
        [("2028", "2028-01-01", "2028-12-31")],
        [("2027 H2", "2028-01-01", "2028-06-30"), ("2028 H1", "2028-07-01", "2028-12-31")],
    )


def test_documented_windows_belong_to_halves_of_any_year(world):
    """From the 16th of the second month of the usage to the 15th of the second month after it."""
    ProgramYear.objects.filter(program=world.device).delete()
    year(world.device, date(2026, 4, 1), date(2027, 3, 31), "2026/27").save()

    found = list(periods.next_usage_periods(world.device, TODAY))

    assert [(row.label, row.earning_starts, row.claiming_starts, row.claiming_ends) for row in found[:2]] == [
        ("2025/26 H2", date(2025, 10, 1), date(2026, 5, 16), date(2026, 11, 15)),
        ("2026/27 H1", date(2026, 4, 1), date(2026, 11, 16), date(2027, 5, 15)),
    ]
    assert [row.label for row in periods.next_years(world.device, TODAY)] == ["2027/28"]


@pytest.mark.parametrize(
    ("label", "following"),
    [
        ("2026", "2027"), ("FY26", "FY27"), ("CY 2026", "CY 2027"), ("2025/26", "2026/27"), ("FY99", "FY00"),
        ("Jahr 2026", "Jahr 2027"), ("Launch", "2027"),
    ],
)  # fmt: skip
def test_following_year_is_named_as_the_last_one(world, label, following):
    ProgramYear.objects.filter(program=world.device).delete()
    year(world.device, date(2026, 1, 1), date(2026, 12, 31), label).save()

    assert [row.label for row in periods.next_years(world.device, TODAY)] == [following]


def test_year_without_a_name_of_its_own_is_named_by_its_days(world):
    ProgramYear.objects.filter(program=world.device).delete()
    year(world.device, date(2025, 4, 1), date(2026, 3, 31), "Launch").save()

    assert [row.label for row in periods.next_years(world.device, TODAY)] == ["2026/27", "2027/28"]


def test_long_pause_of_a_calendar_year_goes_on_with_the_present_one(world):
    ProgramYear.objects.filter(program=world.device).delete()
    year(world.device, date(2019, 1, 1), date(2019, 12, 31), "2019").save()

    assert offered(world.device)[0] == [("2026", "2026-01-01", "2026-12-31"), ("2027", "2027-01-01", "2027-12-31")]


@pytest.mark.parametrize(
    ("label", "following", "named"),
    [
        ("2026 H1", ["2025 H2", "2026 H2", "2027 H1"], ["2026", "2027"]),
        ("H1 2026", ["H2 2025", "H2 2026", "H1 2027"], ["2026", "2027"]),
        ("Co-op 2026 H1", ["Co-op 2025 H2", "Co-op 2026 H2", "Co-op 2027 H1"], ["Co-op 2026", "Co-op 2027"]),
        (
            "1. Halbjahr 2026",
            ["2. Halbjahr 2025", "2. Halbjahr 2026", "1. Halbjahr 2027"],
            ["Halbjahr 2026", "Halbjahr 2027"],
        ),
    ],
)
def test_periods_alone_tell_the_year_and_how_they_are_called(world, label, following, named):
    """A program without plans has no years: that its first half is January to June stands in the label."""
    UsagePeriod.objects.filter(program=world.cloud).delete()
    half = dates.half_from(date(2026, 1, 1))
    period(world.cloud, half, label).save()

    years, usage = offered(world.cloud)

    assert [row[0] for row in usage] == following
    assert [row[1] for row in usage] == ["2026-01-01", "2027-01-01", "2027-07-01"]
    assert [row[1] for row in years] == ["2026-01-01", "2027-01-01"]
    assert [row[0] for row in years] == named


@pytest.mark.parametrize(
    ("months", "following"),
    [(1, "FY27 M2"), (2, "FY27 B2"), (3, "FY27 Q2"), (4, "FY27 T2"), (6, "FY27 H2"), (12, "FY28")],
)
def test_period_is_named_by_its_length_where_the_last_one_says_nothing(world, months, following):
    UsagePeriod.objects.filter(program=world.cloud).delete()
    length = dates.Span(date(2026, 7, 1), dates.moved(date(2026, 7, 1), months) - timedelta(days=1))
    period(world.cloud, dates.Half("", length, length, length), "Launch").save()

    assert next(periods.next_usage_periods(world.cloud, TODAY)).label == following


@pytest.mark.parametrize("label", ["Summer", "2026 H0", "2026 H3"])
def test_label_that_names_no_part_of_a_year_tells_nothing(world, label):
    UsagePeriod.objects.filter(program=world.cloud).delete()
    period(world.cloud, dates.half_from(date(2026, 1, 1)), label).save()

    assert {row[0] for row in offered(world.cloud)[1]} == {"FY27 H1", "FY27 H2", "FY28 H1"}


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (date(2026, 7, 1), date(2026, 12, 31), 6),
        (date(2026, 10, 1), date(2026, 12, 31), 3),
        (date(2026, 3, 1), date(2026, 3, 31), 1),
        (date(2026, 1, 1), date(2026, 12, 31), 12),
        (date(2026, 1, 1), date(2026, 5, 31), 6),
        (date(2026, 1, 5), date(2026, 1, 20), 6),
    ],
)
def test_period_that_is_no_part_of_a_year_is_followed_by_halves(world, first, last, months):
    half = dates.half_from(date(2026, 1, 1))

    assert periods._months(period(world.cloud, replace(half, earning=dates.Span(first, last)))) == months


@pytest.mark.parametrize("day", [date(2026, 11, 1), date(2026, 11, 19), date(2027, 10, 31)])
def test_year_keeps_its_name_from_its_first_day_to_its_last(world, day):
    ProgramYear.objects.filter(program=world.device).delete()
    year(world.device, date(2026, 11, 1), date(2027, 10, 31), "Opening year").save()

    assert offered(world.device, day)[1][1][0] == "Opening year H1"


@pytest.mark.parametrize(
    ("label", "halves"),
    [
        ("The first calendar year", ["2025 H2", "2026 H1", "2026 H2", "2027 H1"]),
        ("The calendar year 2026", ["2025 H2", "2026 H1", "2026 H2", "2027 H1"]),
        ("The calendar year '26", ["The calendar year '25 H2", "The calendar year '26 H1", "The calendar year '26 H2"]),
    ],
)
def test_halves_of_a_year_whose_label_leaves_no_room_are_named_by_its_days(world, label, halves):
    """Next year could not be prepared: the page ended in an error."""
    ProgramYear.objects.filter(program=world.device).delete()
    year(world.device, date(2026, 1, 1), date(2026, 12, 31), label).save()

    services.prepare_next_year(world.device, today=TODAY)

    assert labels(world.device)[: len(halves)] == halves


def test_number_that_grows_by_a_figure_leaves_no_label_that_is_too_long(world):
    """The tenth month after the ninth: the month is named after its year then."""
    UsagePeriod.objects.filter(program=world.cloud).delete()
    month = dates.Half(
        "",
        dates.Span(date(2026, 9, 1), date(2026, 9, 30)),
        dates.Span(date(2026, 11, 1), date(2026, 11, 30)),
        dates.Span(date(2026, 12, 1), date(2026, 12, 31)),
    )
    period(world.cloud, month, "Calendar month 9 of 2026").save()

    services.prepare_next_year(world.cloud, today=TODAY)

    assert labels(world.cloud)[-3:] == ["Calendar month 8 of 2027", "Calendar month 9 of 2027", "2027 M10"]


def test_quarters_go_on_as_quarters_with_their_own_windows(world):
    UsagePeriod.objects.filter(program=world.cloud).delete()
    quarter = dates.Half(
        "2026 Q3",
        dates.Span(date(2026, 7, 1), date(2026, 9, 30)),
        dates.Span(date(2026, 10, 1), date(2026, 12, 31)),
        dates.Span(date(2026, 11, 1), date(2027, 1, 31)),
    )
    period(world.cloud, quarter, "2026 Q3").save()

    found = list(periods.next_usage_periods(world.cloud, TODAY))

    assert [row.label for row in found] == [
        "2025 Q4", "2026 Q1", "2026 Q2", "2026 Q4", "2027 Q1", "2027 Q2", "2027 Q3",
    ]  # fmt: skip
    first = found[3]
    assert (first.earning_starts, first.usage_ends, first.claiming_starts, first.claiming_ends) == (
        date(2026, 10, 1), date(2027, 3, 31), date(2027, 2, 1), date(2027, 4, 30),
    )  # fmt: skip
    services.prepare_next_year(world.cloud, today=TODAY)
    assert offered(world.cloud) == ([], [])


@given(
    st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31)),
    st.sampled_from([1, 2, 4, 7, 10]),
    st.sampled_from([1, 16, 28]),
)
def test_year_of_a_day_holds_the_day(day, month, first):
    last = Year("2026", date(2026, month, first))

    found = periods._moved_to(last, day)

    assert found.starts <= day <= found.ends
    assert (found.starts.month, found.starts.day) == (month, first)
    assert found.label == str(found.starts.year)


def test_preparing_after_a_long_pause_does_not_fill_the_past(world):
    ProgramYear.objects.filter(program=world.device).delete()
    year(world.device, date(2019, 7, 1), date(2020, 6, 30), "FY20").save()

    services.prepare_next_year(world.device, today=TODAY)

    assert [row[0] for row in spans(world.device)] == ["FY20", "FY27", "FY28"]


def test_preparing_leaves_out_what_would_overlap(world):
    UsagePeriod.objects.filter(program=world.cloud).delete()
    period(world.cloud, dates.fiscal_half(2027, 1), "Own").save()

    services.prepare_next_year(world.cloud, today=TODAY)

    assert labels(world.cloud) == ["FY26 H2", "Own", "FY27 H2", "FY28 H1"]


def test_preparing_uses_the_programs_revision_days(world):
    world.device.revision_days = 30
    world.device.save()

    services.prepare_next_year(world.device, today=TODAY)

    assert spans(world.device)[1][3] == date(2028, 7, 30)


@pytest.mark.parametrize("name", ["jana", "karin", "mira", "hugo"])
def test_preparing_needs_the_right(world, name):
    with pytest.raises(PermissionDenied):
        services.prepare_next_year(world.device, today=TODAY, actor=getattr(world, name))

    assert [row[0] for row in spans(world.device)] == ["FY27"]


def test_command_prepares_all_programs_or_one(world, capsys):
    call_command("prepare_next_year", "DEVICE")
    call_command("prepare_next_year")

    assert capsys.readouterr().out.splitlines() == [
        "DEVICE: FY28, FY26 H2, FY27 H1, FY27 H2, FY28 H1",
        "CLOUD: FY27, FY28, FY27 H1, FY27 H2, FY28 H1",
        "DEVICE: nothing was missing",
    ]


def test_command_refuses_an_unknown_program(world):
    with pytest.raises(CommandError, match="There is no program NOPE"):
        call_command("prepare_next_year", "NOPE")


@pytest.mark.parametrize(
    ("today", "found"),
    [
        (date(2026, 11, 1), []),
        (date(2026, 11, 2), [("CLOUD", date(2027, 1, 1), 60)]),
        (date(2027, 5, 1), [("CLOUD", date(2027, 5, 1), 0)]),
        (date(2027, 5, 2), [("CLOUD", date(2027, 5, 2), 0), ("DEVICE", date(2027, 7, 1), 60)]),
        (date(2027, 7, 1), [("CLOUD", date(2027, 7, 1), 0), ("DEVICE", date(2027, 7, 1), 0)]),
    ],
)
def test_warning_sixty_days_before_something_is_missing(world, today, found):
    missing = warnings.missing_periods(today)

    shown = sorted((warning.program.code, warning.since, (warning.since - today).days) for warning in missing)
    assert shown == found


def test_warning_says_what_cannot_be_done(world):
    assert [str(warning) for warning in warnings.missing_periods(date(2027, 5, 2))] == [
        "Cloud Reseller Co-op has no usage period from 2 May 2027 on. No claim can be created from that day.",
        "Device Partner Program has no program year from 1 Jul 2027 on. No plan can be created from that day.",
    ]


def test_no_warning_after_preparing(world):
    for program in (world.device, world.cloud):
        services.prepare_next_year(program, today=TODAY)

    assert warnings.missing_periods() == []


def test_warnings_take_three_queries(world, django_assert_num_queries):
    with django_assert_num_queries(3):
        warnings.missing_periods()


def test_command_checks_periods(world, capsys):
    with pytest.raises(CommandError, match="Cloud Reseller Co-op has no usage period from 1 Jan 2027"):
        call_command("check_periods")

    for program in (world.device, world.cloud):
        services.prepare_next_year(program, today=TODAY)
    call_command("check_periods")

    assert capsys.readouterr().out == "Every program has its years and periods.\n"


def test_today_is_that_of_the_programs_zone(world):
    """In Berlin the new year has begun when it is still old in UTC."""
    with clock.at(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)):
        found = warnings.missing_periods()

    assert [(warning.program.code, warning.since) for warning in found] == [("CLOUD", date(2027, 1, 1))]


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 1, 1)))
def test_a_year_is_a_year(first):
    end = dates.year_end(first)

    assert 364 <= (end - first).days <= 366
    if first.day < 29:
        assert (end + timedelta(days=1)).replace(year=first.year) == first


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), max_size=6),
    st.integers(0, 300),
)
def test_first_gap_is_the_first_day_without_a_span(pieces, offset):
    start = date(2026, 1, 1)
    covered = [(start + timedelta(days=a), start + timedelta(days=a + n)) for a, n in pieces]
    today = start + timedelta(days=offset)

    gap = warnings.first_gap(covered, today)

    inside = [day for day in (today + timedelta(days=n) for n in range((gap - today).days + 1)) if _in(day, covered)]
    assert inside == [today + timedelta(days=n) for n in range((gap - today).days)]


def _in(day, covered):
    return any(starts <= day <= ends for starts, ends in covered)
