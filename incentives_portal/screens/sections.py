"""Parts of a page that belong to higher rooms: the plan page shows its proofs and claims without knowing them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Section:
    """A part as a page shows it: a template and what it needs."""

    template: str
    context: dict[str, Any]


@dataclass(frozen=True)
class Provider:
    """Who fills a place: a function of keyword arguments that answers with a section, data or None, and the queries it may make."""

    place: str
    provide: Callable[..., Any]
    queries: int
    order: int = 0


_providers: list[Provider] = []


def register(place: str, provide: Callable[..., Any], *, queries: int, order: int = 0) -> None:
    _providers.append(Provider(place, provide, queries, order))


def sections(place: str, **context: Any) -> list[Any]:
    """What the providers of a place answer, in order; those that have nothing to say are left out."""
    providers = [provider for provider in _providers if provider.place == place]
    answers = [provider.provide(**context) for provider in sorted(providers, key=lambda provider: provider.order)]
    return [answer for answer in answers if answer is not None]


def promised_queries(place: str) -> int:
    """The queries that the providers of a place declare, for the tests of the page's budget."""
    return sum(provider.queries for provider in _providers if provider.place == place)
