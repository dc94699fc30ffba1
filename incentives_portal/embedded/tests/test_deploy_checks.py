import os
from pathlib import Path
from typing import Any

import pytest
from django.core import management
from django.core.checks import run_checks

from incentives_portal.embedded import deploy_checks
from incentives_portal.embedded.compile_translations import compile_translations

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
