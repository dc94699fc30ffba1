"""A statement of a web process is broken off in time, and the visitor is told in words."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings as portal_settings
from django.db import OperationalError, connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from incentives_portal.locks import limit_statements, took_too_long
from incentives_portal.tests.stack import environment_of
from incentives_portal.tests.world import sign_in


def slow(request: HttpRequest) -> HttpResponse:
    """A page whose query takes long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(30)")
    return HttpResponse("late")


urlpatterns = [path("slow/", slow), path("", include("incentives_portal.urls"))]
handler403 = "incentives_portal.accounts.views.forbidden"

#: A web process at a long query.
WEB = """
import incentives_portal.wsgi
from django.db import connection
cursor = connection.cursor()
print("asking", flush=True)
cursor.execute("SELECT pg_sleep(60) /* of the web */")
"""


@pytest.fixture
def options():
    """The options of connections as a process has them that serves no pages; put back after the test."""
    given = connections.settings["default"]["OPTIONS"]
    before = given["options"]
    given["options"] = re.sub(
        r" -c statement_timeout=\S+", "", before
    )  # whoever imports wsgi.py, as test_wsgi.py does, sets it
    yield given
    given["options"] = before


def test_web_processes_get_the_timeout_of_the_setting_and_others_none(options, settings):
    assert "statement_timeout" not in options["options"]
    settings.WEB_STATEMENT_TIMEOUT = 0
    limit_statements()
    assert "statement_timeout" not in options["options"]

    settings.WEB_STATEMENT_TIMEOUT = 30
    limit_statements()

    assert options["options"].endswith("-c statement_timeout=30s")
    assert "lock_timeout=5s" in options["options"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "words"), [("en", "This took too long"), ("de", "Das hat zu lange gedauert")])
def test_visitor_whose_query_takes_too_long_gets_a_page(world, options, settings, language, words):
    settings.ROOT_URLCONF, settings.WEB_STATEMENT_TIMEOUT = __name__, 1
    world.mira.language = language
    world.mira.save()
    client = sign_in(Client(), world.mira)
    limit_statements()
    connection.close()  # the next one is a web process's
    begun = time.monotonic()
    try:
        response = client.get("/slow/")
    finally:
        connection.close()

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert words in response.content.decode()
    assert time.monotonic() - begun < 5


def test_other_errors_of_the_database_are_none_of_it():
    assert not took_too_long(OperationalError("server closed the connection unexpectedly"))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_query_does_not_outlive_a_web_process_that_was_killed():
    environment = environment_of(0, "redis://127.0.0.1:1/0", 1) | {"WEB_STATEMENT_TIMEOUT": "3"}
    web = subprocess.Popen(
        [sys.executable, "-c", WEB], env=environment, cwd=portal_settings.BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    try:
        assert web.stdout.readline() == "asking\n"
        wait_until(lambda: running() == 1)
        os.kill(web.pid, signal.SIGKILL)
        web.wait()
        wait_until(lambda: running() == 0, seconds=6)
    finally:
        web.kill()
        web.stdout.close()
        web.wait()


def running():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s AND pid <> pg_backend_pid()",
            ["%of the web%"],
        )
        return cursor.fetchone()[0]


def wait_until(true, seconds=10.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)
