"""Use the database as the owner of the tables. Only migrate and restore do (docs/decisions/0019-two-roles.md)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection


@contextmanager
def as_owner() -> Iterator[None]:
    """Connect as the owner of ``DATABASE_OWNER_URL`` during the block.

    Without it the role stays the same, which must own the tables then: raises CommandError. Not within a transaction,
    which belongs to the connection.
    """
    if not settings.DATABASE_OWNER:
        _require_owner()
        yield
        return
    connection.validate_no_atomic_block()
    usual = connection.settings_dict
    connection.close()
    connection.settings_dict = {**usual, **settings.DATABASE_OWNER}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = usual


def _require_owner() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, has_schema_privilege(current_schema(), 'CREATE')")
        role, is_owner = cursor.fetchone()
    if not is_owner:
        raise CommandError(
            f"The role {role} does not own the tables, and this needs the owner: set DATABASE_OWNER_URL (docs/operating.md)."
        )
