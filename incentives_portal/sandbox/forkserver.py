"""Start the process that reads files, as locked up as this machine allows, and hand it one file after the other.

It has the libraries loaded and forks a child for each file, which takes a few milliseconds instead of a hundred. Each process of the portal
has one of its own for each level, ends it with itself, and replaces it from time to time.
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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PROGRAM = Path(__file__).resolve().parent / "parsing"
_START_SECONDS = 20
_END_SECONDS = 5
#: Its children share where things lie in memory; that is drawn anew now and then.
_FILES_EACH = 500
#: The task that reads nothing: the child tries what it must not be able to do.
ASK = "ask"
#: The longest complaint that is logged.
_MAX_WORDS = 4096
#: Where libraries lie; the settings, the files and the sockets of the machine lie elsewhere.
_LIBRARIES = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache")


class ForkServerFailed(OSError):
    """The process that reads files did not start, or did not take a file."""


@dataclass(frozen=True)
class Usage:
    """How a child ended (0, or minus the number of a signal), what processor time it took in seconds, and what memory in bytes."""

    ended: int
    seconds: float
    memory: int


@dataclass(frozen=True)
class Reading:
    """A file that is being read; ``pipe`` gives what is found."""

    pipe: int
    _report: socket.socket

    def end(self) -> Usage:
        """End the child if it still reads, and say what it took. Raises ForkServerFailed where nobody can."""
        self._report.settimeout(_END_SECONDS)
        try:
            self._report.shutdown(socket.SHUT_WR)
            ended, seconds, kilobytes = json.loads(self._report.recv(256))
        except (OSError, ValueError) as error:
            raise ForkServerFailed("the process that reads files is gone") from error
        return Usage(ended, seconds, kilobytes * 1024)


class ForkServer:
    """One running process, and the socket through which it takes requests. Raises ForkServerFailed where it does not start."""

    def __init__(self, level: int) -> None:
        self.taken = 0
        command = _command(level)
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, tempfile.TemporaryFile() as words:
            self._process = subprocess.Popen(
                command,
                cwd="/",
                env={},
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=words,
                start_new_session=True,
            )
            theirs.close()
            self._requests.settimeout(_START_SECONDS)
            try:
                ready = self._requests.recv(16)
            except OSError:
                ready = b""
            if not ready:
                self.close()
                words.seek(0)
                raise ForkServerFailed(words.read(_MAX_WORDS).decode(errors="replace").strip() or "it did not start")

    def is_running(self) -> bool:
        """Whether it takes files; asking also lets an ended process go."""
        return self._process.poll() is None

    def send(self, request: dict[str, object], descriptors: list[int]) -> None:
        """Hand over a request with what belongs to it."""
        self.taken += 1
        socket.send_fds(self._requests, [json.dumps(request).encode()], descriptors)

    def hang_up(self) -> None:
        """Take no more files; those at work are read to the end."""
        self._requests.close()

    def close(self) -> None:
        """Hang up and wait for the end."""
        self.hang_up()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_lock = threading.Lock()
_running: dict[int, ForkServer] = {}
#: What was replaced and has perhaps not ended yet; after a fork also what belongs to the parent.
_replaced: list[ForkServer] = []


@contextmanager
def reading(level: int, request: dict[str, object], source: IO[bytes]) -> Iterator[Reading]:
    """Let a child read the file; within the block its ``end`` must be called. Raises ForkServerFailed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pipe, out = os.pipe()
    with ours, theirs, os.fdopen(pipe, "rb"):
        # The file is opened anew, so that it can only be read, and from its beginning.
        with os.fdopen(out, "wb"), open(f"/proc/self/fd/{source.fileno()}", "rb") as file, _lock:
            _server(level).send(request, [file.fileno(), out, theirs.fileno()])
        theirs.close()
        yield Reading(pipe, ours)


def _server(level: int) -> ForkServer:
    """The one that runs, or a new one in its place. Under the lock."""
    server = _running.get(level)
    if server and server.taken < _FILES_EACH and server.is_running():
        return server
    _replaced[:] = [old for old in _replaced if old.is_running()]
    if server:
        server.hang_up()
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
    # Namespaces of its own, in which nothing is to be found but Python and its libraries, and nothing can be written.
    shown = sorted({*_LIBRARIES, sys.base_prefix, sys.prefix, str(_PROGRAM)})
    binds = [word for path in shown for word in ("--ro-bind-try", path, path)]
    return [bubblewrap, "--unshare-all", "--unshare-user", "--cap-drop", "ALL", *binds, "--remount-ro", "/", *python]


def stop() -> None:
    """End all processes of this one. The next file starts them anew."""
    with _lock:
        for server in [*_running.values(), *_replaced]:
            server.close()
        _running.clear()
        _replaced.clear()


def _after_fork() -> None:
    """The processes belong to the parent: let go of them, so that they end with it."""
    global _lock
    _lock = threading.Lock()
    for server in _running.values():
        server.hang_up()
    _replaced.extend(_running.values())
    _running.clear()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(stop)
