"""From what was found to green, amber or red. No query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .enums import CAUSES, State


@dataclass(frozen=True)
class Found:
    """Something that is wrong now, with the figures of its sentence."""

    code: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells two causes of one kind apart: a missing worker of one queue is not that of another."""
        return self.code, str(self.data.get("queue") or self.data.get("check") or "")


@dataclass(frozen=True)
class Cause:
    """A cause with the time since which it has been there."""

    found: Found
    since: datetime

    @property
    def title(self) -> str:
        return str(CAUSES[self.found.code].title) % self.found.data

    @property
    def remedy(self) -> str:
        return str(CAUSES[self.found.code].remedy)

    def state(self, now: datetime) -> State:
        """Return red at once, or after the time that this kind of cause is given."""
        red_after = CAUSES[self.found.code].red_after
        return State.RED if red_after is not None and now - self.since >= red_after else State.AMBER

    def to_json(self) -> dict[str, Any]:
        return {"code": self.found.code, "since": self.since.isoformat(), "data": dict(self.found.data)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Cause":
        """Read what beat wrote; one of another version may know causes that this one does not."""
        found = Found(stored["code"], stored["data"])
        if found.code not in CAUSES:
            found = Found("check_failed", {"check": found.code})
        return cls(found, datetime.fromisoformat(stored["since"]))


def carry_over(found: Iterable[Found], before: Iterable[Cause], now: datetime) -> list[Cause]:
    """Return the causes of now; one that was there before has been there since then."""
    since = {cause.found.key: cause.since for cause in before}
    return [Cause(one, min(since.get(one.key, now), now)) for one in found]


def state_of(causes: Iterable[Cause], now: datetime) -> State:
    """Return the worst state of these causes; green without any."""
    states = {cause.state(now) for cause in causes}
    return next((state for state in (State.RED, State.AMBER) if state in states), State.GREEN)
