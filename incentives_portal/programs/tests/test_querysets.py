"""Which periods are open on a day: the first and the last day belong to them, the days beside them do not."""

from datetime import timedelta

from incentives_portal.programs.models import UsagePeriod

DAY = timedelta(days=1)


def test_period_is_claimable_while_its_claiming_window_is_open(world):
    first, last = world.period.claiming_starts, world.period.claiming_ends

    found = [UsagePeriod.objects.claimable(day).exists() for day in (first - DAY, first, last, last + DAY)]

    assert found == [False, True, True, False]
