"""Restore a backup: files first, then the database in one transaction.

The transaction that writes the rows also compares row counts with the manifest, ends all sessions, holds the mail that
was waiting (``outbox/hold.py``), and assigns the file store (``file_store/identity.py``). So either all of it takes
effect or nothing changes, and a running worker cannot send mail again that was sent before. If requested, an existing
database is dropped in the same transaction.

Nothing is overwritten without a request: the database must be empty or be replaced by its name; the file store must
contain only files of this backup, or be adopted. An interrupted restore can be repeated.
"""

import subprocess
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

from django.core.cache import cache
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg2.extras import Json
from psycopg2.sql import SQL, Identifier, Literal

from incentives_portal import clock
from incentives_portal.documents.cleanup import FOLDERS
from incentives_portal.file_store import trash
from incentives_portal.file_store.identity import NotOurStore, read_identity, write_identity
from incentives_portal.file_store.storage import sha256_of as sha256_of_stored
from incentives_portal.installation.models import Installation
from incentives_portal.installation.rights import give_rights
from incentives_portal.installation.services import database_fingerprint

from . import client_programs
from .backing_up import key_fingerprint
from .manifest import Backup, StoredFile, sha256_of
from .snapshot import PASSING

_THREADS, _BATCH = 4, 200
#: Tables that the portal fills by itself: a database with rows only in these is empty.
_FILLED_ANYWAY = {"django_migrations", "django_content_type", "auth_permission", Installation._meta.db_table, *PASSING}


class RestoreRefused(Exception):
    """Nothing was restored; the message says why and what to do."""


def require_known_migrations(backup: Backup) -> None:
    """Raise RestoreRefused if the backup was made by a newer version of the portal."""
    known = set(MigrationLoader(None).disk_migrations)
    unknown = sorted(".".join(one) for one in backup.manifest["migrations"] if tuple(one) not in known)
    if unknown:
        raise RestoreRefused(
            f"The backup is of another version of the portal: this one does not know {', '.join(unknown[:5])}."
            " Install the version that made the backup, restore, and update afterwards."
        )


def filled_tables() -> list[str]:
    """Return the tables with rows that no migration wrote; empty if the database is free for a restore."""
    found = []
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - _FILLED_ANYWAY):
            cursor.execute(SQL("SELECT EXISTS (SELECT 1 FROM {})").format(Identifier(table)))
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def require_free_store(backup: Backup) -> None:
    """Raise RestoreRefused if the file store has an owner or contains files of other origin."""
    advice = "Set MEDIA_ROOT or MEDIA_STORAGE_OPTIONS to an empty store, or take this one with --adopt-storage."
    try:
        owner: object = read_identity()
    except NotOurStore:
        owner = "its identity cannot be read"
    if owner:
        raise RestoreRefused(f"The file store belongs to an installation already ({owner}). {advice}")
    named = {file.key for file in backup.files()}
    for folder in FOLDERS:
        with suppress(FileNotFoundError):
            for name in default_storage.listdir(folder)[1]:
                if f"{folder}/{name}" not in named:
                    raise RestoreRefused(
                        f"The file store is not empty: {folder}/{name} is not of this backup. {advice}"
                    )


def restore_files(backup: Backup) -> tuple[int, int]:
    """Write the files of the backup into the store; return how many were written and how many were there.

    A file in the store with the same key and another hash goes to the trash. Raises RestoreRefused for a missing or
    changed file of the backup, before the database is touched.
    """
    written: Counter[bool] = Counter()
    files = backup.files()
    with ThreadPoolExecutor(_THREADS) as threads:
        while batch := list(islice(files, _BATCH)):
            written.update(threads.map(partial(_restore_file, backup), batch))
    return written[True], written[False]


