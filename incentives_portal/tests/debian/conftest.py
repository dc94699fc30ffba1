"""Programs of Debian's that stand around a portal: PgBouncer and nginx. They run as nobody where the tests run as root."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from incentives_portal.tests.stack import free_port

AS_NOBODY = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that is nobody's own; pytest's are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="portal-debian-"))
    if AS_NOBODY:
        shutil.chown(folder, "nobody", "nogroup")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def start_program(reachable: Path) -> Iterator[Callable[..., int]]:
    """Start a program in the foreground and wait until it answers at its port; ends it with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def start(command: list[str], port: int) -> int:
        said = reachable / f"{Path(command[0]).name}.out"
        with said.open("ab") as log:
            running.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=reachable, **AS_NOBODY))  # type: ignore[call-overload]
        end = time.monotonic() + 20
        while not listens(port):
            assert running[-1].poll() is None, said.read_text(errors="replace")
            assert time.monotonic() < end, f"{command[0]} does not listen on {port}"
            time.sleep(0.05)
        return port

    yield start
    for program in running:
        program.terminate()
        program.wait(20)


def listens(port: int) -> bool:
    """Whether somebody answers at a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def own_port() -> int:
    return free_port()
