"""The embedded servers of this project's settings, for those who only want to connect."""

import os
from typing import Any

from django.conf import settings
from django.utils.functional import cached_property

from incentives_portal.accounts.cache import FallbackRedisCache

from . import refcount
from .state_dir import Place


def place() -> Place:
    """The place named by the settings. ``PORTAL_LOCAL_FLAVOUR=throwaway`` is the test runs' own, and removed with them."""
    return Place(settings.PORTAL_STATE, throwaway=os.environ.get("PORTAL_LOCAL_FLAVOUR") == "throwaway")


def in_use() -> bool:
    """Do these settings need the embedded servers, one of them at least?"""
    return bool(settings.EMBEDDED_DATABASE or settings.EMBEDDED_BROKER)


def start() -> None:
    """Start the servers where needed, and count as their user."""
    refcount.address(place())


def database() -> dict[str, Any]:
    """Connection parameters for psycopg2; starts the servers where needed."""
    found = refcount.address(place())
    return {"host": found["host"], **found["database"]}


def redis_url(database: int = 0) -> str:
    """The address of the embedded broker; starts the servers where needed."""
    found = refcount.address(place())
    return f"redis://:{found['broker']['password']}@{found['host']}:{found['broker']['port']}/{database}"


class EmbeddedCache(FallbackRedisCache):
    """The cache on the embedded broker, which starts when the cache is really used.

    Uses another database of the server than the queue does: clearing the cache must not empty that.
    """

    @cached_property
    def _cache(self) -> Any:
        self._servers = [redis_url(database=1)]
        return self._class(self._servers, **self._options)
