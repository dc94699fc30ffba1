"""The one command of the README, run for real: as whoever runs the tests and, where that is root, as an ordinary user too."""

import http.cookiejar
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.management.base import CommandError

from incentives_portal.demo import people
from incentives_portal.embedded import file_locks, quickstart, refcount
from incentives_portal.embedded.state_dir import Place

pytestmark = pytest.mark.slow

FIRST_PAGE_SECONDS = 180  # sixty are promised, to a machine that does nothing else
STOP_SECONDS = 40
NOT_PART_OF_IT = shutil.ignore_patterns(".venv", ".git", ".portal", "__pycache__", ".*_cache", "test-results", "docs")
PEOPLE = ["nobody"] if os.getuid() == 0 else []


@dataclass
class Portal:
    """A copy of the project in a folder with a space, and somebody who runs it."""

    folder: Path
    python: list[str]
    environment: dict[str, str]
    who: dict[str, Any]
    process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text()

    def start(self, *options: str) -> str:
        """Run quickstart until it says its address."""
        with (self.folder / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [*self.python, "manage.py", "quickstart", *options], cwd=self.folder, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, **self.who,
            )  # fmt: skip
        end = time.monotonic() + FIRST_PAGE_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if "the data stay" in self.output:
                found = re.search(r"The portal is at (http://localhost:\d+)", self.output)
                assert found
                return found[1]
            time.sleep(0.1)
        raise AssertionError(self.output)

    def processes(self) -> list[psutil.Process]:
        """All that it runs, the daemon and its servers included."""
        assert self.process
        daemons = [
            process
            for process in psutil.process_iter(["cmdline"])
            if "incentives_portal.embedded.daemon" in (process.info["cmdline"] or [])
            and str(self.folder / ".portal") in process.info["cmdline"]
        ]
        return [
            each
            for root in [psutil.Process(self.process.pid), *daemons]
            for each in [root, *root.children(recursive=True)]
        ]

    def part(self, words: str) -> psutil.Process:
        """The first process with these words in its command."""
        return next(process for process in self.processes() if words in " ".join(process.cmdline()))

    def wait_for_the_end(self) -> int:
        assert self.process
        return self.process.wait(STOP_SECONDS)

    def end(self) -> None:
        """Leave nothing, whatever the test did."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS)
        place = Place(self.folder / ".portal", throwaway=False)
        if os.getuid() == 0 and not self.who:
            refcount.release(place)
            place.remove()


def python_for(user: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    """An interpreter, and where it finds its packages, that this user can run: both may lie in root's home, then copies are run.

    Only the very same version will do: which packages are needed depends on it.
    """
    name = Path(sys.executable).name
    packages, prefix = Path(sysconfig.get_path("purelib")), Path(sys.base_prefix)
    environment = {"PYTHONPATH": str(packages)}
    if can_run(user, prefix / "bin" / name, environment):
        return [str(prefix / "bin" / name)], environment
    unneeded = shutil.ignore_patterns("site-packages", "test", "share", "__pycache__", "*.a")
    prefix = shutil.copytree(prefix, folder / "python", symlinks=True, ignore=unneeded)
    packages = shutil.copytree(packages, folder / "packages", symlinks=True)
    environment = {"PYTHONPATH": str(packages), "LD_LIBRARY_PATH": str(prefix / "lib")}
    assert can_run(user, prefix / "bin" / name, environment)
    return [str(prefix / "bin" / name)], environment


def can_run(user: str, interpreter: Path, environment: dict[str, str]) -> bool:
    command = [interpreter, "-c", "import django, psycopg2, redis"]
    with suppress(PermissionError):
        done = subprocess.run(command, env=environment, cwd="/", user=user, capture_output=True, check=False)
        return done.returncode == 0
    return False


def portal_of(folder: Path, user: str | None) -> Portal:
    shutil.copytree(refcount.PROJECT, folder, ignore=NOT_PART_OF_IT)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
    if user is None:
        return Portal(folder, [sys.executable], environment, {})
    folder.parent.chmod(0o755)
    python, packages = python_for(user, folder.parent)
    account = pwd.getpwnam(user)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, account.pw_uid, account.pw_gid)
    who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return Portal(folder, python, {**environment, **packages}, who)


@pytest.fixture
def portal() -> Iterator[Portal]:
    """The project in a folder with a space, run by whoever runs the tests."""
    with tempfile.TemporaryDirectory() as folder:
        portal = portal_of(Path(folder) / "My Portal", None)
        yield portal
        portal.end()


def still_there(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if _lives(process)]


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # gone between the two questions
        return False


def wait_until_gone(processes: list[psutil.Process]) -> None:
    end = time.monotonic() + STOP_SECONDS
    while still_there(processes):
        assert time.monotonic() < end, still_there(processes)
        time.sleep(0.2)


def browser() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))


def get(opener: urllib.request.OpenerDirector, url: str) -> str:
    with opener.open(url, timeout=30) as answer:
        return str(answer.read().decode())


def sign_in(url: str, email: str, password: str) -> str:
    """Sign in as a person would; returns the page that comes next."""
    opener = browser()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', get(opener, f"{url}/accounts/login/"))
    assert token
    fields = {"csrfmiddlewaretoken": token[1], "login": email, "password": password}
    form = urllib.parse.urlencode(fields).encode()
    with opener.open(urllib.request.Request(f"{url}/accounts/login/", form, {"Referer": url}), timeout=30) as answer:
        return str(answer.url)


def assert_ready(url: str) -> None:
    """All is there, and the first of the demo's mails arrives; the last of them may need a minute."""
    end = time.monotonic() + FIRST_PAGE_SECONDS
    while 'href="/mailbox/' not in get(browser(), f"{url}/mailbox/").partition("<table")[2]:
        assert time.monotonic() < end
        time.sleep(0.5)
    while ready(url) != 200:  # beat has looked, and both workers have been heard of
        assert time.monotonic() < end
        time.sleep(0.5)


