"""Limit the time of statements, and tell why PostgreSQL canceled one.

This is the only module that knows the errors of the database driver.
"""

from django.conf import settings
from django.db import OperationalError, connections
from psycopg2.errors import DeadlockDetected, LockNotAvailable, QueryCanceled, SerializationFailure


def limit_statements() -> None:
    """Set WEB_STATEMENT_TIMEOUT as statement_timeout on every connection opened from now on."""
    seconds = settings.WEB_STATEMENT_TIMEOUT
    if seconds:
        options = connections.settings["default"]["OPTIONS"]
        options["options"] = f"{options.get('options', '')} -c statement_timeout={seconds}s".strip()


def waited_too_long(error: OperationalError) -> bool:
    """Return whether another transaction held the lock for longer than the lock timeout."""
    return isinstance(error.__cause__, LockNotAvailable)


def took_too_long(error: OperationalError) -> bool:
    """Return whether the statement ran for longer than the statement timeout."""
    return isinstance(error.__cause__, QueryCanceled)


def may_be_begun_again(error: OperationalError) -> bool:
    """Return whether transactions conflicted, so that the whole transaction can be retried."""
    return isinstance(error.__cause__, DeadlockDetected | SerializationFailure)
