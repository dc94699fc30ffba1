"""What /readyz says when something is away, with the real cause of each; messages and the broker are in test_health.py."""

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper as Postgres
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from incentives_portal import clock, health
from incentives_portal.tests.world import november, world  # noqa: F401
from proofs.tests.builders import file

pytestmark = pytest.mark.django_db


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port that is taken, and on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def asked() -> tuple[int, dict[str, str]]:
    """What /readyz answers, and of its words those that are not well."""
    answer = Client(raise_request_exception=False).get("/readyz")
    said = answer.json()
    return answer.status_code, {name: words for name, words in said.items() if not words.startswith("ok")}


def test_database_that_is_away_is_named_without_its_address(dead_port: int) -> None:
    heard: list[Any] = []

    def ask_without_database() -> None:
        # Connections belong to threads: this one gets another database server, at which nobody is.
        connections["default"] = Postgres(connection.settings_dict | {"HOST": "127.0.0.1", "PORT": dead_port})
        heard.append(asked())

    thread = threading.Thread(target=ask_without_database)
    thread.start()
    thread.join(timeout=30)

    away = "failed: OperationalError"
    wrong = {"status": "failed", "database": away, "migrations": away, "messages": away, "files": away}
    assert heard == [(503, wrong)]


def test_migrations_that_were_not_applied_are_counted() -> None:
    rows = MigrationRecorder.Migration.objects
    newest = rows.filter(app="plans").latest("id")
    newest.delete()

    assert asked() == (503, {"status": "failed", "migrations": "failed: 1 not applied"})


def test_file_that_waits_too_long_for_its_check_is_reported(world: Any) -> None:
    with clock.at(clock.now() - timedelta(seconds=health.LATE_SECONDS + 1)):
        file(world.jana)

    assert asked() == (503, {"status": "failed", "files": f"failed: oldest waiting {health.LATE_SECONDS + 1} s"})


def test_scanner_that_is_set_and_away_is_named_without_its_address(settings: Any, dead_port: int) -> None:
    settings.CLAMD_URL = f"tcp://127.0.0.1:{dead_port}"

    assert asked() == (503, {"status": "failed", "files": "failed: ScannerFailed"})
