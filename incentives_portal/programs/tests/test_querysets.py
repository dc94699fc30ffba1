"""Which years and periods are open on a day: the first and the last day belong to them, the days beside them do not."""

from datetime import timedelta

from incentives_portal.programs.models import ProgramYear, UsagePeriod

DAY = timedelta(days=1)


def days_that_match(first, last, matches):
    """For the day before, the first, the last and the day after: whether a row is found."""
    return [matches(day).exists() for day in (first - DAY, first, last, last + DAY)]


def test_year_contains_its_first_and_its_last_day(world):
    year = world.year

    assert days_that_match(year.starts, year.ends, ProgramYear.objects.containing) == [False, True, True, False]


def test_plans_can_be_created_until_the_last_day_of_the_year(world):
    year = world.year

    assert days_that_match(year.starts, year.ends, ProgramYear.objects.open_for_plans) == [True, True, True, False]


def test_period_is_claimable_while_its_claiming_window_is_open(world):
    period = world.period

    assert days_that_match(period.claiming_starts, period.claiming_ends, UsagePeriod.objects.claimable) == [
        False,
        True,
        True,
        False,
    ]


def test_activity_belongs_to_the_period_of_its_day(world):
    period = world.period

    assert days_that_match(period.usage_starts, period.usage_ends, UsagePeriod.objects.of_activity_on) == [
        False,
        True,
        True,
        False,
    ]
