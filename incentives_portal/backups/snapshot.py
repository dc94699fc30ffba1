"""One view of the database for all parts of a backup: pg_dump, the numbers of rows, and the files that rows name."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connection
from psycopg2.sql import SQL, Identifier

from incentives_portal.file_store.references import KEY_FIELD, naming_models

#: Tables whose rows are of the moment: they are not backed up. Sessions end with a restore.
PASSING = (Session._meta.db_table, "cache_while_redis_is_away")


@dataclass(frozen=True)
class NamedFile:
    """A stored file that a row names, and its hash where the row knows it."""

    key: str
    sha256: str | None


class Snapshot:
    """The database as it was at one moment; ``name`` is what pg_dump asks for."""

    def __init__(self, there: Any) -> None:
        self._there = there
        self.name: str = self._asked(SQL("SELECT pg_export_snapshot()"))[0][0]
        self.server: str = self._asked(SQL("SHOW server_version"))[0][0]
        self.database: str = self._asked(SQL("SELECT current_database()"))[0][0]
        self.schema: str = self._asked(SQL("SELECT current_schema()"))[0][0]

    def row_counts(self) -> dict[str, int]:
        """Return every table with its number of rows; 0 for those that are not backed up."""
        tables = self._asked(
            SQL("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")
        )
        return {table: 0 if table in PASSING else self._count(table) for (table,) in tables}

    def migrations(self) -> list[list[str]]:
        """Return the migrations that were applied, each as app and name."""
        return [list(row) for row in self._asked(SQL("SELECT app, name FROM django_migrations ORDER BY app, name"))]

    def waiting_messages(self) -> dict[str, int]:
        """Return how many messages there are in each state."""
        return dict(self._asked(SQL("SELECT state, count(*) FROM outbox_message GROUP BY state ORDER BY state")))

    def files(self) -> Iterator[NamedFile]:
        """Give the files that rows name, model by model, without keeping them in memory."""
        for model in naming_models():
            has_hash = any(found.name == "sha256" for found in model._meta.concrete_fields)
            wanted = SQL("SELECT {}, {} FROM {}").format(
                Identifier(KEY_FIELD),
                Identifier("sha256") if has_hash else SQL("NULL"),
                Identifier(model._meta.db_table),
            )
            with self._there.cursor(name=f"files_{model._meta.db_table}") as rows:
                rows.itersize = 2000
                rows.execute(wanted)
                yield from (NamedFile(key, sha256) for key, sha256 in rows if key)

    def _count(self, table: str) -> int:
        return int(self._asked(SQL("SELECT count(*) FROM {}").format(Identifier(table)))[0][0])

    def _asked(self, statement: SQL) -> list[Any]:
        with self._there.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """Hold a snapshot on a connection of its own for as long as the block takes."""
    own = connection.copy()
    with closing(own.get_new_connection(own.get_connection_params())) as there:
        there.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with there.cursor() as cursor:
            # It idles while pg_dump works, and counts large tables.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield Snapshot(there)
