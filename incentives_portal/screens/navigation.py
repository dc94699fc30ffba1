"""The main navigation: each room registers its entry; a person sees those that open something."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise


@dataclass(frozen=True)
class NavItem:
    """One entry: its words, where it leads, its place in the row, and who sees it. ``prefix`` marks the pages that belong to it."""

    label: str | Promise
    url_name: str
    order: int
    visible: Callable[[Any], bool]
    prefix: str = ""


@dataclass(frozen=True)
class Link:
    """An entry as a template needs it."""

    label: str | Promise
    url: str
    current: bool


_items: list[NavItem] = []
_unread: list[Callable[[Any], int]] = []
_standing: list[Callable[[Any], str]] = []


def register(*items: NavItem) -> None:
    _items.extend(items)


def register_unread(count: Callable[[Any], int]) -> None:
    """The one provider of the number at the bell; one query."""
    _unread[:] = [count]


def register_standing(describe: Callable[[Any], str]) -> None:
    """The one provider of what a person is here, in a few words beside the organisation's name; no query beyond the person's roles."""
    _standing[:] = [describe]


def links(user: Any, path: str) -> list[Link]:
    """The entries that the person sees, in order; no query beyond the person's roles."""
    found = []
    for item in sorted(_items, key=lambda item: item.order):
        if item.visible(user):
            url = reverse(item.url_name)
            current = path == url if url == "/" else path.startswith(item.prefix or url)
            found.append(Link(item.label, url, current))
    return found


def unread(user: Any) -> int:
    return _unread[0](user) if _unread else 0


def standing(user: Any) -> str:
    return _standing[0](user) if _standing else ""
