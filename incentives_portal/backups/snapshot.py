"""A consistent view of the database for all parts of a backup."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connection
from psycopg2.sql import SQL, Identifier

from incentives_portal.file_store.references import KEY_FIELD, naming_models

#: Tables with temporary rows, which are not backed up. Sessions end with a restore.
PASSING = (Session._meta.db_table, "cache_while_redis_is_away")


@dataclass(frozen=True)
class NamedFile:
    """A stored file that a row names, and its hash if the row has one."""

    key: str
    sha256: str | None


class Snapshot:
    """The database at one moment; ``name`` is the snapshot's name for pg_dump."""

    def __init__(self, own_connection: Any) -> None:
        self._connection = own_connection
        about = "SELECT pg_export_snapshot(), current_setting('server_version'), current_database(), current_schema()"
        self.name, self.server, self.database, self.schema = self._query(SQL(about))[0]

    def row_counts(self) -> dict[str, int]:
        """Return every table with its number of rows; 0 for tables that are not backed up."""
        tables = self._query(
            SQL("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")
        )
        counted = SQL("SELECT count(*) FROM {}")
        return {
            table: 0 if table in PASSING else self._query(counted.format(Identifier(table)))[0][0]
            for (table,) in tables
        }

    def migrations(self) -> list[list[str]]:
        return [list(row) for row in self._query(SQL("SELECT app, name FROM django_migrations ORDER BY app, name"))]

    def waiting_messages(self) -> dict[str, int]:
        return dict(self._query(SQL("SELECT state, count(*) FROM outbox_message GROUP BY state ORDER BY state")))

    def files(self) -> Iterator[NamedFile]:
        """Yield the files that rows name, model by model, without loading them all into memory."""
        for model in naming_models():
            has_hash = any(found.name == "sha256" for found in model._meta.concrete_fields)
            wanted = SQL("SELECT {}, {} FROM {}").format(
                Identifier(KEY_FIELD),
                Identifier("sha256") if has_hash else SQL("NULL"),
                Identifier(model._meta.db_table),
            )
            with self._connection.cursor(name=f"files_{model._meta.db_table}") as rows:
                rows.itersize = 2000
                rows.execute(wanted)
                yield from (NamedFile(key, sha256) for key, sha256 in rows if key)

    def _query(self, statement: SQL) -> list[Any]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """Provide a snapshot on a separate connection for the duration of the block."""
    own = connection.copy()
    with closing(own.get_new_connection(own.get_connection_params())) as own_connection:
        own_connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with own_connection.cursor() as cursor:
            # The connection is idle while pg_dump runs, and counts large tables.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield Snapshot(own_connection)
