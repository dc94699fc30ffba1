"""The cache that counts wrong passwords: Redis, and PostgreSQL while Redis does not answer."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

#: Seconds without another attempt after Redis did not answer, so that not every request waits for it.
PAUSE = 30
#: The alias of the cache in the database.
WHILE_AWAY = "while-redis-is-away"


def _with_fallback(name: str) -> Callable[..., Any]:
    """Return a cache method that uses Redis, and the database when Redis does not answer."""

    def method(self: "FallbackRedisCache", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= FallbackRedisCache.away_until:
            try:
                return getattr(super(FallbackRedisCache, self), name)(*args, **kwargs)
            except RedisError as error:
                FallbackRedisCache.away_until = time.monotonic() + PAUSE
                log.warning("The cache is away, the database counts for %s seconds: %s", PAUSE, error)
        return getattr(caches[WHILE_AWAY], name)(*args, **kwargs)

    return method


class FallbackRedisCache(RedisCache):
    """Keep counting while Redis is down, instead of failing open or closed.

    Failing open, an attacker who brings Redis down could guess passwords without limit; failing closed, nobody could
    sign in. The counts start again when the store changes: at most twice the tries, once.
    """

    #: Of this process, on its monotonic clock.
    away_until = 0.0


for _name in (
    "add", "get", "set", "touch", "delete", "has_key", "incr", "get_many", "set_many", "delete_many", "clear",
):  # fmt: skip
    setattr(FallbackRedisCache, _name, _with_fallback(_name))
