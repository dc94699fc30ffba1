"""A deadline is the same calendar day wherever it stands, whatever clock its reader lives by (fault D-03, goal D1)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.formats import date_format

from incentives_portal import clock
from incentives_portal.cases.letters import deadline
from incentives_portal.screens.templatetags.screens import due, show_day, until
from plans import admin as plans_admin

ZONES = ["Pacific/Honolulu", "America/New_York", "UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"]
#: The ends of a year, a fiscal year, a window, February in a leap year, and of days on which clocks change; and the moment after one.
DAYS = [
    date(2026, 12, 31), date(2027, 6, 30), date(2026, 8, 15), date(2028, 2, 29),
    date(2026, 11, 1), date(2027, 3, 14), date(2027, 3, 28), date(2026, 10, 25),
]  # fmt: skip
#: Page and review page, lists, admin site, and mails (of claims and of plans).
SURFACES = {
    "page": lambda at, zone: f"{until(at, zone)}, {due(at, zone)}",
    "list": show_day,
    "admin site": plans_admin.show_day,
    "mail": lambda at, zone: f"{deadline(at, zone)}, {deadline(at, zone, weekday=False)}",
}


def test_d03_d1_192_deadlines_are_the_same_day_on_every_surface():
    found, checked = [], 0
    with clock.at(datetime(2026, 7, 1, 12, tzinfo=UTC)):
        for number, zone in enumerate(ZONES):
            # The reader lives half a world away from the program.
            reader = ZoneInfo(ZONES[number - 3])
            for day in DAYS:
                at = clock.end_of_day(day, zone).astimezone(UTC)
                for surface, shows in SURFACES.items():
                    language = ("en", "de")[checked % 2]
                    with timezone.override(reader), translation.override(language):
                        shown, expected = str(shows(at, zone)), date_format(day, "DATE_FORMAT")
                    checked += 1
                    if shown.count(expected) != (2 if "," in shown else 1):
                        found.append(f"{surface}, {zone}, {day}: {shown}")

    assert found == []
    assert checked == 192
