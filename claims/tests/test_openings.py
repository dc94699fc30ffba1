"""What the form of a new claim offers, program by program, and what it suggests."""

from datetime import UTC, datetime, timedelta

import pytest

from claims.creation_options import Openings, openings
from incentives_portal import clock
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.programs.models import ActivityType

DAY = timedelta(days=1)


def offered(world, *programs):
    """What a person is offered who may begin claims in these programs."""
    rows = [Enrolment(program=program, location=world.hamburg) for program in programs]
    return Openings(rows, [world.period], [])


def test_the_only_program_is_chosen_and_an_unknown_one_never(world):
    one, two = offered(world, world.cloud), offered(world, world.cloud, world.device)

    assert one.program("") == one.program(str(world.cloud.public_id)) == world.cloud
    assert one.program("no-such") is None
    assert two.program("") is None
    assert two.program(str(world.device.public_id)) == world.device
    assert offered(world).program("") is None


def test_empty_choice_stands_first_where_there_is_more_than_one(world):
    one, two = offered(world, world.cloud), offered(world, world.cloud, world.device)

    found = [[value for value, _words in offer.choices(None)["program"]] for offer in (one, two)]

    cloud, device = str(world.cloud.public_id), str(world.device.public_id)
    assert found == [[cloud], ["", cloud, device]]


def test_activity_that_is_switched_off_is_not_offered(world):
    ActivityType.objects.filter(code="print_advertising").update(active=False)

    codes = {kind.code for kind in openings(world.karin).kinds}

    assert "digital_advertising" in codes
    assert "print_advertising" not in codes


@pytest.mark.parametrize(("days", "is_suggested"), [(-1, False), (0, True), (1, True)])
def test_period_is_suggested_from_its_first_day(world, days, is_suggested):
    assert suggested(world, world.period.usage_starts + days * DAY) is is_suggested


@pytest.mark.parametrize(("days", "is_suggested"), [(-1, True), (0, True), (1, False)])
def test_period_is_suggested_to_its_last_day(world, days, is_suggested):
    assert suggested(world, world.period.usage_ends + days * DAY) is is_suggested


def suggested(world, day):
    """Whether the period is suggested at noon of the day."""
    with clock.at(datetime(day.year, day.month, day.day, 11, 0, tzinfo=UTC)):
        return offered(world, world.cloud).running(world.cloud) == str(world.period.public_id)


def test_nothing_is_suggested_without_a_program(world):
    assert offered(world, world.cloud).running(None) == ""
