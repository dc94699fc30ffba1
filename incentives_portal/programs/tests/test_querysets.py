"""Which years and periods are open on a day: the first and the last day belong to them, the days beside them do not."""

from datetime import timedelta

import pytest

from incentives_portal.programs.models import ProgramYear, Requirement, UsagePeriod

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


@pytest.mark.parametrize("program", ["DEVICE", "CLOUD", None])
def test_requirement_of_a_program_and_the_general_one_of_the_same_code_are_told_apart(world, program):
    for owner in (world.device, world.cloud, None):
        Requirement.objects.create(
            activity_type=world.seminar, program=owner, code="agenda", group="core", satisfied_by="document", words={}
        )

    found = Requirement.objects.get_by_natural_key(program, "agenda")

    assert (found.program and found.program.code) == program
