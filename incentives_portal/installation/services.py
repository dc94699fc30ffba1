"""Read and write the row of this installation. Only a restore writes it too (``backups/restoring.py``)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from .models import Installation

Summary = dict[str, Any]


def installation() -> Installation:
    """Return the row; create it on first use."""
    return Installation.objects.get_or_create(pk=1)[0]


def locked_installation() -> Installation:
    """Return the row, locked until the transaction ends."""
    installation()
    return Installation.objects.select_for_update().get(pk=1)


def database_fingerprint() -> str:
    """Return a text that distinguishes this database from its copies: cluster identifier and database OID.

    A copy by dump and restore, or within the cluster, has another fingerprint; a promoted standby has the same. If the
    role may not read the cluster identifier, the fingerprint is the OID alone.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        number = cursor.fetchone()[0]
        cursor.execute("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')")
        if not cursor.fetchone()[0]:
            return f"/{number}"
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        return f"{cursor.fetchone()[0]}/{number}"


def take_store(store: UUID) -> None:
    """Record that the file store of this identity belongs to this database, and restart its walk."""
    installation()
    Installation.objects.filter(pk=1).update(store=store, database=database_fingerprint(), cleanup_cursor="")


def note_cursor(cursor: str) -> None:
    """Record the last key that the cleanup examined; empty at the end of the store."""
    Installation.objects.filter(pk=1).update(cleanup_cursor=cursor)


def note_cleanup(summary: Summary) -> None:
    """Record the result of the last cleanup.

    Keys: ``at`` (ISO 8601), ``documents``, ``files``, ``refused`` (why it stopped, as a text).
    """
    installation()
    Installation.objects.filter(pk=1).update(last_cleanup=summary)


def note_backup(summary: Summary) -> None:
    """Record the backup that was just completed."""
    installation()
    Installation.objects.filter(pk=1).update(last_backup=summary)


def last_backup() -> Summary | None:
    """Return the summary of the last complete backup, or None.

    Keys: ``at`` and ``finished`` (ISO 8601), ``destination``, ``files``, ``bytes``, ``database_bytes``, ``seconds``,
    and ``problems``, the number of files that were missing or changed in the store.
    """
    return Installation.objects.filter(pk=1).values_list("last_backup", flat=True).first()


def mail_held_before() -> datetime | None:
    """Return the time before which a message must have been queued to be held; None if nothing is held."""
    return Installation.objects.filter(pk=1).values_list("mail_held_before", flat=True).first()


@transaction.atomic
def end_mail_hold() -> None:
    """Release messages held since a restore."""
    Installation.objects.filter(pk=1).update(mail_held_before=None)
