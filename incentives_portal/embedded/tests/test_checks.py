import base64
import re
import secrets
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.core.management.utils import get_random_secret_key
from django.db import connection
from django.db.models.signals import pre_migrate

from incentives_portal.embedded import checks
from incentives_portal.embedded.secret import weakness_of
from incentives_portal.tests.owner import as_owner

# What a portal that strangers can reach has to have.
PUBLIC = {
    "ALLOWED_HOSTS": ["incentives.example.com"],
    "PORTAL_URL": "https://incentives.example.com",
    "HTTPS": True,
    "EMBEDDED_DATABASE": False,
    "DATABASE_OWNER": {},
    "EMBEDDED_BROKER": False,
    "SECRET_KEY_GENERATED": False,
    "SECRET_KEY": secrets.token_urlsafe(50),
    "SECRET_KEY_FALLBACKS": [],
    "LOCAL_MAILBOX": False,
    "DEBUG": False,
    "PORTAL_CLOCK": 0,
}
# What quickstart runs with.
LOCAL = {
    **PUBLIC,
    "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
    "PORTAL_URL": "http://localhost:8000",
    "HTTPS": False,
    "EMBEDDED_DATABASE": True,
    "EMBEDDED_BROKER": True,
    "SECRET_KEY_GENERATED": True,
    "LOCAL_MAILBOX": True,
    "PORTAL_CLOCK": -86400,
}


def found(settings: Any, **values: Any) -> list[str]:
    for name, value in values.items():
        setattr(settings, name, value)
    return [error.id for error in checks.check_start()]


@pytest.mark.parametrize("values", [PUBLIC, LOCAL], ids=["public", "local"])
def test_complete_settings_start(settings: Any, values: dict[str, Any]) -> None:
    assert found(settings, **values) == []
    checks.refuse_unsafe_start()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"EMBEDDED_DATABASE": True}, "portal.E001"),
        ({"EMBEDDED_BROKER": True}, "portal.E001"),
        ({"SECRET_KEY_GENERATED": True}, "portal.E002"),
        ({"HTTPS": False}, "portal.E003"),
        ({"LOCAL_MAILBOX": True}, "portal.E004"),
        ({"DEBUG": True}, "portal.E005"),
        ({"PORTAL_CLOCK": 1}, "portal.E006"),
    ],
)
def test_each_unsafe_setting_refuses_to_start_by_its_name(settings: Any, change: dict[str, Any], code: str) -> None:
    assert found(settings, **{**PUBLIC, **change}) == [code]
    with pytest.raises(ImproperlyConfigured, match=code):
        checks.refuse_unsafe_start()


@pytest.mark.parametrize(
    "hosts", [["*"], [".example.com"], ["localhost", "incentives.example.com"], ["192.168.1.7"], []], ids=str
)
def test_any_host_but_loopback_is_public(settings: Any, hosts: list[str]) -> None:
    assert found(settings, **{**LOCAL, "PORTAL_CLOCK": 0, "ALLOWED_HOSTS": hosts}) == [
        "portal.E001",
        "portal.E002",
        "portal.E003",
        "portal.E004",
    ]


