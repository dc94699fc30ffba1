"""Separate servers for a benchmark: PostgreSQL with an empty portal, and gunicorn for an application."""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
DATABASE = "benchmark"
WORKERS = 2


@contextmanager
def portal_database() -> Iterator[tuple[dict[str, object], int]]:
    """Provide a PostgreSQL with the portal's tables: its connection parameters and its first process."""
    with tempfile.TemporaryDirectory(prefix="portal-benchmark-") as state:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "incentives_portal.settings",
            "PORTAL_LOCAL_FLAVOUR": "throwaway",
            "PORTAL_STATE": state,
            "PORTAL_DATABASE_NAME": DATABASE,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ALLOWED_HOSTS": "localhost",
            "PORTAL_URL": "http://localhost",
            "LOG_LEVEL": "ERROR",
        }
        import django

        django.setup()
        from django.core.management import call_command

        from incentives_portal.embedded import local, refcount, roles

        place = local.place()
        try:
            there = local.database(roles.OWNER)
            create_database(there, DATABASE)
            call_command("migrate", verbosity=0)
            call_command("collectstatic", verbosity=0, interactive=False)
            yield there, int((place.postgres_data / "postmaster.pid").read_text().split()[0])
        finally:
            refcount.release(place)


def create_database(there: dict[str, object], name: str) -> None:
    import psycopg2

    connection = psycopg2.connect(**{**there, "dbname": "postgres"})
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()


@contextmanager
def serving_portal() -> Iterator[tuple[str, int]]:
    """Serve the portal by gunicorn, at the time of the tests' world: its address and its first process."""
    from incentives_portal.tests.world import NOW

    environment = os.environ | {"PORTAL_CLOCK": str(int(NOW.timestamp() - time.time()))}
    with serving("incentives_portal.wsgi", environment, "localhost") as running:
        yield running


@contextmanager
def serving(application: str, environment: dict[str, str], host: str) -> Iterator[tuple[str, int]]:
    """Serve an application by gunicorn: its address and its first process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://{host}:{port}"
    command = ["gunicorn", application, f"--workers={WORKERS}", f"--bind=127.0.0.1:{port}", "--log-level=error"]
    server = subprocess.Popen([sys.executable, "-m", *command], cwd=PROJECT, env=environment | {"PORTAL_URL": base})
    try:
        for _attempt in range(300):
            time.sleep(0.1)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield base, server.pid
    finally:
        server.terminate()
        server.wait(30)