def restore_database(backup: Backup) -> None:
    """Restore the rows and apply the consequences of a restore, in one transaction.

    Raises RestoreRefused; the previous state is kept.
    """
    pg_restore, psql = client_programs.program("pg_restore"), client_programs.program("psql")
    environment, store = client_programs.environment(), uuid.uuid4()
    begin, end = _beginning(), _ending(backup, store)
    connection.close()
    reader = subprocess.Popen(
        [pg_restore, "--no-owner", "--no-privileges", "--no-comments", "--file=-", backup.dump],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    )  # fmt: skip
    writer = subprocess.Popen(
        [psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    )  # fmt: skip
    with reader, writer:
        errors = _pass_on(reader, writer, begin, end)
    if reader.returncode or writer.returncode:
        raise RestoreRefused(f"The database could not be restored and is as it was: {errors.strip()}")
    give_rights(connection.alias)  # a dump has none: the roles of another server may have other names
    try:
        write_identity(store)
    except OSError as error:
        raise RestoreRefused(
            f"The database is restored, but the file store did not take its identity: run manage.py adopt_storage. {error}"
        ) from error
    with suppress(Exception):  # an unreachable cache does not matter; its content would be outdated
        cache.clear()


def differences_from_here(backup: Backup) -> Iterator[str]:
    """Yield what the operator should know before users return."""
    if backup.manifest["secret_key"] != key_fingerprint():
        yield (
            "SECRET_KEY is not the one of the backup: second factors and recovery codes of everybody cannot be read with this one."
            " Set the former key, or name it in SECRET_KEY_FALLBACKS."
        )
    files = backup.manifest["files"]
    if files["missing"]:
        yield f"{len(files['missing'])} files were missing already when the backup was made; verify_documents names them."
    if files["changed"]:
        yield f"{len(files['changed'])} files had been changed already when the backup was made; verify_documents names them."


def _restore_file(backup: Backup, file: StoredFile) -> bool:
    """Restore one file; return whether it had to be written."""
    source = backup.pooled(file.key)
    if not source.is_file():
        raise RestoreRefused(f"{source} is missing in the backup. The database was not touched.")
    if sha256_of(source) != file.sha256:
        raise RestoreRefused(f"{source} is not what was backed up: its hash has changed. The database was not touched.")
    with suppress(FileNotFoundError):
        with default_storage.open(file.key, "rb") as stored:
            same = sha256_of_stored(stored) == file.sha256
        if same:
            return False
        trash.discard([file.key])
    with source.open("rb") as content:
        key = default_storage.save(file.key, File(content))
    if key != file.key:
        raise RestoreRefused(f"The file store wrote {file.key} as {key}. The database was not touched.")
    return True


def _pass_on(reader: Any, writer: Any, begin: str, end: str) -> str:
    """Feed the script of pg_restore to psql between the two texts, and return the error output.

    The last text, which commits, is only written if pg_restore succeeded: otherwise psql ends with an open transaction,
    which the server rolls back.
    """
    with suppress(BrokenPipeError):
        writer.stdin.write(begin.encode())
        while piece := reader.stdout.read(1024 * 1024):
            writer.stdin.write(piece)
        if reader.wait() == 0:
            writer.stdin.write(end.encode())
        writer.stdin.flush()
    reader.stdout.close()
    with suppress(BrokenPipeError):
        writer.stdin.close()
    return bytes(reader.stderr.read() + writer.stderr.read()).decode(errors="replace")


def _beginning() -> str:
    """Return SQL that begins the transaction and drops tables, and functions that belong to no extension."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('DROP TABLE %%I.%%I CASCADE;', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname = current_schema()"
            " UNION ALL "
            "SELECT format('DROP ROUTINE %%s CASCADE;', oid::regprocedure) FROM pg_proc"
            " WHERE pronamespace = current_schema()::regnamespace"
            " AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')",
            [],
        )
        drops = [line for (line,) in cursor.fetchall()]
    settings = ["SET lock_timeout = '30s';", "SET statement_timeout = 0;", "SET client_min_messages = warning;"]
    return "\n".join(["BEGIN;", *settings, *drops, ""])


#: Compares a row count with the manifest: a difference rolls back the whole restore.
_COMPARE = """
DO $compare$ DECLARE found bigint; BEGIN
SELECT count(*) INTO found FROM {table};
IF found <> {number} THEN RAISE EXCEPTION 'A table has % rows and the manifest says %: %', found, {number}, {name}; END IF;
END $compare$;
"""
_NOTE = """
UPDATE {table} SET mail_held_before = {now}, restored = {restored}, store = {store}, database = {database}, cleanup_cursor = '';
"""


def _ending(backup: Backup, store: uuid.UUID) -> str:
    """Return SQL that compares row counts, notes the restore, holds the mail, ends sessions and commits."""
    schema, now = backup.manifest["database"]["schema"], clock.now()
    restored = {"at": now.isoformat(), "backup_at": backup.manifest["at"]}
    steps = [
        SQL(_COMPARE).format(table=Identifier(schema, name), number=Literal(int(number)), name=Literal(name))
        for name, number in sorted(backup.manifest["tables"].items())
    ]
    steps += [SQL("DELETE FROM {};").format(Identifier(schema, name)) for name in PASSING]
    note = SQL(_NOTE).format(
        table=Identifier(schema, Installation._meta.db_table),
        now=Literal(now),
        restored=Literal(Json(restored)),
        store=Literal(str(store)),
        database=Literal(database_fingerprint()),
    )
    connection.ensure_connection()
    return SQL("\n").join([SQL(""), *steps, note, SQL("COMMIT; ANALYZE;"), SQL("")]).as_string(connection.connection)
