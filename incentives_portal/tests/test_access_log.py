"""One line per request: what it says, what it leaves out, and that it asks the database nothing (O-11)."""

import io
import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as configured
from django.http import FileResponse, StreamingHttpResponse
from django.test import Client

from incentives_portal.access_log import AccessLogMiddleware
from incentives_portal.tests.world import november, sign_in, world  # noqa: F401


@pytest.mark.django_db
def test_o11_a_line_says_who_asked_for_what_and_carries_the_id_of_the_answer(world, access_log):
    client = sign_in(Client(REMOTE_ADDR="192.0.2.7"), world.owen)
    answer = client.get("/help/?q=what+I+typed")

    [line] = access_log.entries
    assert line == {
        "time": line["time"],
        "method": "GET",
        "path": "/help/",
        "status": 200,
        "bytes": len(answer.content),
        "ms": line["ms"],
        "user": str(world.owen.public_id),
        "address": "192.0.2.7",
        "request_id": answer["X-Request-ID"],
    }
    assert 0 <= line["ms"] < 60_000


@pytest.mark.django_db
def test_o11_the_probes_of_machines_are_left_out(access_log):
    for path in ("/livez", "/healthz", "/readyz"):
        Client().get(path)

    assert access_log.texts == []


@pytest.mark.django_db
def test_o11_hostile_paths_stay_one_line(access_log):
    Client().get("/%0d%0aGET%20/evil%1b%5b31m%e2%80%a8%7f/" + "a" * 5000)

    [text] = access_log.texts
    assert text.isascii()
    assert text.isprintable()
    assert len(json.loads(text)["path"]) == 300


@pytest.mark.django_db
def test_o11_a_file_has_its_length_and_what_is_sent_in_pieces_has_none(rf, access_log):
    answers = [FileResponse(io.BytesIO(b"12345")), StreamingHttpResponse([b"12", b"345"])]
    for answer in answers:
        AccessLogMiddleware(lambda request, answer=answer: answer)(rf.get("/file/"))
        answer.close()

    assert [line["bytes"] for line in access_log.entries] == [5, None]


@pytest.mark.django_db
def test_o11_neither_log_asks_the_database(world, access_log, security_log, django_assert_num_queries):
    """A refusal to somebody signed in writes to both: the session and its user are read, as without them."""
    client = sign_in(Client(), world.owen)
    client.get("/admin/")
    with django_assert_num_queries(2):
        answer = client.get("/admin/")

    assert answer.status_code == 403
    assert (len(access_log.texts), len(security_log.of("request.refused"))) == (2, 2)


def run_as_in_production(code, state, **more):
    """Run the code in a process with the settings of production: the test run replaces the handlers."""
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAL_STATE": str(state),
        "DJANGO_SETTINGS_MODULE": "incentives_portal.settings",
        "DATABASE_URL": "postgres://portal@db.example.com/portal",
        **more,
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=configured.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("to_file", [False, True], ids=["stdout", "file"])
def test_o11_the_settings_send_lines_where_they_say(tmp_path, to_file):
    path = tmp_path / "security.log"
    code = (
        "import django, logging; django.setup()\n"
        "from incentives_portal.accounts.security_log import Action, record\n"
        "record(Action.SIGN_OUT, text='a\\nb')\n"
        "logging.getLogger('portal.access').info('%s', '{}')\n"
    )
    files = {"SECURITY_LOG_FILE": str(path), "ACCESS_LOG_FILE": str(tmp_path / "access.log")} if to_file else {}

    run = run_as_in_production(code, tmp_path, LOG_LEVEL="ERROR", **files)
    run.check_returncode()

    written = path.read_text() + (tmp_path / "access.log").read_text() if to_file else run.stdout
    first, second = written.splitlines()
    assert json.loads(first)["details"] == {"text": "a\nb"}
    assert second == "{}"
    assert (run.stdout == "") is to_file
    assert run.stderr == ""


def test_o07_no_page_fails_for_a_log_that_cannot_be_opened(tmp_path):
    """As with a disk that is full: the line is lost, and standard error says so."""
    code = (
        "import django, logging; django.setup()\n"
        "logging.getLogger('portal.access').info('%s', '{}')\n"
        "print('answered')\n"
    )

    run = run_as_in_production(code, tmp_path, ACCESS_LOG_FILE=str(tmp_path / "not" / "there" / "access.log"))

    assert (run.returncode, run.stdout) == (0, "answered\n")
    assert "No such file or directory" in run.stderr
