import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from celery import current_app
from django.conf import settings as portal_settings
from django.db import connection
from psycopg2.sql import SQL, Identifier, Literal

from incentives_portal.tests.stack import database_environment, environment_of

NAME = "portal_restored"


@dataclass(frozen=True)
class Elsewhere:
    """An empty database beside the test's own and an empty file store: where a backup is restored to."""

    environment: dict[str, str]
    media: Path
    parameters: dict[str, object]

    def manage(self, *command: str | Path, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py there."""
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, command)], env={**self.environment, **more}, input=typed, text=True,
            cwd=portal_settings.BASE_DIR, capture_output=True, timeout=300, check=False,
        )  # fmt: skip

    def asked(self, statement: str) -> list[tuple[object, ...]]:
        """The rows that a statement gives there."""
        with closing(psycopg2.connect(**self.parameters)) as there, there.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()


@pytest.fixture(autouse=True)
def no_task_is_left() -> Iterator[None]:
    """The broker of tests is this process's memory: what commits have told it is no other test's business."""
    yield
    with current_app.connection_for_write() as broker, broker.SimpleQueue("documents") as waiting:
        waiting.clear()


@pytest.fixture
def elsewhere(transactional_db, tmp_path: Path) -> Iterator[Elsewhere]:
    given = connection.get_connection_params()
    names = ("host", "port", "user", "password")
    parameters = {name: given[name] for name in names if given.get(name)}
    database = f"{NAME}_{given['dbname']}"

    def administer(statement: SQL) -> None:
        with closing(psycopg2.connect(**parameters, dbname="postgres")) as there:
            there.autocommit = True
            there.cursor().execute(statement)

    def drop() -> None:
        """Not WITH (FORCE), which is refused where an autovacuum is at work; without it PostgreSQL ends that itself."""
        administer(
            SQL(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = {} AND pg_has_role(usesysid, 'MEMBER')"
            ).format(Literal(database))
        )
        administer(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(database)))

    drop()
    administer(SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(database)))
    environment = environment_of(0, "memory://", 0) | database_environment(database)
    environment |= {
        "MEDIA_ROOT": str(tmp_path / "elsewhere"),
        "SECRET_KEY": portal_settings.SECRET_KEY,
        "EMAIL_URL": "",
    }
    yield Elsewhere(environment, tmp_path / "elsewhere", {**parameters, "dbname": database})
    drop()


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    return tmp_path / "backups"
