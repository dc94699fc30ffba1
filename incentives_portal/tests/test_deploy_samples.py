"""What deploy/ says agrees with the settings: sizes, addresses, commands. Run as it stands by tests/debian (marker ``debian``)."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings

from incentives_portal.documents import quotas
from incentives_portal.embedded import quickstart

ROOT: Path = settings.BASE_DIR
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
NGINX = (ROOT / "deploy" / "nginx" / "incentives.conf").read_text()
#: What every process is kept from.
HARDENED = (
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "CapabilityBoundingSet=",
    "UMask=0077",
    "User=incentives",
    "EnvironmentFile=/etc/incentives/portal.env",
)


def command(unit: str) -> str:
    found = re.search(
        r"^ExecStart=(.*)$", (ROOT / "deploy" / "systemd" / f"incentives-{unit}.service").read_text(), re.M
    )
    assert found
    return found[1]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_o07_units_run_as_an_ordinary_user_and_hold_no_secret(unit):
    lines = unit.read_text().splitlines()

    assert [wanted for wanted in HARDENED if wanted not in lines] == []
    assert [line for line in lines if re.search(r"SECRET|PASSWORD|DATABASE_URL", line)] == []


def test_units_serve_every_queue_and_tell_the_time_once():
    assert {unit.name for unit in UNITS} == {
        f"incentives-{name}.service" for name in ("web", "worker-portal", "worker-documents", "beat", "backup")
    }
    served = {
        queue for name in ("worker-portal", "worker-documents") for queue in re.findall(r"-Q (\S+)", command(name))
    }
    assert served == {queue.name for queue in settings.CELERY_TASK_QUEUES}
    assert [name for name in ("web", "worker-portal", "worker-documents") if "beat" in command(name).split()] == []
    assert "beat" in command("beat").split()


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_o07_units_may_write_where_the_samples_let_them(unit):
    """The folder of the logs that .env.example names, and that of the backups; everything else is read-only for them."""
    lines = unit.read_text().splitlines()
    logs = re.findall(r"^#\w+_LOG_FILE=/var/log/(\w+)/", (ROOT / ".env.example").read_text(), re.M)

    assert [f"LogsDirectory={name}" in lines for name in logs] == [True, True]
    written = [place for line in lines for place in re.findall(r"manage\.py backup (\S+)", line)]
    assert [f"ReadWritePaths={place}" in lines for place in written] == [True] * len(written)
    assert bool(written) is (unit.name == "incentives-backup.service")


def test_nginx_lets_through_what_the_portal_reads():
    (size,) = re.findall(r"client_max_body_size (\d+)m;", NGINX)

    assert quotas.max_body_bytes() <= int(size) * 1024 * 1024 <= quotas.max_body_bytes() * 1.05


def test_nginx_and_gunicorn_agree_on_addresses_and_patience():
    gunicorn = command("web")
    (longest,) = re.findall(r'"~\^\.\{(\d+)\}" 1;', NGINX)
    (line,) = re.findall(r"--limit-request-line (\d+)", gunicorn)
    (patience,) = re.findall(r"proxy_read_timeout (\d+)s", NGINX)
    (timeout,) = re.findall(r"--timeout (\d+)", gunicorn)

    assert int(longest) < int(line)
    assert int(timeout) < int(patience)
    assert re.search(r"--bind (\S+)", gunicorn)[1] in NGINX


def test_a_long_search_reaches_the_portal_wherever_it_runs():
    """Gunicorn by itself reads 4,094 characters, and says a bare 414 to the rest."""
    (line,) = re.findall(r"--limit-request-line \d+", command("web"))
    (web,) = (part for part in quickstart.parts([], 0, {}) if part.name == "web")

    assert line in " ".join(web.command)
    assert line in (ROOT / "README.md").read_text()
    assert re.findall(r"--limit-request-line[\", ]+\d+", (ROOT / "deploy" / "Containerfile").read_text())


@pytest.mark.parametrize("page", sorted((ROOT / "deploy" / "nginx").glob("*.html")), ids=lambda path: path.name)
def test_pages_of_nginx_run_and_fetch_nothing(page):
    text = page.read_text()

    assert re.findall(r"<(?:script|style|link|img)|style=|http", text) == []
    assert f"/{page.name}" in NGINX
    assert re.search(r'<html lang="en">.*<title>.+</title>.*<h1>', text, re.S)


def instructions() -> list[tuple[str, str]]:
    """The Containerfile as pairs of word and rest; lines that go on are one."""
    text = (ROOT / "deploy" / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, rest in lines]


def test_o07_the_image_runs_as_an_ordinary_user_and_holds_no_secret():
    found = instructions()
    last = found[len(found) - [word for word, _rest in reversed(found)].index("FROM") :]

    assert [rest for word, rest in last if word == "USER"] == ["10001:10001"]
    assert [rest for word, rest in found if word in ("ARG", "ADD")] == []
    assert [rest for word, rest in found if word == "ENV" and re.search(r"SECRET|PASSWORD|_URL", rest)] == []
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".env", ".portal", ".venv"} <= set(ignored)
    for word, rest in found:
        if word == "COPY" and not rest.startswith("--from"):
            assert (ROOT / rest.split()[0]).exists(), rest
    assert any(word == "RUN" and "--require-hashes -r requirements.txt" in rest for word, rest in found)


def test_the_image_serves_as_the_unit_does():
    (_word, last) = [pair for pair in instructions() if pair[0] == "CMD"][-1]
    words = [word.replace("0.0.0.0", "127.0.0.1") for word in json.loads(last)]  # noqa: S104  (within the image)

    assert words == [Path(command("web").split()[0]).name, *command("web").split()[1:]]
