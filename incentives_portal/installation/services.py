"""Read and write the row of this installation. Only a restore writes it too (``backups/restoring.py``)."""

from datetime import datetime
from typing import Any

from django.db import connection

from .models import Installation


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


def note(**values: Any) -> None:
    """Record values in the row: the owner of the file store, how far the cleanup came, the last cleanup or backup."""
    Installation.objects.update_or_create(pk=1, defaults=values)


def last_backup() -> dict[str, Any] | None:
    """Return the summary of the last complete backup, or None (``backups/backing_up.py``, ``_summary``)."""
    return Installation.objects.filter(pk=1).values_list("last_backup", flat=True).first()


def mail_held_before() -> datetime | None:
    """Return the time before which a message must have been queued to be held; None if nothing is held."""
    return Installation.objects.filter(pk=1).values_list("mail_held_before", flat=True).first()


def end_mail_hold() -> None:
    Installation.objects.filter(pk=1).update(mail_held_before=None)
