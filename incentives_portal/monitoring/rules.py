"""Turn findings into green, amber or red. No query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .enums import CAUSES, State


@dataclass(frozen=True)
class Found:
    """A problem that exists now, with the data of its sentence."""

    code: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Return what distinguishes two causes of one kind, such as missing workers of different queues."""
        return self.code, str(self.data.get("queue") or self.data.get("check") or "")


@dataclass(frozen=True)
class Cause:
    """A problem with the time since when it has existed."""

    found: Found
    since: datetime

    @property
    def title(self) -> str:
        return str(CAUSES[self.found.code].title) % self.found.data

    @property
    def remedy(self) -> str:
        return str(CAUSES[self.found.code].remedy)

    def state(self, now: datetime) -> State:
        """Return red, or amber until ``red_after`` of this kind of cause has passed."""
        red_after = CAUSES[self.found.code].red_after
        return State.RED if red_after is not None and now - self.since >= red_after else State.AMBER

    def to_json(self) -> dict[str, Any]:
        return {"code": self.found.code, "since": self.since.isoformat(), "data": dict(self.found.data)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Cause":
        """Read a stored cause. An unknown one, from another version, becomes "check_failed"."""
        found = Found(stored["code"], stored["data"])
        if found.code not in CAUSES:
            found = Found("check_failed", {"check": found.code})
        return cls(found, datetime.fromisoformat(stored["since"]))


def carry_over(found: Iterable[Found], before: Iterable[Cause], now: datetime) -> list[Cause]:
    """Return the current causes; one that existed before keeps its time."""
    since = {cause.found.key: cause.since for cause in before}
    return [Cause(one, min(since.get(one.key, now), now)) for one in found]


def state_of(causes: Iterable[Cause], now: datetime) -> State:
    """Return the worst state of these causes; green without any."""
    states = {cause.state(now) for cause in causes}
    return next((state for state in (State.RED, State.AMBER) if state in states), State.GREEN)
