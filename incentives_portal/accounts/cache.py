"""The cache that counts wrong passwords: Redis, and PostgreSQL while Redis is away."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

#: Seconds for which Redis is left alone after it did not answer, so that not every request waits for it.
PAUSE = 30
#: The alias of the cache in the database.
WHILE_AWAY = "while-redis-is-away"


def _steady(name: str) -> Callable[..., Any]:
    """A method of the cache that asks Redis, and the database where Redis does not answer."""

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
    """Neither fails open nor closed when Redis is down.

    Open, whoever brings Redis down guesses passwords without end; closed, nobody signs in although everything else works. The counts
    begin anew when the place changes: at most twice the tries, once.
    """

    #: Of this process, on its monotonic clock.
    away_until = 0.0

    add = _steady("add")
    get = _steady("get")
    set = _steady("set")
    touch = _steady("touch")
    delete = _steady("delete")
    has_key = _steady("has_key")
    incr = _steady("incr")
    get_many = _steady("get_many")
    set_many = _steady("set_many")
    delete_many = _steady("delete_many")
    clear = _steady("clear")
