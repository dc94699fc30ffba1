"""Data of the components that pages share: status header, entries of a history, links and buttons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class StatusHeader:
    """Who has a case now and until when, shown after the status tag of every page. ``zone`` is the program's."""

    status: Any
    holder: Text
    until: datetime | None = None
    zone: str = "UTC"
    note: Text = ""
    initials: str = ""


def initials_of(name: str) -> str:
    """Return the initials of a company, for the picture next to its name."""
    return "".join(word[0] for word in name.split()[:2]).upper()


@dataclass(frozen=True)
class TimelineLink:
    """A file or part of the form to which an entry of the history links."""

    label: Text
    url: str
    text: str = ""


@dataclass(frozen=True)
class TimelineEntry:
    icon: str
    tone: str
    actor: str
    side: str
    at: datetime
    sentence: Text
    comment: str = ""
    reason: str = ""
    internal: bool = False
    links: Sequence[TimelineLink] = ()


@dataclass(frozen=True)
class Link:
    """An entry of the main menu; ``current`` if the page belongs to it."""

    label: Text
    url: str
    current: bool


@dataclass(frozen=True)
class Verb:
    """A button: label, target, tone and icon."""

    label: Text
    url: str
    tone: str = "plain"
    icon: str = ""


def with_one_that_stands_out(buttons: Iterable[Verb], *, is_ready: bool) -> list[Verb]:
    """Return the buttons of a case's page; highlight the main one if it can be used, never deleting."""
    return [button if is_ready and button.tone != "danger" else replace(button, tone="plain") for button in buttons]
