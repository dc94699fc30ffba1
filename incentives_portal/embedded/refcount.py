"""The users' side of the embedded servers: be counted as a user, start the keeper if there is none, learn the address."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from . import file_locks
from .daemon import READY
from .state_dir import EmbeddedServersFailed, Place

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 400  # a first start makes the cluster, perhaps on a very slow disk

_held: dict[Path, int] = {}
_one_thread = threading.Lock()


def address(place: Place) -> dict[str, Any]:
    """The address of the running servers; starts them where needed. From now on this process counts as a user.

    Raises EmbeddedServersFailed.
    """
    with _one_thread:
        handle = _held.get(place.folder)
        if handle is not None and not file_locks.is_at(place.users_lock, handle):
            os.close(_held.pop(place.folder))
        if place.folder not in _held:
            _held[place.folder] = _become_user(place)
    return _current(place) or _start(place)


def release(place: Place, patience: float = 25.0) -> bool:
    """Stop being a user and ask the keeper not to wait. True when the servers are stopped, False where others use them on."""
    with _one_thread:
        handle = _held.pop(place.folder, None)
        if handle is not None:
            os.close(handle)
    end = time.monotonic() + patience
    while place.folder.exists() and not file_locks.is_free(place.keeper_lock):
        with suppress(FileNotFoundError):
            place.stop_now.touch()
        if time.monotonic() > end or _others(place):
            with suppress(FileNotFoundError):
                place.stop_now.unlink()
            return False
        time.sleep(0.05)
    return True


def forget() -> None:
    """Be no user any more, without closing handles: for a child process whose handles were all closed, and perhaps taken by others."""
    with _one_thread:
        _held.clear()


def is_running(place: Place) -> bool:
    """Does a keeper live? It ends itself when one of its servers does."""
    return not file_locks.is_free(place.keeper_lock)


def _become_user(place: Place) -> int:
    """Take the users' lock, shared, for life. It may have to wait for a keeper that is just stopping."""
    while True:
        place.make()
        with suppress(FileNotFoundError):  # or that keeper has just removed its throwaway place
            handle = file_locks.hold(place.users_lock, shared=True)
            assert handle is not None
            if file_locks.is_at(place.users_lock, handle):
                return handle
            os.close(handle)


def _others(place: Place) -> bool:
    """Does another process use the servers? Asked several times: the keeper itself takes the lock for moments, to look."""
    for _ in range(5):
        if file_locks.is_free(place.users_lock, to_share=False) or not place.address.exists():
            return False
        time.sleep(0.01)
    return True


def _current(place: Place) -> dict[str, Any] | None:
    if file_locks.is_free(place.keeper_lock):
        return None
    try:
        found: dict[str, Any] = json.loads(place.address.read_text())
    except FileNotFoundError:
        return None
    return found


def _start(place: Place) -> dict[str, Any]:
    """Start a keeper, unless somebody else is just doing so."""
    with _held_while(place.start_lock):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            found = _current(place)
            if found:
                return found
            if file_locks.is_free(place.keeper_lock):
                # What an earlier keeper left when it was killed must not be taken for the new one's.
                place.address.unlink(missing_ok=True)
                _spawn(place)
            else:
                time.sleep(0.05)
    raise EmbeddedServersFailed(f"The embedded servers did not start within {PATIENCE_SECONDS} seconds.")


def _spawn(place: Place) -> None:
    """Start the keeper in a session of its own and wait for what it reports."""
    read, write = os.pipe()
    command = [sys.executable, "-m", "incentives_portal.embedded.daemon", str(place.state), f"--report={write}"]
    if place.throwaway:
        command.append("--throwaway")
    modules = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
    with os.fdopen(read) as report:
        try:
            subprocess.run(
                command, cwd="/", env={**os.environ, "PYTHONPATH": modules}, pass_fds=[write], check=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(write)
        said = report.read()
    if said != READY:
        raise EmbeddedServersFailed(said or f"The keeper of the embedded servers died. {place.log} may say more.")


@contextmanager
def _held_while(path: Path) -> Iterator[None]:
    handle = file_locks.hold(path, shared=False)
    assert handle is not None
    try:
        yield
    finally:
        os.close(handle)
