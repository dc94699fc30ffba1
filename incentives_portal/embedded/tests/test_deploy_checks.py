import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.core import management
from django.core.checks import run_checks
from django.db import connection

from incentives_portal.embedded import deploy_checks
from incentives_portal.embedded.compile_translations import compile_translations
from incentives_portal.tests.owner import as_owner

from .test_checks import PUBLIC


@pytest.mark.parametrize(
    ("given", "address", "hosts", "found"),
    [
        (False, "https://incentives.example.com", ["incentives.example.com"], ["portal.E020"]),
        (True, "https://incentives.example.com", ["incentives.example.com"], []),
        (False, "http://localhost:8000", ["localhost"], []),
    ],
)
def test_o07_a_public_portal_is_told_of_its_proxies(
    settings: Any, given: bool, address: str, hosts: list[str], found: list[str]
) -> None:
    for name, value in PUBLIC.items():
        setattr(settings, name, value)
    settings.CLAMD_URL = "tcp://127.0.0.1:3310"
    settings.NAMES_GIVEN = True
    settings.PROXY_COUNT_GIVEN, settings.PORTAL_URL, settings.ALLOWED_HOSTS = given, address, hosts
    settings.HTTPS = address.startswith("https")

    assert [message.id for message in run_checks(tags=["portal"], include_deployment_checks=True)] == found


@pytest.mark.django_db
def test_a_database_without_a_pooler_is_not_taken_for_one(settings: Any) -> None:
    settings.EMBEDDED_DATABASE = False

    assert deploy_checks.check_pooler(databases=["default"]) == []


@pytest.mark.django_db
def test_role_with_other_rights_than_the_written_ones_is_named() -> None:
    def found() -> list[str | None]:
        return [message.id for message in deploy_checks.check_role(databases=["default"])]

    assert found() == []
    with as_owner(), connection.cursor() as cursor:
        assert found() == ["portal.E025"]
        cursor.execute(f"REVOKE INSERT ON cases_event FROM {portal_settings.RUN_ROLE}")
    assert found() == ["portal.E026"]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"GRANT INSERT, DELETE ON cases_event TO {portal_settings.RUN_ROLE}")
    assert found() == ["portal.E025"]


@pytest.mark.parametrize(("owner", "found"), [({"USER": "portal_owner"}, ["portal.W023"]), ({}, [])])
def test_owner_does_not_belong_into_the_environment_of_a_process(
    settings: Any, owner: dict[str, str], found: list[str]
) -> None:
    settings.EMBEDDED_DATABASE, settings.DATABASE_OWNER = False, owner

    assert [message.id for message in deploy_checks.check_owner_is_elsewhere()] == found


@pytest.mark.parametrize(("given", "found"), [(False, ["portal.W020"]), (True, [])])
def test_o07_a_public_portal_has_the_name_of_its_operator(settings: Any, given: bool, found: list[str]) -> None:
    for name, value in PUBLIC.items():
        setattr(settings, name, value)
    settings.NAMES_GIVEN = given

    assert [message.id for message in deploy_checks.check_names()] == found


@pytest.fixture
def public(settings: Any, tmp_path: Path) -> Any:
    """Settings of a public portal with one static file and one catalogue, in folders of their own."""
    for name, value in PUBLIC.items():
        setattr(settings, name, value)
    sources, words = tmp_path / "sources", tmp_path / "locale" / "de" / "LC_MESSAGES"
    for folder in (sources, words):
        folder.mkdir(parents=True)
    (sources / "portal.css").write_text("a { color: red }")
    (words / "django.po").write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n')
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [sources], tmp_path / "static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    storage = {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    return settings


def test_o07_static_files_that_were_not_collected_are_missed_before_a_page_fails(public: Any) -> None:
    (never,) = deploy_checks.check_collected(databases=["default"])
    management.call_command("collectstatic", interactive=False, verbosity=0)
    collected = deploy_checks.check_collected(databases=["default"])
    (public.STATICFILES_DIRS[0] / "of-the-next-release.css").write_text("")
    (upgraded,) = deploy_checks.check_collected(databases=["default"])

    assert (never.id, collected, upgraded.id) == ("portal.E022", [], "portal.E022")
    assert "of-the-next-release.css" in upgraded.msg


def test_o07_translations_that_were_not_compiled_since_they_changed_are_named(public: Any) -> None:
    (source,) = public.LOCALE_PATHS[0].glob("*/*/*.po")
    (never,) = deploy_checks.check_translations(databases=["default"])
    compile_translations(public.LOCALE_PATHS)
    compiled = deploy_checks.check_translations(databases=["default"])
    later = source.stat().st_mtime + 60
    os.utime(source, (later, later))
    (upgraded,) = deploy_checks.check_translations(databases=["default"])

    assert (never.id, compiled, upgraded.id) == ("portal.W022", [], "portal.W022")


def test_o07_a_log_that_cannot_be_written_is_named(settings: Any, tmp_path: Path) -> None:
    settings.ACCESS_LOG_FILE = str(tmp_path / "access.log")
    settings.SECURITY_LOG_FILE = str(tmp_path / "not" / "there" / "security.log")

    (message,) = deploy_checks.check_log_files(databases=["default"])

    assert (message.id, settings.SECURITY_LOG_FILE in message.msg) == ("portal.E023", True)
    assert list(tmp_path.iterdir()) == []
