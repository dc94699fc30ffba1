"""Which servers a run talks to, and as whom: said aloud, because the suite may be run against servers of one's own (``DATABASE_URL``)."""

import os
import uuid
from urllib.parse import urlsplit

import pytest
from celery import Celery
from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from django.db import connection

from incentives_portal.embedded import local

pytestmark = pytest.mark.django_db


def asked(sql: str) -> tuple[object, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def broker_url() -> str:
    return local.redis_url() if settings.EMBEDDED_BROKER else settings.REDIS_URL


def test_database_is_the_one_that_was_named_and_its_role_is_an_ordinary_one(capsys):
    version, port, role = asked("SELECT version(), inet_server_port(), current_user")
    powers = asked(
        "SELECT rolsuper, rolbypassrls, rolreplication, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    owner = asked("SELECT rolname FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid WHERE datname = 'template1'")

    with capsys.disabled():
        print(f"\nThe database is {version}, the role {role!r}")
    assert powers == (False, False, False, False)
    assert owner != (role,)
    assert asked(
        "SELECT rolname FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid WHERE datname = current_database()"
    ) != (role,)
    if named := os.environ.get("DATABASE_URL"):
        assert (urlsplit(named).port, urlsplit(named).username) == (port, role)


def test_broker_and_cache_are_the_ones_that_were_named(capsys):
    celery = Celery(broker=broker_url(), set_as_current=False)
    name = f"test-{uuid.uuid4()}"
    with celery.connection_for_write() as there, there.SimpleQueue(name) as queue:
        queue.put({"told": name})
        assert queue.get(timeout=5).payload == {"told": name}
        queue.clear()
        server = there.default_channel.client.info("server")
    cache = RedisCache(broker_url(), {})
    cache.set(name, 1, timeout=10)

    with capsys.disabled():
        print(f"\nThe broker is {server.get('server_name', 'redis')} {server['redis_version']}")
    assert cache.incr(name) == 2
    if named := os.environ.get("REDIS_URL"):
        assert urlsplit(named).port == server["tcp_port"]
