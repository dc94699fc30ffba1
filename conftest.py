"""What every test may count on: a throwaway cluster, compiled words, a browser if there is one, and warnings as errors."""

import gc
import os
import shutil
from collections.abc import Iterator
from itertools import count
from math import ceil
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models.signals import post_migrate
from django.template import Template
from django.test import TransactionTestCase
from django.test import client as django_client

from incentives_portal.accounts import sessions
from incentives_portal.embedded import local, refcount
from incentives_portal.embedded.compile_translations import compile_translations
from incentives_portal.tests import fixture_cache
from incentives_portal.tests.owner import as_owner

pytest_plugins = ["incentives_portal.tests.stack", "incentives_portal.tests.log_lines"]

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's sync API runs an event loop in this case

# How long an example takes says something about the machine and nothing about the code.
hypothesis.settings.register_profile("portal", deadline=None, print_blob=True)
hypothesis.settings.load_profile("portal")

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
_numbers = count(1)
_begun: set[Path] = set()
IN_CI = os.environ.get("CI", "").lower() == "true"


def pytest_configure(config: pytest.Config) -> None:
    """The workers of pytest-xdist find the words compiled by the process that started them."""
    if not hasattr(config, "workerinput"):
        compile_translations(settings.LOCALE_PATHS)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Chromium the browser tests are skipped, with the reason; CI has no reason to be without.

    What takes long begins first: otherwise one worker is left with it while the others have nothing to do. Each worker begins with a piece
    of the list, and takes from the end of another's when its own is done; what a file builds for its tests is built once.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = [item for item in items if not item.get_closest_marker("slow")]
    files, length = list(dict.fromkeys(item.path for item in slow)), ceil(len(quick) / workers)
    items.clear()
    for number in range(workers):
        own = files[number::workers]
        items += [item for item in slow if item.path in own] + quick[number * length : (number + 1) * length]
    if CHROMIUM:
        return
    reason = "no Chromium: apt-get install chromium, or set CHROMIUM to its path"
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What is there when the tests of a file begin is not looked at again for garbage, and garbage is looked for less often.

    Every look goes through a million objects of Django, of pytest and of libraries, which stay: it took an eighth of all time.
    """
    if item.path not in _begun:
        _begun.add(item.path)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 10, 1_000)


def pytest_sessionfinish() -> None:
    """The last look is at everything: whoever left a file or a socket open is told."""
    gc.unfreeze()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[None]:
    """With CI=true a skipped test is a failed one: nobody reads the skips of a machine."""
    outcome = yield
    report = outcome.get_result()
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although CI=true: {report.longrepr}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database; sessions that others left on it are named and ended before it goes.

    A browser that keeps a connection to the live server open keeps a case, and that case its session.
    """
    # After a test that commits all tables are emptied, and Django would write its permissions anew, which nothing in the portal reads.
    # Nor do rights change.
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(sender=apps.get_app_config("installation"), dispatch_uid="rights")
    options = connection.settings_dict["OPTIONS"]
    connection.close()
    options["assume_role"] = settings.RUN_ROLE
    yield
    connection.close()
    del options["assume_role"]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT query, pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND pg_has_role(usesysid, 'MEMBER')"
        )
        for query, _ended in cursor.fetchall():
            print(f"A session was left on the test database; its last query: {query}")


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied_by_their_owner() -> Iterator[None]:
    """After a test that commits, TRUNCATE undoes what it did; the role that runs the portal may not, and triggers refuse."""
    empty = TransactionTestCase._fixture_teardown

    def empty_as_owner(case: TransactionTestCase) -> None:
        with as_owner(without_triggers=True):
            empty(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_as_owner)
        yield


@pytest.fixture(scope="session", autouse=True)
def _controls_are_not_kept() -> Iterator[None]:
    """The test client copies all that each template was given; of those that draw a control there are hundreds in a page."""
    keep = django_client.store_rendered_templates

    def keep_pages(store: Any, signal: Any, sender: Any, template: Template, context: Any, **given: Any) -> None:
        if not (template.name or "").startswith("django/forms/widgets/"):
            keep(store, signal, sender, template, context, **given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(django_client, "store_rendered_templates", keep_pages)
        yield


@pytest.fixture(scope="session")
def _media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture(autouse=True)
def _own_surroundings(_media: Path, settings: Any) -> Iterator[None]:
    """Files go into a folder of the test's own, and no rate limit or cached value comes from another test."""
    settings.MEDIA_ROOT = _media / str(next(_numbers))  # made with its first file: most tests have none
    cache.clear()
    yield
    fixture_cache.forget()


@pytest.fixture(autouse=True)
def _sessions_are_not_counted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session is written once a minute: where queries are counted, a busy machine adds none."""
    if "django_assert_num_queries" in request.fixturenames:
        monkeypatch.setattr(sessions, "SEEN_EVERY", float("inf"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "headless": True,
        "args": ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    size = {"width": 1280, "height": 900}
    return {
        **browser_context_args,
        "locale": "en-GB",
        "timezone_id": "UTC",
        "viewport": size,
        "reduced_motion": "reduce",
    }


def pytest_unconfigure(config: pytest.Config) -> None:
    """The run that made the throwaway cluster ends it; workers of xdist only used it."""
    if hasattr(config, "workerinput") or not settings.configured:
        return
    place = local.place()
    if place.throwaway:
        refcount.release(place)
