"""Why PostgreSQL broke a statement off that asked for a lock or took too long. The one place that knows how it says so."""

from django.db import OperationalError
from psycopg2.errors import DeadlockDetected, LockNotAvailable, QueryCanceled, SerializationFailure


def waited_too_long(error: OperationalError) -> bool:
    """Whether somebody else held the lock for longer than the connection's lock timeout."""
    return isinstance(error.__cause__, LockNotAvailable)


def took_too_long(error: OperationalError) -> bool:
    """Whether the statement itself ran for longer than the connection's statement timeout."""
    return isinstance(error.__cause__, QueryCanceled)


def may_be_begun_again(error: OperationalError) -> bool:
    """Whether two came in each other's way, and the whole transaction can be run once more."""
    return isinstance(error.__cause__, DeadlockDetected | SerializationFailure)
