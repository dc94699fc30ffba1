"""Use the embedded servers: register as a user, start the daemon if there is none, read the address."""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import file_locks
from .daemon import READY
from .state_dir import EmbeddedServersFailed, Place

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 400  # the first start creates the cluster, perhaps on a very slow disk

_held: dict[Path, int] = {}
_one_thread = threading.Lock()


def address(place: Place) -> dict[str, Any]:
    """Return the address of the running servers; start them if needed. Raises EmbeddedServersFailed.

    From now on this process counts as a user.
    """
    with _one_thread:
        handle = _held.get(place.folder)
        if handle is not None and not file_locks.is_at(place.users_lock, handle):
            os.close(_held.pop(place.folder))
        if place.folder not in _held:
            _held[place.folder] = _become_user(place)
    return _current(place) or _start(place)


def release(place: Place, patience: float = 25.0) -> bool:
    """Stop being a user and ask the daemon not to wait.

    Returns True when the servers are stopped, False if others still use them.
    """
    with _one_thread:
        handle = _held.pop(place.folder, None)
        if handle is not None:
            os.close(handle)
    end = time.monotonic() + patience
    while place.folder.exists() and not file_locks.is_free(place.daemon_lock):
        with suppress(FileNotFoundError):
            place.stop_now.touch()
        if time.monotonic() > end or _others(place):
            with suppress(FileNotFoundError):
                place.stop_now.unlink()
            return False
        time.sleep(0.05)
    return True


def forget(**kwargs: Any) -> None:
    """Stop being a user without closing handles (signal).

    For a child process whose handles were all closed, as Celery does when it starts beat as a child of a worker; their
    numbers may belong to other files by now.
    """
    with _one_thread:
        _held.clear()


def is_running(place: Place) -> bool:
    """Return whether a daemon is running. It ends itself when one of its servers does."""
    return not file_locks.is_free(place.daemon_lock)


def _become_user(place: Place) -> int:
    """Take the shared users' lock for the lifetime of this process.

    May wait for a daemon that is just stopping.
    """
    while True:
        place.make()
        with suppress(FileNotFoundError):  # that daemon may just have removed its throwaway folder
            handle = file_locks.hold(place.users_lock, shared=True)
            assert handle is not None
            if file_locks.is_at(place.users_lock, handle):
                return handle
            os.close(handle)


def _others(place: Place) -> bool:
    """Return whether another process uses the servers.

    Tried several times, because the daemon itself takes the lock for moments.
    """
    for _ in range(5):
        if file_locks.is_free(place.users_lock, to_share=False) or not place.address.exists():
            return False
        time.sleep(0.01)
    return True


def _current(place: Place) -> dict[str, Any] | None:
    with suppress(FileNotFoundError):
        if is_running(place):
            return json.loads(place.address.read_text())
    return None


def _start(place: Place) -> dict[str, Any]:
    """Start a daemon, unless another process is just doing so."""
    with os.fdopen(file_locks.hold(place.start_lock, shared=False)):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if current := _current(place):
                return current
            if not is_running(place):
                # A killed daemon leaves its address file, which must not be taken for the new one's.
                place.address.unlink(missing_ok=True)
                _spawn(place)
            else:
                time.sleep(0.05)
    raise EmbeddedServersFailed(f"The embedded servers did not start within {PATIENCE_SECONDS} seconds.")


def _spawn(place: Place) -> None:
    """Start the daemon in its own session and wait for its report."""
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
        result = report.read()
    if result != READY:
        raise EmbeddedServersFailed(result or f"The daemon of the embedded servers died. {place.log} may say more.")
