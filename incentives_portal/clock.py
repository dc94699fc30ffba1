"""The only source of the current time.

All code uses this clock, so that demo data and the crawler work on any day of the year. ``PORTAL_CLOCK`` (a signed
number of seconds, allowed with embedded servers only) moves the clock of all processes by the same amount.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

_fixed: ContextVar[datetime | None] = ContextVar("fixed_clock", default=None)


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return _fixed.get() or datetime.now(UTC) + timedelta(seconds=settings.PORTAL_CLOCK)


def today(zone: str) -> date:
    """Return the current date in the named time zone."""
    return now().astimezone(ZoneInfo(zone)).date()


def end_of_day(day: date, zone: str) -> datetime:
    """Return the last second of a day in a zone, when deadlines end (docs/domain.md, "Time zone")."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=ZoneInfo(zone))


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Fix the clock at one moment in this context, for tests and for demo data of past days."""
    if moment.tzinfo is None:
        raise ValueError("The clock needs an aware datetime.")
    token = _fixed.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)
