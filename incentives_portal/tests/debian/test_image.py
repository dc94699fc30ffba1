"""The Containerfile, as far as it can be tried without an engine: its commands run one by one in empty folders, the last one as its user.

What is not tried: that the base image has a Python with venv, and what the engine itself does.
"""

import fnmatch
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from incentives_portal.embedded.tests.test_settings import PRODUCTION
from incentives_portal.tests.stack import free_port
from incentives_portal.tests.test_deploy_samples import ROOT, instructions

pytestmark = pytest.mark.debian

USER = 10001


def is_ignored(path: Path) -> bool:
    """Whether .dockerignore keeps a path, relative to the repository, out of the image."""
    patterns = (ROOT / ".dockerignore").read_text().splitlines()
    names = [part for line in patterns if line and not line.startswith("#") for part in [line.removeprefix("**/")]]
    return any(fnmatch.fnmatch(part, name) for part in path.parts for name in names)


def copy(source: str, target: Path) -> None:
    here = ROOT / source
    if here.is_file():
        shutil.copy(here, target)
        return

    def ignored(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if is_ignored((Path(folder) / name).relative_to(ROOT))]

    shutil.copytree(here, target, ignore=ignored)


def build(root: Path) -> dict[str, str]:
    """Do what the file says below a folder; the environment of the image."""
    environment, home = {"PATH": "/usr/bin:/bin"}, root

    def inside(text: str) -> str:
        for folder in ("/opt/incentives", "/var/lib/incentives", "/tmp/state"):  # noqa: S108  (of the image)
            text = text.replace(folder, str(root) + folder)
        return text

    for word, rest in instructions():
        if word == "ENV":
            for pair in inside(rest).split():
                name, _equals, value = pair.partition("=")
                environment[name] = value.replace("$PATH", environment["PATH"])
        elif word == "WORKDIR":
            home = Path(inside(rest))
            home.mkdir(parents=True, exist_ok=True)
        elif word == "COPY" and not rest.startswith("--from"):
            source, target = rest.split()
            copy(source, home / target)
        elif word == "RUN":
            pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
            subprocess.run(["/bin/sh", "-ec", inside(rest)], cwd=home, env=pip | environment, check=True, timeout=600)
    return environment


def test_the_commands_of_the_image_make_a_portal_that_answers(reachable: Path) -> None:
    environment = build(reachable)
    reachable.chmod(0o755)

    (_word, last) = [pair for pair in instructions() if pair[0] == "CMD"][-1]
    port = free_port()
    command = [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in json.loads(last)]  # noqa: S104
    command[0] = str(reachable / "opt/incentives/.venv/bin" / command[0])
    as_user = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
    running = subprocess.Popen(command, cwd=reachable / "opt/incentives", env=environment | PRODUCTION, **as_user)  # type: ignore[call-overload]
    try:
        assert answer_of(port, running) == 200
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)
    left = [path for path in (reachable / "opt/incentives").rglob("*") if path.name in (".env", "secret-key", "tests")]
    assert [path for path in left if ".venv" not in path.parts] == []
    assert list((reachable / "var/lib/incentives").iterdir()) == []


def answer_of(port: int, running: subprocess.Popen[bytes]) -> int:
    """The status of /livez, as soon as there is one."""
    end = time.monotonic() + 120
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/livez", headers={"Host": "incentives.example.com", "X-Forwarded-Proto": "https"}
    )
    while True:
        assert running.poll() is None
        assert time.monotonic() < end
        with suppress(OSError), urllib.request.urlopen(asked, timeout=10) as answer:
            return int(answer.status)
        time.sleep(0.5)
