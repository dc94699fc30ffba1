"""Read and write the one row about this installation. Nothing else writes it, but a restore (``backups/restoring.py``)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from .models import Installation

Summary = dict[str, Any]


def installation() -> Installation:
    """Return the row; create it where it is asked for the first time."""
    return Installation.objects.get_or_create(pk=1)[0]


def locked_installation() -> Installation:
    """Return the row, locked until the transaction ends."""
    installation()
    return Installation.objects.select_for_update().get(pk=1)


def database_fingerprint() -> str:
    """Return what tells this database from every copy of it: the cluster's own identifier and the number of the database in it.

    A copy by dump and restore, or within the cluster, has another one; a standby that was promoted has the same. Where the role may
    not read the cluster's identifier, the number alone must do.
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
    """Write down that the file store of this identity belongs to this database, and begin to walk through it anew."""
    installation()
    Installation.objects.filter(pk=1).update(store=store, database=database_fingerprint(), cleanup_cursor="")


def note_cursor(cursor: str) -> None:
    """Remember up to which key the cleanup has walked through the store; empty when it came to the end."""
    Installation.objects.filter(pk=1).update(cleanup_cursor=cursor)


def note_cleanup(summary: Summary) -> None:
    """Remember what the last cleanup did, or why it did nothing: ``at`` (ISO 8601), ``documents``, ``files``, ``refused`` (words)."""
    installation()
    Installation.objects.filter(pk=1).update(last_cleanup=summary)


def note_backup(summary: Summary) -> None:
    """Remember the backup that was just completed."""
    installation()
    Installation.objects.filter(pk=1).update(last_backup=summary)


def last_backup() -> Summary | None:
    """Return the summary of the last complete backup, or None: ``at`` and ``finished`` (ISO 8601), ``destination``, ``files``, ``bytes``,
    ``database_bytes``, ``seconds``, and ``problems``, the number of files that were missing or changed in the store."""
    return Installation.objects.filter(pk=1).values_list("last_backup", flat=True).first()


def mail_held_before() -> datetime | None:
    """Return before when a message must have begun to wait to be held since a restore; None if nothing is held."""
    return Installation.objects.filter(pk=1).values_list("mail_held_before", flat=True).first()


@transaction.atomic
def end_mail_hold() -> None:
    """Let messages go again that were held since a restore."""
    Installation.objects.filter(pk=1).update(mail_held_before=None)
