from datetime import UTC, date, datetime, timedelta

import pytest

from incentives_portal import clock


def test_now_follows_the_moved_clock(settings):
    settings.PORTAL_CLOCK = 86_400

    assert abs(clock.now() - datetime.now(UTC) - timedelta(days=1)) < timedelta(seconds=5)


def test_today_is_the_date_of_the_zone():
    with clock.at(datetime(2026, 11, 19, 23, 30, tzinfo=UTC)):
        assert clock.today("UTC") == date(2026, 11, 19)
        assert clock.today("Europe/Berlin") == date(2026, 11, 20)


def test_end_of_day_is_a_second_before_midnight_in_the_zone():
    end = clock.end_of_day(date(2026, 3, 29), "Europe/Berlin")

    assert end.astimezone(UTC) == datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)


def test_at_refuses_a_naive_moment():
    with pytest.raises(ValueError, match="aware"), clock.at(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass
