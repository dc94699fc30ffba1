"""The current state of the portal, from the row that beat wrote."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import Error, ProgrammingError

from incentives_portal import clock

from .enums import MAX_AGE, State
from .models import SystemStatus
from .rules import Cause, Found, state_of


@dataclass(frozen=True)
class Health:
    """The state with its causes; ``figures`` and ``written_at`` are those of the row, if there is one."""

    causes: list[Cause]
    state: State
    figures: Mapping[str, Any] = field(default_factory=dict)
    written_at: datetime | None = None

    @property
    def age_seconds(self) -> int | None:
        return int(abs((clock.now() - self.written_at).total_seconds())) if self.written_at else None


def current_health() -> Health:
    """Read the row and check that it is current. One query; a database error becomes a cause."""
    try:
        row = SystemStatus.objects.with_database().first()
    except ProgrammingError:  # the table does not exist yet
        return _red("migrations_missing", count="?")
    except Error:
        return _red("database_unreachable")
    if row is None:
        return _red("status_missing")
    causes, now = [Cause.from_json(stored) for stored in row.causes], clock.now()
    if row.database_read_only:
        causes.insert(0, Cause(Found("database_read_only"), now))
    elif abs(now - row.written_at) > MAX_AGE:
        age = int(abs(now - row.written_at).total_seconds())
        causes.insert(0, Cause(Found("status_old", {"age": age}), min(row.written_at, now)))
    return Health(causes, state_of(causes, now), row.figures, row.written_at)


def _red(code: str, **data: Any) -> Health:
    return Health([Cause(Found(code, data), clock.now())], State.RED)
