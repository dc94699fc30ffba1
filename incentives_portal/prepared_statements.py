"""Statements that are written once per process and then only asked.

Django writes the SQL of a queryset anew each time, and PostgreSQL plans it anew. For what nearly every request asks (who is this, the claim
with all that hangs on it, the row under its lock) both take longer than the answer. A prepared statement is written with stand-ins, which
are exchanged for the values of the moment, and PostgreSQL keeps it and its plan while a connection lives; rows are made by Django as ever.
"""

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from copy import copy
from itertools import count
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row")

_PARAMETER = re.compile("%[s%]")
_numbers = count(1)
#: Connection of the database driver → number of a statement → the name under which PostgreSQL keeps it for this connection.
_kept: "WeakKeyDictionary[Any, dict[int, str]]" = WeakKeyDictionary()
#: So many statements a connection keeps: the widest takes PostgreSQL half a megabyte.
KEPT_AT_MOST = 100


class PreparedQuery(Generic[Row]):
    """A queryset whose statement is known: ``Prepared(lambda pk: Thing.objects.filter(pk=pk), pk=-1).rows(pk=5)``.

    A stand-in has the type of the value as the database driver gets it, and occurs as no other parameter. Raises ValueError for one that
    the statement does not contain, unless it ``may_lack`` it; TransactionManagementError for a lock outside of a transaction.
    """

    def __init__(
        self, make: Callable[..., "QuerySet[Any, Row]"], *, optional: Collection[str] = (), **placeholders: Hashable
    ) -> None:
        self._queryset = make(**placeholders)
        self._compiler = self._queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            self._sql, self._parameters = self._compiler.as_sql()
        except EmptyResultSet:  # whatever is asked, there is nothing
            self._sql, self._parameters = "", ()
        # How columns become values is the same for all answers, and took as long to find out as a short statement takes.
        self._converters = self._compiler.get_converters([column for column, *_rest in self._compiler.select or ()])
        self._compiler.connection = None  # it is that of whoever asks
        #: For each parameter the name of its value; None where it is the same each time.
        self._names = [
            next((name for name, placeholder in placeholders.items() if placeholder == given), None)
            for given in self._parameters
        ]
        if lacking := [name for name in placeholders if self._sql and name not in (*self._names, *optional)]:
            raise ValueError(f"{lacking} not in {self._sql}")
        self._known, self._number = frozenset(placeholders), next(_numbers)

    def rows(self, **values: Any) -> list[Row]:
        """What is found for these values. One query, and one for each that the queryset fetches beside it."""
        if values.keys() != self._known:
            raise TypeError(f"{sorted(self._known)} are asked for, not {sorted(values)}.")
        if not self._sql:
            return []
        connection = connections[DEFAULT_DB_ALIAS]
        if self._queryset.query.select_for_update and not connection.in_atomic_block:
            raise TransactionManagementError("Rows are locked in a transaction.")
        try:
            return self._found(connection, values)
        except NotSupportedError:  # kept since before a migration that changed the type of a column, as others may be
            _kept.pop(connection.connection, None)
            if connection.in_atomic_block:
                raise
            return self._found(connection, values)

    def first(self, **values: Any) -> Row | None:
        """The one row of a statement by key, or None."""
        return next(iter(self.rows(**values)), None)

    def _found(self, connection: BaseDatabaseWrapper, values: Mapping[str, Any]) -> list[Row]:
        # A copy each time: a process may have several threads, each with a connection of its own.
        compiler, queryset, asked = copy(self._compiler), self._queryset.all(), self._asked(connection, values)
        compiler.connection = connection
        compiler.as_sql = lambda *_args, **_options: asked
        compiler.get_converters = lambda _columns: self._converters
        queryset.query.get_compiler = lambda *_args, **_options: compiler  # type: ignore[method-assign]
        return list(queryset)

    def _asked(self, connection: BaseDatabaseWrapper, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """What is sent, with its parameters: the name of the statement that PostgreSQL keeps, or all of it."""
        # Django's word for a pooler that shares connections: what one client keeps the next does not know.
        if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            pairs = zip(self._names, self._parameters, strict=True)
            return self._sql, tuple(values[name] if name else given for name, given in pairs)
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        kept = _kept.setdefault(connection.connection, {})
        if self._number not in kept:
            kept[self._number] = self._keep(connection, kept)
        given = tuple(values[name] for name in self._names if name)
        places = f"({', '.join(['%s'] * len(given))})" if given else ""
        return f"EXECUTE {kept[self._number]}{places}", given

    def _keep(self, connection: BaseDatabaseWrapper, kept: dict[int, str]) -> str:
        """Past the wrappers of Django's cursor: this belongs to the connection, not to what is being asked. Answers with the name, which
        is a new one each time: what an interruption left behind in PostgreSQL is never met again."""
        connection.validate_no_broken_transaction()
        name = f"{self._queryset.model._meta.db_table}_{next(_numbers)}"
        numbers, names = count(1), iter(self._names)
        # "%%" is a sign of percent; each other one a parameter, numbered where its value changes.
        sql = _PARAMETER.sub(
            lambda found: f"${next(numbers)}" if found[0] == "%s" and next(names) else found[0], self._sql
        )
        same = [given for name, given in zip(self._names, self._parameters, strict=True) if not name]
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            while len(kept) >= KEPT_AT_MOST:
                cursor.execute(f"DEALLOCATE {kept.pop(next(iter(kept)))}")
            cursor.execute(f"PREPARE {name} AS {sql}", same)
        return name


class PreparedLookup(Generic[Row]):
    """The same for any number of keys, fifty at once: ``PreparedLookup(lambda keys: Thing.objects.filter(pk__in=keys)).rows(pks)``.

    ``placeholder`` makes keys that no row has, from whole numbers below zero; zero stands where there are fewer keys than places. There is a
    short statement for up to ten, which is what mostly is asked.
    """

    SIZES = (10, 50)

    def __init__(
        self, make: Callable[[Collection[Any]], "QuerySet[Any, Row]"], placeholder: Callable[[int], Any] = int
    ) -> None:
        places = {f"key{number}": placeholder(-1 - number) for number in range(max(self.SIZES))}
        self._places, self._nobody = list(places), placeholder(0)
        self._asked = {
            size: PreparedQuery(
                lambda **keys: make(keys.values()), **{name: places[name] for name in self._places[:size]}
            )
            for size in self.SIZES
        }

    def rows(self, keys: Iterable[Any]) -> Iterator[Row]:
        """What is found for these keys, in the order of the queryset within each fifty. A query for each fifty."""
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), max(self.SIZES)):
            part = wanted[start : start + max(self.SIZES)]
            size = next(size for size in self.SIZES if size >= len(part))
            given = dict(zip(self._places, part, strict=False))
            yield from self._asked[size].rows(**dict.fromkeys(self._places[:size], self._nobody) | given)
