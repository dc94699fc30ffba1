"""The real stack for tests: gunicorn, a Celery worker with beat, a broker and an SMTP server of its own, on the test database.

A test that uses it needs ``@pytest.mark.django_db(transaction=True)``: other processes see committed rows only.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings as portal_settings
from django.db import connection

from incentives_portal.embedded import file_locks, servers
from incentives_portal.embedded.state_dir import Place

START_SECONDS = 60
HOST = "127.0.0.1"


class Inbox:
    """What arrived at the SMTP server, in the order of arrival."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        message = BytesParser(policy=policy.default).parsebytes(envelope.content)
        message["X-Rcpt-To"] = ", ".join(envelope.rcpt_tos)
        self.messages.append(message)  # type: ignore[arg-type]
        return "250 OK"


@dataclass
class Stack:
    """A running portal. ``url`` is its address as people type it."""

    url: str
    folder: Path
    environment: dict[str, str]
    _inbox: Inbox
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return int(urlsplit(self.url).port or 80)

    def mails(self, to: str = "", subject: str = "") -> list[EmailMessage]:
        """Mails that arrived, oldest first; those to an address, and with these words in the subject, where given."""
        return [
            mail
            for mail in list(self._inbox.messages)
            if (not to or to in [address for _name, address in getaddresses([mail["X-Rcpt-To"]])])
            and subject in mail["Subject"]
        ]

    def wait_for_mails(self, number: int, to: str = "", subject: str = "", seconds: float = 20) -> list[EmailMessage]:
        """The mails as above, as soon as there are so many. Raises AssertionError."""
        end = time.monotonic() + seconds
        while len(found := self.mails(to, subject)) < number:
            assert time.monotonic() < end, (
                f"{len(found)} of {number} mails to {to!r} with {subject!r}:\n{self.log('worker')}"
            )
            time.sleep(0.1)
        return found

    def log(self, name: str) -> str:
        """What a process printed: "web" or "worker"."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def start_web(self) -> None:
        bind = f"--bind={HOST}:{self.port}"
        self._start(
            "web",
            [
                "gunicorn",
                "incentives_portal.wsgi",
                "--workers=2",
                "--limit-request-line=8190",
                "--no-control-socket",
                bind,
            ],
        )

    def start_worker(self, name: str = "worker", queues: str = "", niceness: int = 0) -> None:
        """The worker is its own beat: one process less to wait for. A second one with another name is a second beat.

        Without ``queues`` it serves all of them.
        """
        own = name.replace(" ", "-")
        schedule = f"--schedule={self.folder / f'beat-schedule-of-{own}'}"
        celery = ["celery", "-A", "incentives_portal", "worker", "-B", schedule, "-n", f"{own}-{self.port}@localhost"]
        options = ["--loglevel=INFO", "--without-gossip", "--without-mingle", *(["-Q", queues] if queues else [])]
        self._start(name, [*celery, *options], niceness)

    def _start(self, name: str, command: list[str], niceness: int = 0) -> None:
        """Start a process of the stack in a session of its own."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                ["nice", "-n", str(niceness), sys.executable, "-m", *command], env=self.environment, cwd=portal_settings.BASE_DIR,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def pid_of(self, name: str) -> int:
        return self._processes[name].pid

    def stop(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """End a process with all its children."""
        process = self._processes.pop(name)
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop_all(self) -> None:
        for name in list(self._processes):
            self.stop(name)

    def wait_until(self, ready: Callable[[], bool], name: str) -> None:
        end = time.monotonic() + START_SECONDS
        while not ready():
            assert self._processes[name].poll() is None, f"{name} ended:\n{self.log(name)}"
            assert time.monotonic() < end, f"{name} did not start:\n{self.log(name)}"
            time.sleep(0.1)

    def answers(self) -> bool:
        """Does the web server?"""
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/livez", timeout=10) as answer:
            return bool(answer.status == 200)
        return False


@pytest.fixture
def start_stack(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """Starts a stack; ``clock`` moves its time, and this process's, by so many seconds."""
    place = Place(tmp_path / "broker", throwaway=True)
    place.make()
    broker = servers.start_valkey(place)
    inbox = Inbox()
    mail_port = free_port()
    smtp = Controller(inbox, hostname=HOST, port=mail_port)
    smtp.start()
    started: list[Stack] = []

    def start(clock: int = 0) -> Stack:
        if clock and not portal_settings.EMBEDDED_DATABASE:
            pytest.skip("PORTAL_CLOCK needs the embedded database: unset DATABASE_URL")
        port = free_port()
        settings.PORTAL_CLOCK, settings.PORTAL_URL = clock, f"http://localhost:{port}"
        environment = environment_of(clock, f"redis://:{broker.password}@{HOST}:{broker.port}/0", mail_port)
        stack = Stack(settings.PORTAL_URL, tmp_path, environment, inbox)
        started.append(stack)
        collect_static(environment)
        stack.start_web()
        stack.start_worker()
        stack.wait_until(stack.answers, "web")
        stack.wait_until(lambda: "ready." in stack.log("worker"), "worker")
        return stack

    try:
        yield start
    finally:
        for stack in started:
            stack.stop_all()
            for name in ("web", "worker"):
                print(f"--- {name} ---\n{stack.log(name)}")  # shown with a failure
        smtp.stop()
        servers.stop(broker.process, signal.SIGTERM)
        place.remove()


@pytest.fixture
def stack(start_stack: Callable[..., Stack]) -> Stack:
    """The real stack, at the real time."""
    return start_stack()


def environment_of(clock: int, broker: str, mail_port: int) -> dict[str, str]:
    """The test database and files by name; everything else as in production, but on this machine."""
    return {
        **os.environ,
        **database_environment(connection.settings_dict["NAME"]),
        # Web processes and workers know nothing of the owner.
        "DATABASE_OWNER_URL": "",
        "DJANGO_SETTINGS_MODULE": "incentives_portal.settings",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "PORTAL_URL": portal_settings.PORTAL_URL,
        "PORTAL_CLOCK": str(clock),
        "REDIS_URL": broker,
        "EMAIL_URL": f"smtp://{HOST}:{mail_port}",
        "MEDIA_ROOT": str(portal_settings.MEDIA_ROOT),
        "C_FORCE_ROOT": "1",
        "PYTHONUNBUFFERED": "1",
    }


def database_environment(name: str) -> dict[str, str]:
    """The variables that name a database on the server of the tests, for both roles."""
    if portal_settings.EMBEDDED_DATABASE:
        return {"PORTAL_DATABASE_NAME": name}
    both = ("DATABASE_URL", "DATABASE_OWNER_URL")
    return {variable: urlsplit(os.environ[variable])._replace(path=f"/{name}").geturl() for variable in both}


def collect_static(environment: dict[str, str]) -> None:
    """Once per run, whichever worker of pytest-xdist comes first."""
    lock = file_locks.hold(portal_settings.PORTAL_STATE / "static.lock", shared=False)
    assert lock is not None
    try:
        if not (portal_settings.STATIC_ROOT / "staticfiles.json").exists():
            command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
            subprocess.run(command, env=environment, cwd=portal_settings.BASE_DIR, check=True)
    finally:
        os.close(lock)


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
