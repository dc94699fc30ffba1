"""Prepared statements for queries of nearly every request.

Django compiles a queryset to SQL each time, and PostgreSQL plans it each time. For frequent queries (the user, the claim
with its related rows, a row with its lock) both take longer than the execution. A prepared statement is compiled once
per process with placeholders, which are replaced by the values of each call; PostgreSQL keeps statement and plan while
the connection lives. Django creates the rows as usual.
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
#: Connection of the database driver → number of a statement → its name in PostgreSQL on this connection.
_prepared: "WeakKeyDictionary[Any, dict[int, str]]" = WeakKeyDictionary()
#: The most statements per connection: the widest takes half a megabyte of PostgreSQL's memory.
KEPT_AT_MOST = 100


class PreparedQuery(Generic[Row]):
    """A queryset with a prepared statement: ``PreparedQuery(lambda pk: Thing.objects.filter(pk=pk), pk=-1).rows(pk=5)``.

    A placeholder has the type of the value as the database driver gets it, and equals no other parameter. Raises ValueError
    for a placeholder that the statement does not contain, unless it is ``optional``; TransactionManagementError for a lock
    outside of a transaction.
    """

    def __init__(
        self, make: Callable[..., "QuerySet[Any, Row]"], *, optional: Collection[str] = (), **placeholders: Hashable
    ) -> None:
        self._queryset = make(**placeholders)
        self._compiler = self._queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            self._sql, self._parameters = self._compiler.as_sql()
        except EmptyResultSet:  # there are no rows for any values
            self._sql, self._parameters = "", ()
        # The converters are the same for all rows, and finding them takes as long as executing a short statement.
        self._converters = self._compiler.get_converters([column for column, *_rest in self._compiler.select or ()])
        self._compiler.connection = None  # each call sets that of its thread
        #: For each parameter the name of its placeholder; None if it is constant.
        self._names = [
            next((name for name, placeholder in placeholders.items() if placeholder == parameter), None)
            for parameter in self._parameters
        ]
        if missing := [name for name in placeholders if self._sql and name not in (*self._names, *optional)]:
            raise ValueError(f"{missing} not in {self._sql}")
        self._known, self._number = frozenset(placeholders), next(_numbers)

    def rows(self, **values: Any) -> list[Row]:
        """Return the rows for these values. One query, and one for each prefetch of the queryset."""
        if values.keys() != self._known:
            raise TypeError(f"{sorted(self._known)} are asked for, not {sorted(values)}.")
        if not self._sql:
            return []
        connection = connections[DEFAULT_DB_ALIAS]
        if self._queryset.query.select_for_update and not connection.in_atomic_block:
            raise TransactionManagementError("Rows are locked in a transaction.")
        try:
            return self._execute(connection, values)
        except NotSupportedError:  # prepared before a migration changed the type of a column; others may be stale too
            _prepared.pop(connection.connection, None)
            if connection.in_atomic_block:
                raise
            return self._execute(connection, values)

    def first(self, **values: Any) -> Row | None:
        """Return the first row, for a query by key, or None."""
        return next(iter(self.rows(**values)), None)

    def _execute(self, connection: BaseDatabaseWrapper, values: Mapping[str, Any]) -> list[Row]:
        # A copy for each call: a process may have several threads, each with its own connection.
        compiler, queryset, statement = copy(self._compiler), self._queryset.all(), self._statement(connection, values)
        compiler.connection = connection
        compiler.as_sql = lambda *_args, **_options: statement
        compiler.get_converters = lambda _columns: self._converters
        queryset.query.get_compiler = lambda *_args, **_options: compiler  # type: ignore[method-assign]
        return list(queryset)

    def _statement(self, connection: BaseDatabaseWrapper, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """Return the SQL with its parameters: EXECUTE of the prepared statement, or the whole query."""
        # Django's setting for a pooler that shares connections: prepared statements do not survive there.
        if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            pairs = zip(self._names, self._parameters, strict=True)
            return self._sql, tuple(values[name] if name else constant for name, constant in pairs)
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        prepared = _prepared.setdefault(connection.connection, {})
        if self._number not in prepared:
            prepared[self._number] = self._keep(connection, prepared)
        parameters = tuple(values[name] for name in self._names if name)
        places = f"({', '.join(['%s'] * len(parameters))})" if parameters else ""
        return f"EXECUTE {prepared[self._number]}{places}", parameters

    def _keep(self, connection: BaseDatabaseWrapper, prepared: dict[int, str]) -> str:
        """Prepare the statement on the connection and return its name.

        Bypasses the wrappers of Django's cursor: preparing is no query of the caller. Each name is new, because PostgreSQL may
        still have a statement from an interrupted call.
        """
        connection.validate_no_broken_transaction()
        name = f"{self._queryset.model._meta.db_table}_{next(_numbers)}"
        numbers, names = count(1), iter(self._names)
        # "%%" is a percent sign; every other match is a parameter, numbered if it has a placeholder.
        sql = _PARAMETER.sub(
            lambda match: f"${next(numbers)}" if match[0] == "%s" and next(names) else match[0], self._sql
        )
        constants = [value for name, value in zip(self._names, self._parameters, strict=True) if not name]
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            while len(prepared) >= KEPT_AT_MOST:
                cursor.execute(f"DEALLOCATE {prepared.pop(next(iter(prepared)))}")
            cursor.execute(f"PREPARE {name} AS {sql}", constants)
        return name


class PreparedLookup(Generic[Row]):
    """A prepared query for any number of keys: ``PreparedLookup(lambda keys: Thing.objects.filter(pk__in=keys)).rows(pks)``.

    It runs once for each fifty keys; a shorter statement takes up to ten, the usual number. ``placeholder`` converts
    integers below zero to keys that no row has; zero fills up unused places.
    """

    SIZES = (10, 50)

    def __init__(
        self, make: Callable[[Collection[Any]], "QuerySet[Any, Row]"], placeholder: Callable[[int], Any] = int
    ) -> None:
        places = {f"key{number}": placeholder(-1 - number) for number in range(max(self.SIZES))}
        self._places, self._filler = list(places), placeholder(0)
        self._queries = {
            size: PreparedQuery(
                lambda **keys: make(keys.values()), **{name: places[name] for name in self._places[:size]}
            )
            for size in self.SIZES
        }

    def rows(self, keys: Iterable[Any]) -> Iterator[Row]:
        """Yield the rows for these keys, in the order of the queryset within each fifty. One query for each fifty."""
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), max(self.SIZES)):
            part = wanted[start : start + max(self.SIZES)]
            size = next(size for size in self.SIZES if size >= len(part))
            values = dict(zip(self._places, part, strict=False))
            yield from self._queries[size].rows(**dict.fromkeys(self._places[:size], self._filler) | values)
