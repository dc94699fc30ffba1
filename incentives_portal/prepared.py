"""Statements that are written once per process and then only asked.

Django writes the SQL of a queryset anew each time. For what nearly every request asks (who is this, the claim with all that hangs on it,
the row under its lock) that takes longer than PostgreSQL takes to answer. A prepared statement is written with stand-ins, which are
exchanged for the values of the moment; rows are made by Django as ever.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from copy import copy
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row")


class Prepared(Generic[Row]):
    """A queryset whose statement is known: ``Prepared(lambda pk: Thing.objects.filter(pk=pk), pk=-1).rows(pk=5)``.

    A stand-in has the type of the value as the database driver gets it, and occurs as no other parameter. Raises ValueError for one that
    the statement does not contain, unless it ``may_lack`` it; TransactionManagementError for a lock outside of a transaction.
    """

    def __init__(
        self, make: Callable[..., "QuerySet[Any, Row]"], *, may_lack: Collection[str] = (), **stand_ins: Hashable
    ) -> None:
        self._queryset = make(**stand_ins)
        self._compiler = self._queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            self._sql, self._parameters = self._compiler.as_sql()
        except EmptyResultSet:  # whatever is asked, there is nothing
            self._sql, self._parameters = "", ()
        self._places = {
            name: [place for place, given in enumerate(self._parameters) if given == stand_in]
            for name, stand_in in stand_ins.items()
        }
        if lacking := [
            name for name, places in self._places.items() if self._sql and not places and name not in may_lack
        ]:
            raise ValueError(f"{lacking} not in {self._sql}")

    def rows(self, **values: Any) -> list[Row]:
        """What is found for these values. One query, and one for each that the queryset fetches beside it."""
        if not self._sql:
            return []
        parameters = list(self._parameters)
        for name, value in values.items():
            for place in self._places[name]:
                parameters[place] = value
        # A copy each time: a process may have several threads, each with a connection of its own.
        compiler, queryset = copy(self._compiler), self._queryset.all()
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        if queryset.query.select_for_update and not compiler.connection.in_atomic_block:
            raise TransactionManagementError("Rows are locked in a transaction.")
        compiler.as_sql = lambda *_args, **_options: (self._sql, tuple(parameters))  # type: ignore[method-assign]
        queryset.query.get_compiler = lambda *_args, **_options: compiler  # type: ignore[method-assign]
        return list(queryset)

    def first(self, **values: Any) -> Row | None:
        """The one row of a statement by key, or None."""
        return next(iter(self.rows(**values)), None)


class PreparedMany(Generic[Row]):
    """The same for any number of keys, fifty at once: ``PreparedMany(lambda keys: Thing.objects.filter(pk__in=keys)).rows(pks)``.

    ``stand_in`` makes keys that no row has, from whole numbers below zero; zero stands where there are fewer than fifty.
    """

    AT_ONCE = 50

    def __init__(
        self, make: Callable[[Collection[Any]], "QuerySet[Any, Row]"], stand_in: Callable[[int], Any] = int
    ) -> None:
        self._places = {f"key{number}": stand_in(-1 - number) for number in range(self.AT_ONCE)}
        self._nobody = stand_in(0)
        self._asked = Prepared(lambda **keys: make(keys.values()), **self._places)

    def rows(self, keys: Iterable[Any]) -> Iterator[Row]:
        """What is found for these keys, in no order. A query for each fifty."""
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), self.AT_ONCE):
            given = dict(zip(self._places, wanted[start : start + self.AT_ONCE], strict=False))
            yield from self._asked.rows(**dict.fromkeys(self._places, self._nobody) | given)
