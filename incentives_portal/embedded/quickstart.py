"""The steps of ``manage.py quickstart``: from an empty folder to a running portal in one process tree."""

import errno
import hashlib
import io
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from . import file_locks, local, refcount, servers
from .compile_translations import compile_translations
from .supervisor import Part, Supervisor

PORTS_TO_TRY = 50
FIRST_PAGE_SECONDS = 180  # long enough for a busy or slow machine
STOP_ORDER = ["web", "beat", "worker", "pictures", "mailbox"]


def open_door(host: str, port: int) -> tuple[list[socket.socket], int]:
    """Open listening sockets on the wanted port or the next free one, and return them and the port.

    They stay open, so that no other process can take the port. ``localhost`` is two addresses, and a browser may use
    either. Raises CommandError.
    """
    addresses = ["127.0.0.1", "::1"] if host == "localhost" else [host]
    for candidate in range(port, port + PORTS_TO_TRY):
        with suppress(OSError), ExitStack() as opened:
            listeners = []
            for address in addresses:
                if listener := _listen(address, candidate):
                    listeners.append(opened.enter_context(listener))
            if listeners:
                opened.pop_all()
                return listeners, candidate
    raise CommandError(f"No free port between {port} and {port + PORTS_TO_TRY - 1} on {host}.")


def be_the_only_one() -> int:
    """Take the lock of the only quickstart per state folder. Raises CommandError."""
    settings.PORTAL_STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = file_locks.hold(settings.PORTAL_STATE / "quickstart.lock", shared=False, wait=False)
    if lock is None:
        raise CommandError("It is running already, in another terminal.")
    return lock


def reset() -> None:
    """Delete all data: databases, media, mails, key. Raises CommandError while another process uses them."""
    place = local.place()
    if not refcount.release(place):
        raise CommandError("Another process uses the embedded servers: end it first, then reset.")
    place.remove()
    for path in settings.PORTAL_STATE.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != "quickstart.lock":  # this process holds it
            path.unlink()


@contextmanager
def collected_static(say: Callable[[str], None]) -> Iterator[None]:
    """Run collectstatic during the block, unless no source changed since the last time.

    It runs in parallel because compressing takes seconds. Raises CommandError.
    """
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list(None), key=lambda item: item[0]):
            status = os.stat(storage.path(path))
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    mark = Path(settings.STATIC_ROOT) / ".sources"
    if mark.exists() and mark.read_text() == digest.hexdigest():
        yield
        return
    say("Collecting static files")
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    with subprocess.Popen(command, cwd=settings.BASE_DIR, start_new_session=True) as collecting:
        try:
            yield
        except BaseException:
            collecting.terminate()
            raise
    if collecting.returncode:
        raise CommandError("collectstatic failed.")
    mark.write_text(digest.hexdigest())


def prepare(say: Callable[[str], None], demo: bool) -> None:
    """Prepare servers, database, translations and demo before the first request."""
    with collected_static(say):
        if local.in_use():
            say("Starting PostgreSQL and Valkey")
            refcount.address(local.place())
        say("Migrating the database")
        call_command("migrate", interactive=False, verbosity=0)
        compile_translations(settings.LOCALE_PATHS)
        if demo:
            say("Loading the demo, unless it is there")
            call_command("seed_demo", stdout=io.StringIO())
    connections.close_all()  # children must not inherit a connection


def parts(listeners: list[socket.socket], mail_port: int, environment: dict[str, str]) -> list[Part]:
    """Return the processes, in the order of their start."""
    python = sys.executable
    celery = [python, "-m", "celery", "--quiet", "-A", "incentives_portal"]
    # On a local machine the worker may run as root; nobody else can send it tasks.
    environment = {**environment, "PYTHONWARNINGS": "ignore:You're running the worker"}
    binds = [part for listener in listeners for part in ("--bind", f"fd://{listener.fileno()}")]
    # Threads, because browsers open connections in advance, and there is no proxy to absorb them.
    size = ["--workers", "2", "--threads", "4"]
    # gunicorn's maximum (as in deploy/), because it refuses longer requests with a bare line of text.
    longest = ["--limit-request-line", "8190"]
    web = [python, "-m", "gunicorn", "incentives_portal.wsgi", *size, *longest, "--no-control-socket", *binds]
    alone = ["--without-gossip", "--without-mingle"]
    worker = [*celery, "worker", "-Q", "portal", "-n", "portal@localhost", *alone]
    # Niced so that web requests go first; two processes, so that one file does not delay all others.
    nice = ["nice", "-n", "10"]
    pictures = [*nice, *celery, "worker", "-Q", "documents", "-n", "documents@localhost", "--concurrency", "2", *alone]
    home = settings.BASE_DIR
    running = [
        Part("web", web, home, environment, tuple(listener.fileno() for listener in listeners)),
        Part("worker", worker, home, environment),
        Part("pictures", pictures, home, environment),
        Part("beat", [*celery, "beat", "--pidfile="], home, environment),
    ]
    if mail_port:
        mailbox = [python, "-m", "incentives_portal.embedded.mailbox", str(mail_port), str(settings.MAILBOX_FOLDER)]
        running.insert(0, Part("mailbox", mailbox, home, environment))
    return running


def run(
    listeners: list[socket.socket], environment: dict[str, str], supervisor: Supervisor, greet: Callable[[], None]
) -> str:
    """Run all parts until one ends or the user stops them; return why, empty if the user did."""
    mail_port = servers.free_port(None) if settings.LOCAL_MAILBOX else 0
    if mail_port:
        environment = {**environment, "PORTAL_MAILBOX_PORT": str(mail_port)}
    first_page = FirstPage(f"http://127.0.0.1:{listeners[0].getsockname()[1]}/accounts/login/")

    def each_round() -> str | None:
        if first_page.answered.is_set() and not first_page.greeted:
            first_page.greeted = True
            greet()
        if first_page.failure_reason:
            return first_page.failure_reason
        if local.in_use() and not refcount.is_running(local.place()):
            return "a server ended"
        return None

    for part in parts(listeners, mail_port, environment):
        supervisor.start(part)
    for listener in listeners:
        listener.close()
    first_page.start()
    try:
        return supervisor.run(each_round)
    finally:
        first_page.cancel.set()
        supervisor.stop(STOP_ORDER)


class FirstPage(threading.Thread):
    """Request a page until it answers, or until it is clear that it will not."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.greeted = False
        self.failure_reason = ""
        self.answered, self.cancel = threading.Event(), threading.Event()

    def run(self) -> None:
        end = time.monotonic() + FIRST_PAGE_SECONDS
        while time.monotonic() < end and not self.cancel.wait(0.2):
            try:
                with urllib.request.urlopen(self.url, timeout=30):  # noqa: S310  (our own address)
                    self.answered.set()
                    return
            except urllib.error.HTTPError as error:
                self.failure_reason = f"the first page answered with {error.code}; what web said above may tell why"
                return
            except OSError:
                continue
        self.failure_reason = f"the first page did not answer within {FIRST_PAGE_SECONDS} seconds"


def _listen(address: str, port: int) -> socket.socket | None:
    """Return a listening socket, or None if this machine has no IPv6. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family, backlog=128)
    except OSError as error:
        if family == socket.AF_INET6 and error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
            return None
        raise
