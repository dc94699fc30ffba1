"""The settings as a process reads them from its environment."""

import json
import os
import secrets
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from incentives_portal.embedded import refcount
from incentives_portal.embedded.secret import secret_key

PRODUCTION = {
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ALLOWED_HOSTS": "incentives.example.com",
    "DATABASE_URL": "postgres://portal:secret@db.example.com:5433/portal",
    "REDIS_URL": "redis://redis.example.com:6379/0",
    "EMAIL_URL": "smtp+tls://user:secret@smtp.example.com:587",
    "CLAMD_URL": "tcp://scanner.example.com:3310",
    "TRUSTED_PROXY_COUNT": "1",
    "OPERATOR_NAME": "Example",
    "PORTAL_NAME": "Example Incentives",
}
READ = "import json; from incentives_portal import settings as s; print(json.dumps({n: getattr(s, n) for n in %r}, default=str))"


def read(state: Path, environment: dict[str, str], *names: str) -> dict[str, Any]:
    """These settings, in a process with this environment and no other."""
    output = subprocess.run(
        [sys.executable, "-c", READ % (names,)], cwd=refcount.PROJECT, capture_output=True, check=True, text=True,
        env={"PATH": os.environ["PATH"], "PORTAL_STATE": str(state), **environment},
    ).stdout  # fmt: skip
    found: dict[str, Any] = json.loads(output)
    return found


def test_empty_environment_means_embedded_servers_and_starts_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    found = read(
        state, {}, "DEBUG", "HTTPS", "EMBEDDED_DATABASE", "EMBEDDED_BROKER", "LOCAL_MAILBOX", "SESSION_COOKIE_NAME"
    )
    assert found == {
        "DEBUG": False,
        "HTTPS": False,
        "EMBEDDED_DATABASE": True,
        "EMBEDDED_BROKER": True,
        "LOCAL_MAILBOX": True,
        "SESSION_COOKIE_NAME": "portal-session",
    }
    assert [path.name for path in state.iterdir()] == ["secret-key"]


def test_environment_leads_to_real_servers_and_strict_cookies(tmp_path: Path) -> None:
    found = read(
        tmp_path, PRODUCTION, "PORTAL_URL", "EMBEDDED_DATABASE", "EMBEDDED_BROKER", "LOCAL_MAILBOX", "SESSION_COOKIE_NAME",
        "SESSION_COOKIE_SECURE", "CSRF_COOKIE_NAME", "EMAIL_HOST", "CELERY_BROKER_URL",
    )  # fmt: skip
    assert found == {
        "PORTAL_URL": "https://incentives.example.com",
        "EMBEDDED_DATABASE": False,
        "EMBEDDED_BROKER": False,
        "LOCAL_MAILBOX": False,
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "EMAIL_HOST": "smtp.example.com",
        "CELERY_BROKER_URL": "redis://redis.example.com:6379/0",
    }
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "cache"),
    [
        ({}, "redis://redis.example.com:6379/1"),
        ({"REDIS_URL": "redis://redis.example.com:6379"}, "redis://redis.example.com:6379/1"),
        ({"CACHE_URL": "redis://cache.example.com"}, "redis://cache.example.com"),
    ],
)
def test_cache_never_shares_the_database_of_the_queue(tmp_path: Path, environment: dict[str, str], cache: str) -> None:
    found = read(tmp_path, {**PRODUCTION, **environment}, "CACHES")
    assert found["CACHES"]["default"]["LOCATION"] == cache


def test_collected_files_can_be_read_by_another_account_than_the_one_that_collected(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAL_STATE": str(tmp_path),
        "STATIC_ROOT": str(tmp_path / "static"),
        **PRODUCTION,
    }
    subprocess.run(command, cwd=refcount.PROJECT, env=environment, check=True, umask=0o022)

    closed = [path for path in (tmp_path / "static").rglob("*") if path.stat().st_mode & 0o044 != 0o044]
    assert closed == []


def test_production_settings_pass_the_deploy_check(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    environment = {"PATH": os.environ["PATH"], "PORTAL_STATE": str(tmp_path), **PRODUCTION}
    run = subprocess.run(command, cwd=refcount.PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


def test_web_server_refuses_a_public_name_without_real_servers(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import incentives_portal.wsgi"]
    environment = {"PATH": os.environ["PATH"], "PORTAL_STATE": str(tmp_path), "ALLOWED_HOSTS": "incentives.example.com"}
    run = subprocess.run(command, cwd=refcount.PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "(portal.E001) The embedded servers are for one's own machine only" in run.stderr


def test_generated_key_stays_the_same_and_is_its_owners(tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = secret_key(state)
    assert secret_key(state) == first
    assert len(first) >= 50
    assert stat.S_IMODE((state / "secret-key").stat().st_mode) == 0o600