def ready(url: str) -> int:
    try:
        get(browser(), f"{url}/readyz")
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def test_ctrl_c_the_death_of_a_part_and_of_the_supervisor_leave_nothing_but_the_data(portal: Portal) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as somebody_else:
        taken = somebody_else.getsockname()[1]
        url = portal.start("--port", str(taken))
        assert f"Port {taken} is taken, so it is {url.rsplit(':')[-1]}." in portal.output
    person = people.accounts()[0][1]
    assert person in portal.output
    assert people.PASSWORD in portal.output
    assert sign_in(url, person, people.PASSWORD) == f"{url}/"
    assert_ready(url)
    stylesheet = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', get(browser(), f"{url}/accounts/login/"))
    assert stylesheet
    assert get(browser(), url + stylesheet[1])
    everything = portal.processes()
    assert portal.process
    portal.process.send_signal(signal.SIGINT)
    assert portal.wait_for_the_end() == 0, portal.output
    assert still_there(everything) == []

    url = portal.start("--port", str(taken))
    assert sign_in(url, person, people.PASSWORD) == f"{url}/"
    everything = portal.processes()
    portal.part("celery --quiet -A incentives_portal worker -Q portal").kill()
    assert portal.wait_for_the_end() == 1
    assert "Everything was stopped: worker ended with status -9." in portal.output
    assert still_there(everything) == []

    portal.start("--port", str(taken))
    everything = portal.processes()
    portal.process.kill()
    portal.process.wait()
    wait_until_gone(everything)


@pytest.mark.parametrize("user", PEOPLE)
def test_ordinary_user_starts_and_ends_it_by_sigterm(user: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        portal = portal_of(Path(folder) / "My Portal", user)
        try:
            url = portal.start("--no-demo", "--port", "8100")
            get(browser(), f"{url}/accounts/login/")
            state = portal.folder / ".portal"
            assert stat.S_IMODE(state.stat().st_mode) == 0o700
            assert {process.username() for process in portal.processes()} == {user}
            everything = portal.processes()
            assert portal.process
            portal.process.terminate()
            assert portal.wait_for_the_end() == 0, portal.output
            assert still_there(everything) == []
            assert (state / "servers" / "pg18" / "PG_VERSION").exists()
        finally:
            portal.end()


def test_second_one_in_the_same_folder_is_refused(settings: Any, tmp_path: Path) -> None:
    settings.PORTAL_STATE = tmp_path
    lock = quickstart.be_the_only_one()
    with pytest.raises(CommandError, match="running already"):
        quickstart.be_the_only_one()
    os.close(lock)
    os.close(quickstart.be_the_only_one())


def test_reset_forgets_everything_but_not_under_somebodys_hands(
    settings: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.delenv("PORTAL_LOCAL_FLAVOUR")
    settings.PORTAL_STATE = tmp_path / "state"
    place = Place(settings.PORTAL_STATE, throwaway=False)
    refcount.address(place)
    (settings.PORTAL_STATE / "media").mkdir()
    other = file_locks.hold(place.users_lock, shared=True)
    assert other is not None
    with pytest.raises(CommandError, match="Another process uses"):
        quickstart.reset()
    os.close(other)
    quickstart.reset()
    assert not place.folder.exists()
    assert list(settings.PORTAL_STATE.iterdir()) == []


def test_every_port_taken_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quickstart, "PORTS_TO_TRY", 1)
    with closing(socket.create_server(("127.0.0.1", 0))) as somebody_else:
        taken = somebody_else.getsockname()[1]
        with pytest.raises(CommandError, match=f"No free port between {taken} and {taken}"):
            quickstart.open_door("localhost", taken)
