"""PgBouncer before the database: the portal is told of it or does not start, and works behind it (deploy/pgbouncer.ini)."""

import configparser
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as portal_settings
from django.db import connection

from incentives_portal.accounts.models import User
from incentives_portal.demo import organizations
from incentives_portal.tests import stack as stacks
from incentives_portal.tests.browsing import Unexpected, fields_of, signed_in
from incentives_portal.tests.owner import logged_in_as_run_role
from incentives_portal.tests.stack import Stack

pytestmark = [pytest.mark.debian, pytest.mark.django_db(transaction=True)]

FLAG = "?DISABLE_SERVER_SIDE_CURSORS=True"
PEOPLE = ("owen.hughes", "jana.petersen", "mira.okafor", "elif.sander")
PAGES = {
    False: ["/", "/plans/", "/claims/", "/notifications/", "/profile/", "/help/"],
    True: ["/", "/review/", "/plans/", "/notifications/", "/profile/", "/help/"],
}
ADMIN_PAGES = ["/admin/", "/admin/accounts/user/", "/admin/programs/program/", "/admin/plans/plan/"]
ROUNDS = 4


@pytest.fixture
def pooler(reachable: Path, start_program: Callable[..., int], own_port: int) -> Iterator[Callable[[str], str]]:
    """Start PgBouncer as deploy/pgbouncer.ini has it, for the test database; answers with the DATABASE_URL of a client."""
    there, given = connection.get_connection_params(), urlsplit(os.environ["DATABASE_URL"])
    with closing(logged_in_as_run_role()) as own, own, own.cursor() as cursor:
        # As the sample says: what PgBouncer drops of a connection the role carries.
        cursor.execute("ALTER ROLE CURRENT_USER SET lock_timeout = '5s'")
        cursor.execute("ALTER ROLE CURRENT_USER SET join_collapse_limit = 4")

    def start(mode: str) -> str:
        sample = configparser.ConfigParser(comment_prefixes=(";",))
        sample.read(portal_settings.BASE_DIR / "deploy" / "pgbouncer.ini")
        sample["databases"] = {there["dbname"]: f"host={there['host']} port={there['port']}"}
        own = {
            "listen_port": str(own_port),
            "pool_mode": mode,
            "default_pool_size": "4",
            "auth_file": str(reachable / "userlist.txt"),
            "unix_socket_dir": "",
        }
        sample["pgbouncer"].update(own)
        (reachable / "userlist.txt").write_text(f'"{given.username}" "{given.password}"\n')
        with (reachable / "pgbouncer.ini").open("w") as file:
            sample.write(file)
        start_program(["/usr/sbin/pgbouncer", "pgbouncer.ini"], own_port)
        return f"postgres://{given.username}:{given.password}@127.0.0.1:{own_port}/{there['dbname']}"

    yield start
    with closing(logged_in_as_run_role()) as own, own, own.cursor() as cursor:
        cursor.execute("ALTER ROLE CURRENT_USER RESET ALL")


@pytest.mark.parametrize(
    ("mode", "options", "refused"),
    [("transaction", "", True), ("transaction", FLAG, False), ("session", "", False)],
)
def test_o07_a_pooler_that_the_portal_was_not_told_of_is_named(
    pooler: Callable[[str], str], tmp_path: Path, mode: str, options: str, refused: bool
) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "incentives_portal.settings",
        "DATABASE_URL": pooler(mode) + options,
        "PORTAL_STATE": str(tmp_path),
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }

    command = [sys.executable, "manage.py", "check", "--database", "default"]
    run = subprocess.run(
        command, cwd=portal_settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )

    assert ("portal.E021" in run.stderr, run.returncode) == (refused, int(refused)), run.stderr


@pytest.mark.parametrize("command", [["backup"], ["restore", "--replace"]])
def test_o06_programs_that_would_spoil_a_pooled_connection_do_not_go_through_the_pooler(
    pooler: Callable[[str], str], tmp_path: Path, command: list[str]
) -> None:
    behind = pooler("transaction") + FLAG
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "incentives_portal.settings",
        "DATABASE_URL": behind,
        "DATABASE_OWNER_URL": behind,
        "PORTAL_STATE": str(tmp_path / "state"),
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    name, *options = command

    run = subprocess.run(
        [sys.executable, "manage.py", name, str(tmp_path / "backups"), *options],
        cwd=portal_settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == 1
    assert "Let DATABASE_URL of this command, of a restore DATABASE_OWNER_URL, name the server itself" in run.stderr
    assert not (tmp_path / "backups").exists()


def test_every_page_and_mail_works_behind_a_pooler_that_the_portal_was_told_of(
    pooler: Callable[[str], str],
    start_stack: Callable[[], Stack],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    behind = pooler("transaction") + FLAG
    plain = stacks.environment_of
    monkeypatch.setattr(stacks, "environment_of", lambda *given: plain(*given) | {"DATABASE_URL": behind})
    organizations.build()
    stack = start_stack()

    with ThreadPoolExecutor(len(PEOPLE)) as several:
        failed = [what for found in several.map(lambda name: walk_as(name, stack), PEOPLE) for what in found]

    assert failed == []
    stack.wait_for_mails(1, to="owen.hughes@brightwater.example", subject="new password")


def walk_as(name: str, stack: Stack) -> list[str]:
    """Read every page several times; what did not answer with 200. Owen asks for a new password as well."""
    try:
        user = User.objects.get(email__startswith=f"{name}@")
        browser, failed = signed_in(stack.url, user), []
        for path in ROUNDS * (PAGES[user.is_operator] + (ADMIN_PAGES if user.is_staff else [])):
            try:
                browser.request(path)
            except Unexpected as answer:
                failed.append(str(answer)[:200])
        if name == "owen.hughes":
            browser.cookies = {}
            form = fields_of(browser.request("/accounts/password/reset/"))
            browser.request("/accounts/password/reset/", {**form, "email": user.email}, expected=302)
        return failed
    finally:
        connection.close()
