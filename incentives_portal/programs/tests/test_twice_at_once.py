"""Two people at the same moment, on real PostgreSQL: nothing is there twice."""

from datetime import date

import pytest

from incentives_portal.programs import services
from incentives_portal.programs.models import ProgramYear, UsagePeriod
from incentives_portal.tests.racing import at_once
from incentives_portal.tests.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_next_year_is_prepared_once():
    world = make_world()
    today = date(2030, 11, 19)

    results = at_once(
        lambda: services.prepare_next_year(world.device, today=today, actor=world.elif_),
        lambda: services.prepare_next_year(world.device, today=today, actor=world.emre),
    )

    assert sorted(map(bool, results)) == [False, True]
    assert ProgramYear.objects.filter(program=world.device, starts__gt=today).count() == 1
    assert UsagePeriod.objects.filter(program=world.device).count() == 4
