"""What tests begin with is built once by the services and put back row by row after that: a claim under review takes a second to build and
a few milliseconds to put back.

A state is known by what was built since the database was empty: the world, then a claim under review, then another. Whatever else a test
writes is noticed, and from then on everything is really built; so the rows are the same, whether they were built or put back. Never put
back are callbacks for after the commit, which wake workers that tests do not have.
"""

import copy
import io
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, wraps
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any, TypeVar

from django.apps import apps
from django.conf import UserSettingsHolder, settings
from django.db import connection, transaction
from django.db.backends.signals import connection_created
from django.db.models import Model
from django.utils.translation import get_language

from incentives_portal import clock

from .owner import as_owner

T = TypeVar("T")
#: Table → its rows as COPY writes them.
Rows = dict[str, set[str]]
#: Words with which a statement begins that changes no row.
READING = ("SELECT", "EXECUTE", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET", "SHOW", "EXPLAIN")
#: What every test has of its own (conftest.py).
OWN_SETTINGS = {"MEDIA_ROOT", "SETTINGS_MODULE"}


@dataclass(frozen=True)
class Difference:
    """What building something did: rows added, rows taken away (their former state, where they were changed), files, and its result."""

    added: Rows
    removed: Rows
    files: dict[str, bytes]
    result: Any


@dataclass
class State:
    """What the running test has built; None where that is not known. ``writes`` counts statements, ``known`` those of what was built."""

    built: tuple[Hashable, ...] | None = None
    writes: int = 0
    known: int = 0

    def count(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        self.writes += not str(sql).lstrip("( ").upper().startswith(READING)
        return execute(sql, params, many, context)


_differences: dict[tuple[Hashable, ...], Difference] = {}
_state = State()


def forget() -> None:
    """A test is over: with what the next one begins is not known."""
    global _state
    if _state.count in connection.execute_wrappers:
        connection.execute_wrappers.remove(_state.count)
    _state = State()


def built_once(name: Hashable, build: Callable[[], T], again: Callable[[T], T]) -> T:
    """What ``build`` returns, really built or put back. ``again`` makes the result in this test of what was returned in another."""
    _begin()
    before = _state.built
    if before is None or _state.writes != _state.known:
        _state.built = None
        return build()
    key = (*before, (name, clock.now(), get_language(), _changed_settings()))
    if key in _differences:
        _put_back(_differences[key])
    else:
        rows, files = _rows(), set(_files())
        result = build()
        now = _rows()
        added = {table: now[table] - rows[table] for table in now}
        removed = {table: rows[table] - now[table] for table in now}
        new = {path: content for path, content in _files().items() if path not in files}
        _differences[key] = Difference(added, removed, new, copy.deepcopy(result))
    _state.built, _state.known = key, _state.writes
    return again(_differences[key].result)


def keeps(again: Callable[[T], T]) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Decorate a builder of tests, whose first argument is the world, so that what it builds is put back the next time."""

    def decorate(builder: Callable[..., T]) -> Callable[..., T]:
        @wraps(builder)
        def build(world: Any, *given: Any, **named: Any) -> T:
            name = _name(builder, given, named)
            if name is None:
                return builder(world, *given, **named)
            return built_once(name, lambda: builder(world, *given, **named), again)

        return build

    return decorate


def _name(builder: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]) -> Hashable | None:
    """A builder with what it was given; None where that cannot be compared."""
    values = [(str(number), value) for number, value in enumerate(given)] + sorted(named.items())
    plain = [(name, _plain(value)) for name, value in values]
    return None if None in dict(plain).values() else (builder.__module__, builder.__name__, tuple(plain))


def _plain(value: Any) -> Hashable | None:
    if isinstance(value, Model):
        return (value._meta.label, value.pk)
    if value is None or isinstance(value, bool | int | str | bytes | Decimal | date):
        return (type(value).__name__, value)
    return None


def _begin() -> None:
    """From here on it is known what is built, if the database is empty."""
    if _state.built is None and not _state.writes and _state.count not in connection.execute_wrappers:
        connection.execute_wrappers.append(_state.count)
        any_row = (f'EXISTS(SELECT 1 FROM "{table}")' for table in _tables(of_the_portal=True))  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {' OR '.join(any_row)}")
            _state.built = None if cursor.fetchone()[0] else ()


def _connected(**_given: Any) -> None:
    """What another thread writes is not counted."""
    if current_thread() is not main_thread():
        _state.writes += 1


connection_created.connect(_connected)


def _changed_settings() -> frozenset[tuple[str, str]]:
    """What the test has changed: with other settings things may be built otherwise."""
    holder, changed = settings._wrapped, set()
    while isinstance(holder, UserSettingsHolder):
        changed |= {name for name in vars(holder) if name.isupper()} - OWN_SETTINGS
        holder = holder.default_settings
    return frozenset((name, repr(getattr(settings, name, None))) for name in changed)


@cache
def _tables(*, of_the_portal: bool = False) -> list[str]:
    """All tables but those that migrations fill, and sessions; or those of the portal only, which are empty when a test begins."""
    ours = ("incentives_portal.", "plans", "proofs", "claims") if of_the_portal else ("",)
    configs = (config for config in apps.get_app_configs() if config.name.startswith(ours))
    models = (model for config in configs for model in config.get_models(include_auto_created=True))
    tables = {model._meta.db_table for model in models if model._meta.managed and not model._meta.proxy}
    return sorted(tables - {"django_content_type", "auth_permission", "django_session"})


@cache
def _keys() -> dict[str, str]:
    """Table → the column of its primary key."""
    return {model._meta.db_table: model._meta.pk.column for model in apps.get_models(include_auto_created=True)}


@cache
def _columns(table: str) -> str:
    """The columns of a table, the primary key first."""
    with connection.cursor() as cursor:
        columns = [each.name for each in connection.introspection.get_table_description(cursor, table)]
    columns.sort(key=lambda name: name != _keys()[table])
    return ", ".join(f'"{name}"' for name in columns)


def _rows() -> Rows:
    return {table: set(_copied(f'COPY "{table}" ({_columns(table)}) TO STDOUT').splitlines()) for table in _tables()}


def _copied(command: str, rows: str = "") -> str:
    stream = io.StringIO(rows)
    with connection.cursor() as cursor:
        cursor.copy_expert(command, stream)
    return stream.getvalue()


def _put_back(difference: Difference) -> None:
    # Foreign keys are looked at when all rows are there; what triggers trace of a row is among the rows already.
    with transaction.atomic(), as_owner(without_triggers=True), connection.cursor() as cursor:
        for table, lines in difference.removed.items():
            if lines:
                keys = [int(line.split("\t")[0]) for line in lines]
                # Past the count: what is put back is known.
                key = _keys()[table]
                cursor.cursor.execute(f'DELETE FROM "{table}" WHERE {key} = ANY(%s)', [keys])  # noqa: S608 - our own table
        for table, lines in difference.added.items():
            if lines:
                _copied(f'COPY "{table}" ({_columns(table)}) FROM STDIN', "".join(f"{line}\n" for line in lines))
    for path, content in difference.files.items():
        target = Path(settings.MEDIA_ROOT, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _files() -> dict[str, bytes]:
    """Path below MEDIA_ROOT → what stands in the file."""
    root = Path(settings.MEDIA_ROOT)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
