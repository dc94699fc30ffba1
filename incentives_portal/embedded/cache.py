"""The cache on the embedded broker, which starts when the cache is really used."""

from typing import Any

from django.utils.functional import cached_property

from incentives_portal.accounts.cache import SteadyCache

from . import local


class EmbeddedCache(SteadyCache):
    """Uses another database of the server than the queue does: clearing the cache must not empty that."""

    @cached_property
    def _cache(self) -> Any:
        self._servers = [local.redis_url(database=1)]
        return self._class(self._servers, **self._options)
