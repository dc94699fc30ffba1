"""Why a file is refused. The sentences for people are in ``documents/enums.py``."""

from collections.abc import Callable
from enum import StrEnum

#: Hands the bytes of one drawn page or copy out of the child process.
Emit = Callable[[bytes], None]


class Reason(StrEnum):
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    TOO_MUCH = "too_much"
    QUOTA = "quota"
    TYPE = "type"
    CONTENT = "content"
    DAMAGED = "damaged"
    PASSWORD = "password"  # noqa: S105 - a reason, not a secret
    MACROS = "macros"
    ENTITIES = "entities"
    ACTIVE = "active"
    EMBEDDED = "embedded"
    MIXED = "mixed"
    TOO_COMPLEX = "too_complex"
    NOT_STORED = "not_stored"
    INFECTED = "infected"


class Unreadable(Exception):
    """The file cannot be accepted, for this reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
