"""The stage on which the matrix is tried: the world with its objects, built once for a module and rolled back at its end."""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.http.response import HttpResponseBase
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.tests.fixture_cache import built_once
from incentives_portal.tests.world import NOW, World, make_world, sign_in

from . import SIGN_IN, Door, Line
from .objects import Object, Side, make_catalogue, make_configuration, make_objects
from .people import PARTNERS, people_of

#: Before everything that the own and the other company typed.
OWN, FOREIGN = "Amsel", "Kanarienvogel"


_URLS = "incentives_portal.tests.matrix.urls"
#: Refusals of one word, and sessions that cost no query: neither is what is tried here.
PLAIN = {
    "ROOT_URLCONF": _URLS,
    "CSRF_FAILURE_VIEW": f"{_URLS}.csrf_failure",
    "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
}


@dataclass(frozen=True)
class Address:
    """One address of the resolver: its name (its route, where it has none) and the places to be filled in."""

    name: str
    route: str
    places: tuple[str, ...]
    view: Any

    def fill(self, values: Mapping[str, Any]) -> str:
        """The path with these values in it."""
        if self.name != self.route:
            return reverse(self.name, kwargs={place: values[place] for place in self.places})
        place = r"<\w+:(\w+)>|\(\?P<(\w+)>\.\*\)\$"
        return "/" + re.sub(place, lambda found: str(values[found[1] or found[2]]), self.route)


@cache
def addresses(urlconf: str | None = None) -> dict[str, Address]:
    """Every address at which the portal answers by its name, with nested includes, the admin site and libraries."""
    return {address.name: address for address in _walk(get_resolver(urlconf), "", "", ())}


def _walk(resolver: URLResolver, spaces: str, route: str, places: tuple[str, ...]) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        path = route + str(entry.pattern)
        inside = (*places, *entry.pattern.regex.groupindex)
        if isinstance(entry, URLPattern):
            yield Address(f"{spaces}{entry.name}" if entry.name else path, path, inside, entry.callback)
        else:
            yield from _walk(entry, f"{spaces}{entry.namespace}:" if entry.namespace else spaces, path, inside)


@dataclass
class Stage:
    """The world, a person per column, the objects of both partners, and what belongs to the operator."""

    world: World
    people: dict[str, User]
    own: dict[str, Object]
    foreign: dict[str, Object]
    operators: dict[str, Object]
    #: What the other company typed.
    said: set[str]
    media: Path

    @property
    def addresses(self) -> "dict[str, Address]":
        return addresses(PLAIN["ROOT_URLCONF"])

    def tries(self, lines: Iterable[Line], who: str) -> Iterator[tuple[Line, bool, Object]]:
        """Each line with each object on which it is tried, and whether that is the own company's.

        A partner's people find nothing of another company in any state: one try per address and verb is enough. To everybody else one
        company is like the other: what is closed to them at one is not tried at both.
        """
        tried = set()
        for line in lines:
            if line.of in self.operators or not line.of:
                yield line, True, self.operators.get(line.of, {})
                continue
            yield line, True, self.own[line.of]
            key = (line.name, line.verb)
            if line.of in self.foreign and (line.admits(who) or (who in PARTNERS and key not in tried)):
                yield line, False, self.foreign[line.of]
                tried.add(key)

    def url(self, line: Line | Door, thing: Mapping[str, Any]) -> str:
        """The address of the line for the object."""
        parts = {**thing, **{place: thing.get(part, part) for place, part in line.parts.items()}}
        if isinstance(line, Door):
            return self.addresses[line.name].fill(parts)
        path = self.addresses[line.name].fill({"verb": line.verb, **parts})
        return f"{path}?{line.query.format(market=self.world.market.public_id)}" if line.query else path

    def client(self, who: str = "", **given: Any) -> Client:
        """A browser in which the person of a column is signed in, or nobody. An error of the portal is an answer of 500."""
        client = Client(raise_request_exception=False, **given)
        return sign_in(client, self.people[who]) if who else client


def answer(response: HttpResponseBase) -> int:
    """The status of an answer, read to its end; SIGN_IN for the way to where one signs in."""
    if response.streaming:
        response.getvalue()  # type: ignore[attr-defined]
    led_to = urlsplit(response.headers.get("Location", "")).path
    return SIGN_IN if led_to in (reverse("account_login"), reverse("admin:login")) else response.status_code


@pytest.fixture(scope="module")
def whole_stage(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """The stage in the open transaction of a module."""
    media = tmp_path_factory.mktemp("matrix")
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=media, **PLAIN),
        clock.at(NOW),
        transaction.atomic(),
    ):
        yield built_once(
            ("stage", ContentType.objects.get_for_model(User).pk),
            lambda: _build(media),
            lambda stage: replace(copy.deepcopy(stage), media=media),
        )
        transaction.set_rollback(True)


@pytest.fixture
def stage(whole_stage: Stage, db: None, settings: Any, caplog: pytest.LogCaptureFixture) -> Stage:
    """The stage for one test; what the test writes is rolled back by ``db``, within the transaction of the module."""
    settings.MEDIA_ROOT = whole_stage.media
    for logger in ("django.request", "django.security.csrf"):
        caplog.set_level("ERROR", logger)  # what is refused is not worth a line, what fails is
    return whole_stage


def _build(media: Path) -> Stage:
    world = make_world()
    make_catalogue(world)
    own = Side(world, world.hamburg, world.jana, OWN)
    foreign = Side(world, world.bristol, world.owen, FOREIGN, whole=False)
    return Stage(
        world=world,
        people=people_of(world),
        own=make_objects(own),
        foreign=make_objects(foreign),
        operators=make_configuration(world),
        said=foreign.said,
        media=media,
    )


@contextmanager
def rolled_back() -> Iterator[None]:
    """Whatever is written inside is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def rows_written() -> int:
    """How many rows were inserted, updated or deleted so far, as the database counts them in this transaction; sessions left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables WHERE relname <> 'django_session'"
        )
        return int(cursor.fetchone()[0])


class Writing:
    """Watches the statements that are sent to the database, and keeps those that write anything but sessions."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) and '"django_session"' not in sql:
            self.seen.append(" ".join(sql.split()[:3]))
        return execute(sql, params, many, context)

    def taken(self) -> str:
        """What was written since one asked last."""
        seen, self.seen = self.seen, []
        return f", and wrote: {'; '.join(seen)}" if seen else ""