COMMENT = '# python -c "import secrets; print(secrets.token_urlsafe(50))"'


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (COMMENT, "is a comment"),
        ("   " + COMMENT, "is a comment"),
        ("#fill-me-in", "is short"),
        (secrets.token_urlsafe(50) + " # the key of the portal", "has a comment behind it"),
        ("django-insecure-" + get_random_secret_key(), "Django generated for development"),
        ("0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ", "is published"),
        ("change-me-change-me-change-me-change-me-change-me-change-me", "is a placeholder"),
        ("a-key-that-is-no-secret", "is short: 23 characters, and at least 50"),
        (secrets.token_urlsafe(30), "is short"),
        ("x" * 80, "easy to guess"),
        ("correct horse battery " * 4, "easy to guess"),
        ("password" * 7 + "1", "easy to guess"),
        ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "easy to guess"),
        ("0101101001011010010110100101101001011010010110101101001", "easy to guess"),
    ],
    ids=[
        "comment",
        "comment after blanks",
        "commented",
        "Django's",
        "published",
        "placeholder",
        "short #",
        "short",
        "short random",
        "one character",
        "repeated",
        "repeated with an end",
        "alphabet",
        "two characters",
    ],
)
def test_o07_a_weak_key_starts_on_no_public_host(settings: Any, key: str, text: str) -> None:
    assert found(settings, **{**PUBLIC, "SECRET_KEY": key}) == ["portal.E007"]
    with pytest.raises(ImproperlyConfigured, match=f"SECRET_KEY.*{text}.*Set another one"):
        checks.refuse_unsafe_start()
    assert found(settings, **{**LOCAL, "SECRET_KEY": key}) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: secrets.token_urlsafe(50),
        lambda: secrets.token_hex(32),
        lambda: base64.b64encode(secrets.token_bytes(48)).decode(),
        get_random_secret_key,
    ],
    ids=["urlsafe", "hex", "base64", "Django's"],
)
def test_o07_a_good_key_is_never_taken_for_a_weak_one(make: Any) -> None:
    assert [key for key in (make() for _n in range(2000)) if weakness_of(key)] == []


def test_o07_a_weak_key_among_the_earlier_ones_is_believed_as_well(settings: Any) -> None:
    keys = [secrets.token_urlsafe(50), "a-key-that-is-no-secret"]

    assert found(settings, **{**PUBLIC, "SECRET_KEY_FALLBACKS": keys}) == ["portal.E008"]
    with pytest.raises(ImproperlyConfigured, match="Key 2 of SECRET_KEY_FALLBACKS is short"):
        checks.refuse_unsafe_start()


def test_o07_every_key_that_stands_in_the_repository_is_refused() -> None:
    """Whatever is assigned to SECRET_KEY in a tracked file, and can be read by everybody."""
    command = ["git", "grep", "-hIE", r"SECRET_KEY[\"']?\s*[=:]", "--", ".", ":!*.lock"]
    lines = subprocess.run(command, cwd=configured.BASE_DIR, capture_output=True, text=True, check=True).stdout
    keys = {
        key
        for pair in re.findall(r"SECRET_KEY[\"']?\s*[=:]\s*(?:\"([^\"\n]*)\"|([^\s\"'(]+))", lines)
        for key in pair
        if key
    }

    assert len(keys) > 2
    assert [key for key in keys if not weakness_of(key)] == []


# Migrations that go backwards


@pytest.fixture
def owner(db: None, settings: Any) -> Iterator[None]:
    """One role that owns the tables, on the connection and in the transaction of the test."""
    settings.DATABASE_OWNER = {}
    with as_owner():
        yield


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize("target", [("accounts", "zero"), ("cases", "zero")], ids=str)
def test_o07_a_migration_that_would_drop_tables_is_refused_on_a_real_database(settings: Any, target: Any) -> None:
    settings.EMBEDDED_DATABASE = False

    with pytest.raises(CommandError, match=r"drop tables or columns.*Nothing was changed.*restore the backup"):
        call_command("migrate", *target, verbosity=0, interactive=False)

    assert "accounts_user" in connection.introspection.table_names()


@pytest.mark.django_db
def test_role_that_runs_the_portal_migrates_nothing(settings: Any) -> None:
    settings.DATABASE_OWNER = {}

    with pytest.raises(CommandError, match="does not own the tables.*set DATABASE_OWNER_URL"):
        call_command("migrate", verbosity=0, interactive=False)


@pytest.mark.usefixtures("owner")
def test_migrations_that_go_forwards_or_lose_nothing_are_not_refused(settings: Any) -> None:
    settings.EMBEDDED_DATABASE = False

    call_command("migrate", verbosity=0, interactive=False)
    call_command("migrate", "accounts", "zero", plan=True, verbosity=0, interactive=False)


def test_on_embedded_servers_everything_may_be_tried(settings: Any) -> None:
    assert settings.EMBEDDED_DATABASE
    assert any(receiver[1]() is checks.refuse_lost_tables for receiver in pre_migrate.receivers)
