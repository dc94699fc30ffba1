"""How long a statement may take, and why PostgreSQL broke one off that asked for a lock or took too long.

The one place that knows how it says so.
"""

from django.conf import settings
from django.db import OperationalError, connections
from psycopg2.errors import DeadlockDetected, LockNotAvailable, QueryCanceled, SerializationFailure


def limit_statements() -> None:
    """Let PostgreSQL break off what takes longer than WEB_STATEMENT_TIMEOUT, on every connection opened from now on."""
    seconds = settings.WEB_STATEMENT_TIMEOUT
    if seconds:
        options = connections.settings["default"]["OPTIONS"]
        options["options"] = f"{options.get('options', '')} -c statement_timeout={seconds}s".strip()


def waited_too_long(error: OperationalError) -> bool:
    """Whether somebody else held the lock for longer than the connection's lock timeout."""
    return isinstance(error.__cause__, LockNotAvailable)


def took_too_long(error: OperationalError) -> bool:
    """Whether the statement itself ran for longer than the connection's statement timeout."""
    return isinstance(error.__cause__, QueryCanceled)


def may_be_begun_again(error: OperationalError) -> bool:
    """Whether two came in each other's way, and the whole transaction can be run once more."""
    return isinstance(error.__cause__, DeadlockDetected | SerializationFailure)
