"""What comes from others is locked by its hash, and an audit that checked nothing is red (O-09, O-10)."""

import importlib.util
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import requires
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Path = settings.BASE_DIR
LOCKED = ("requirements.txt", "requirements-dev.txt")
HOLES = {"jinja2": "PYSEC-2019-217", "django": "CVE-2099-0001"}


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text("".join(f"{name}==1.0 \\\n    --hash=sha256:{'0' * 64}\n" for name in ("django", "celery")))
    return file


@pytest.fixture
def serve() -> Iterator[Callable[[set[str]], list[str]]]:
    """A service that speaks OSV and knows the holes of these packages; answers with the options that lead to it."""
    running: list[ThreadingHTTPServer] = []

    def start(known: set[str]) -> list[str]:
        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802  (http.server's name)
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
                found: dict[str, Any] = {}
                if asked in known:
                    affected = [{"package": {"name": asked, "ecosystem": "PyPI"}, "ranges": []}]
                    found = {"vulns": [{"id": HOLES[asked], "summary": "a hole", "affected": affected}]}
                body = json.dumps(found).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_given: Any) -> None:
                """Nobody reads it."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return ["--vulnerability-service=osv", f"--osv-url=http://127.0.0.1:{server.server_port}/v1/query"]

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.mark.slow
def test_o09_an_audit_is_green_where_the_service_knows_its_trade_and_finds_nothing(audit, serve, requirements):
    assert list(audit.holes(requirements, serve({"jinja2"}))) == []


@pytest.mark.slow
def test_o09_a_known_hole_is_red(audit, serve, requirements):
    assert list(audit.holes(requirements, serve({"jinja2", "django"}))) == [
        "django 1.0 has known holes: CVE-2099-0001."
    ]


@pytest.mark.slow
def test_o09_a_service_that_knows_nothing_is_red(audit, serve, requirements):
    assert list(audit.holes(requirements, serve(set()))) == [
        "Nothing was checked: the service knows of no hole in jinja2 2.10."
    ]


@pytest.mark.slow
def test_o09_a_service_that_does_not_answer_is_red(audit, requirements):
    (found,) = audit.holes(requirements, ["--vulnerability-service=osv", "--osv-url=http://127.0.0.1:9/v1/query"])

    assert found.startswith("Nothing was checked")


@pytest.mark.slow
def test_o09_an_empty_list_of_packages_is_red(audit, serve, requirements):
    requirements.write_text("# nothing\n")

    assert "Not checked: there is nothing in the file." in list(audit.holes(requirements, serve({"jinja2"})))


def test_o09_what_runs_in_the_portal_is_under_no_license_that_binds_the_operator(audit):
    assert len(audit.pins(ROOT / "requirements.txt")) > 50
    assert list(audit.licenses(ROOT / "requirements.txt")) == []


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ("License-Expression: AGPL-3.0-only", "planted is under AGPL-3.0-only."),
        ("License: GNU General Public License v2", "planted is under GNU General Public License v2."),
        ("License-Expression: LGPL-3.0-or-later", None),
        ("License-Expression: GPL-2.0-only OR MIT", None),
        ("Summary: no word of it", "planted does not say under which license it is."),
    ],
)
def test_o09_a_license_that_binds_is_red(audit, monkeypatch, tmp_path, about, found):
    folder = tmp_path / "planted-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: planted\nVersion: 1.0\n{about}\n")
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "requirements.txt"
    file.write_text("planted==1.0 \\\n")

    assert list(audit.licenses(file)) == ([found] if found else [])


def test_o10_no_file_of_the_repository_holds_a_secret(audit):
    files = audit.files_of(ROOT)

    assert {ROOT / "README.md", ROOT / ".ci" / "run", ROOT / "manage.py"} <= set(files)
    assert list(audit.secrets(files)) == []


@pytest.mark.parametrize(
    "planted",
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEAtruly12345\n",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n",
        "ASIA" + "ABCDEFGHIJKLMNOP",
        *(f"gh{kind}_" + "a1" * 18 for kind in "pousr"),
        *(f"xox{kind}-" + "1234567890-abcdefghij" for kind in "abprs"),
        *(f"{kind}k_live_" + "a1" * 12 for kind in "rs"),
        *(
            f"{scheme}://portal:" + "Tr0ub4dor+3@db.internal.example/portal"
            for scheme in (
                "postgres",
                "postgresql",
                "redis",
                "rediss",
                "smtp",
                "smtps",
                "amqp",
                "amqps",
                "http",
                "https",
            )
        ),
        "redis://:" + "Tr0ub4dor+3@db.internal.example/0",
    ],
)
def test_o10_a_secret_that_was_planted_is_found(audit, tmp_path, planted):
    file = tmp_path / "settings.py"
    file.write_text(f"one line\n{planted}\n")

    (found,) = audit.secrets([file])
    assert found.startswith(f"{file}:2 looks like")


@pytest.mark.parametrize("name", LOCKED)
def test_every_requirement_is_one_version_with_its_hashes_and_names_no_server(audit, name):
    text = (ROOT / name).read_text()
    blocks = [block for block in text.split("\n") if block and not block.startswith((" ", "#", "--only-binary"))]

    assert len(blocks) > 50
    assert [block for block in blocks if not audit.PIN.match(block) or not block.endswith("\\")] == []
    assert text.count("--hash=sha256:") > len(blocks)
    assert "://" not in text
    assert "--only-binary :all:" in text


def test_requirements_are_those_that_were_asked_for_and_the_same_for_tests(audit):
    runtime, everything = (audit.pins(ROOT / name) for name in LOCKED)
    asked = {
        name.partition("[")[0]: version
        for file in ("requirements.in", "requirements-dev.in")
        for name, version in audit.re.findall(r"^([\w.\[\],-]+)==(\S+)", (ROOT / file).read_text(), audit.re.MULTILINE)
    }

    assert {name: everything.get(name) for name in asked} == asked
    assert {name: everything.get(name) for name in runtime} == runtime


@pytest.mark.parametrize("name", LOCKED)
def test_a_package_that_is_asked_for_with_extras_is_locked_with_them(audit, name):
    """Otherwise pip, which compares hashes then, takes it for another one without a version and installs nothing at all."""
    text = (ROOT / name).read_text()
    locked = {
        found: {extra.strip() for extra in extras.split(",")}
        for found, extras in audit.re.findall(r"^([\w.-]+)\[([^]]+)\]==", text, audit.re.MULTILINE)
    }
    asked = {
        (canonicalize_name(needed.name), extra)
        for package in audit.pins(ROOT / name)
        for needed in map(Requirement, requires(package) or [])
        if not needed.marker or needed.marker.evaluate({"extra": ""})
        for extra in needed.extras
    }

    assert asked or name == "requirements.txt"
    assert [pair for pair in sorted(asked) if pair[1] not in locked.get(pair[0], set())] == []
