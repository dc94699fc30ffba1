"""The shape that pages share: who has it now and until when, the entries of a history, links and buttons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class StatusHeader:
    """Who has a case now and until when: stands behind the status tag on every page. ``zone`` is that of the program."""

    status: Any
    holder: Text
    until: datetime | None = None
    zone: str = "UTC"
    note: Text = ""
    initials: str = ""


def initials_of(name: str) -> str:
    """Of a company, for the face beside its name."""
    return "".join(word[0] for word in name.split()[:2]).upper()


@dataclass(frozen=True)
class TimelineLink:
    """A file or place that an entry of the history points at."""

    label: Text
    url: str
    text: str = ""


@dataclass(frozen=True)
class TimelineEntry:
    """One entry of a history, prepared for reading."""

    icon: str
    tone: str
    actor: str
    side: str
    at: datetime
    sentence: Text
    comment: str = ""
    reason: str = ""
    internal: bool = False
    links: Sequence[TimelineLink] = field(default_factory=tuple)


@dataclass(frozen=True)
class Link:
    """An entry of the main menu; ``current`` where the page belongs to it."""

    label: Text
    url: str
    current: bool


@dataclass(frozen=True)
class Verb:
    """A button: what it says, where it leads, how it looks."""

    label: Text
    url: str
    tone: str = "plain"
    icon: str = ""


def with_one_that_stands_out(buttons: Iterable[Verb], *, is_ready: bool) -> list[Verb]:
    """The buttons of a case's page: what comes next stands out once it can be done, throwing away never does."""
    return [button if is_ready and button.tone != "danger" else replace(button, tone="plain") for button in buttons]
