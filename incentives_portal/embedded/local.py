"""Connect to the embedded servers of this project's settings."""

import os
from typing import Any

from django.conf import settings
from django.utils.functional import cached_property

from incentives_portal.accounts.cache import FallbackRedisCache

from . import refcount
from .roles import OWNER, RUN
from .state_dir import Place


def place() -> Place:
    """Return the place named by the settings.

    ``PORTAL_LOCAL_FLAVOUR=throwaway`` is for test runs; the place is removed after them.
    """
    return Place(settings.PORTAL_STATE, throwaway=os.environ.get("PORTAL_LOCAL_FLAVOUR") == "throwaway")


def in_use() -> bool:
    """Return whether the settings need at least one embedded server."""
    return bool(settings.EMBEDDED_DATABASE or settings.EMBEDDED_BROKER)


def database(role: str = RUN) -> dict[str, Any]:
    """Return connection parameters of a role for psycopg2; start the servers if needed."""
    address = refcount.address(place())
    return {"host": address["host"], **address["owner" if role == OWNER else "database"]}


def redis_url(database: int = 0) -> str:
    """Return the address of the embedded broker; start the servers if needed."""
    address = refcount.address(place())
    return f"redis://:{address['broker']['password']}@{address['host']}:{address['broker']['port']}/{database}"


class EmbeddedCache(FallbackRedisCache):
    """The cache on the embedded broker, which starts when the cache is first used.

    It uses another database of the server than the queue does, because clearing the cache must not empty the queue.
    """

    @cached_property
    def _cache(self) -> Any:
        self._servers = [redis_url(database=1)]
        return self._class(self._servers, **self._options)
