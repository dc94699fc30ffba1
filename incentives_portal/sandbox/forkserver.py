"""Start the isolated process that reads files, and send it one file after the other.

It loads the libraries once and forks a child for each file, which takes a few milliseconds instead of a hundred. Each
portal process has its own fork server for each sandbox level, stops it on exit, and replaces it from time to time.
"""

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

_PROGRAM = Path(__file__).resolve().parent / "parsing"
_START_SECONDS = 20
_END_SECONDS = 5
#: Files per fork server: its children share one memory layout, so a restart randomizes it again.
_FILES_EACH = 500
#: The task that reads no file: the child tries what it must not be able to do.
ASK = "ask"
#: How many bytes of an error output are reported.
_MAX_OUTPUT = 4096
#: Folders with libraries; settings, user files and sockets are elsewhere.
_LIBRARIES = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache")


class ForkServerFailed(OSError):
    """The process that reads files did not start, or did not accept a file."""


class ForkServer:
    """A running fork server, and the socket for its requests: closed, it ends the server.

    Raises ForkServerFailed if it does not start.
    """

    def __init__(self, level: int) -> None:
        self.taken = 0
        command = _command(level)
        self.requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, tempfile.TemporaryFile() as output:
            self._process = subprocess.Popen(
                command,
                cwd="/",
                env={},
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=output,
                start_new_session=True,
            )
            theirs.close()
            self.requests.settimeout(_START_SECONDS)
            try:
                ready = self.requests.recv(16)
            except OSError:
                ready = b""
            if not ready:
                self.close()
                output.seek(0)
                raise ForkServerFailed(output.read(_MAX_OUTPUT).decode(errors="replace").strip() or "it did not start")

    def is_running(self) -> bool:
        """Return whether the process is running; also reaps an ended one."""
        return self._process.poll() is None

    def send(self, request: dict[str, object], descriptors: list[int]) -> None:
        self.taken += 1
        socket.send_fds(self.requests, [json.dumps(request).encode()], descriptors)

    def close(self) -> None:
        self.requests.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_lock = threading.Lock()
_running: dict[int, ForkServer] = {}
#: Replaced servers that may still be running; after a fork also those of the parent.
_replaced: list[ForkServer] = []


#: How a child ended: its exit code, or minus the number of the signal that killed it; processor seconds; memory in bytes.
Usage = tuple[int, float, int]


@contextmanager
def reading(level: int, request: dict[str, object], source: IO[bytes]) -> Iterator[tuple[int, Callable[[], Usage]]]:
    """Let a child read the file; provide the pipe of its output, and ``end``. Raises ForkServerFailed.

    The caller must call ``end`` within the block. It stops the child if it is still running.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pipe, out = os.pipe()
    with ours, theirs, os.fdopen(pipe, "rb"):
        # A new descriptor is read-only and starts at the beginning of the file.
        with os.fdopen(out, "wb"), open(f"/proc/self/fd/{source.fileno()}", "rb") as file, _lock:
            _server(level).send(request, [file.fileno(), out, theirs.fileno()])
        theirs.close()
        yield pipe, partial(_end, ours)


def _end(report: socket.socket) -> Usage:
    report.settimeout(_END_SECONDS)
    try:
        report.shutdown(socket.SHUT_WR)
        ended, seconds, kilobytes = json.loads(report.recv(256))
    except (OSError, ValueError) as error:
        raise ForkServerFailed("the process that reads files is gone") from error
    return ended, seconds, kilobytes * 1024


def _server(level: int) -> ForkServer:
    """Return the running server of a level, or start a new one. The caller has the lock."""
    server = _running.get(level)
    if server and server.taken < _FILES_EACH and server.is_running():
        return server
    _replaced[:] = [old for old in _replaced if old.is_running()]
    if server:
        server.requests.close()  # files already being read are read to the end
        _replaced.append(server)
    _running[level] = server = ForkServer(level)
    return server


def _command(level: int) -> list[str]:
    python = [sys.executable, "-I", "-B", str(_PROGRAM), str(level)]
    if level < 3:
        return python
    bubblewrap = shutil.which("bwrap")
    if not bubblewrap:
        raise ForkServerFailed("bwrap is not installed")
    # Own namespaces that contain only Python and its libraries, all read-only.
    paths = sorted({*_LIBRARIES, sys.base_prefix, sys.prefix, str(_PROGRAM)})
    binds = [argument for path in paths for argument in ("--ro-bind-try", path, path)]
    return [bubblewrap, "--unshare-all", "--unshare-user", "--cap-drop", "ALL", *binds, "--remount-ro", "/", *python]


def stop() -> None:
    """Stop all fork servers of this process. The next file starts new ones."""
    with _lock:
        for server in [*_running.values(), *_replaced]:
            server.close()
        _running.clear()
        _replaced.clear()


def _after_fork() -> None:
    """Release the parent's servers in a forked child, so that they end with the parent."""
    global _lock
    _lock = threading.Lock()
    for server in _running.values():
        server.requests.close()
    _replaced.extend(_running.values())
    _running.clear()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(stop)
