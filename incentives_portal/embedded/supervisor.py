"""Run several processes together: start them in order, prefix their output, and stop them in order."""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TextIO

PR_SET_PDEATHSIG = 1
GENTLE_SECONDS = 10


@dataclass(frozen=True)
class Part:
    """A process to run in a folder. ``handles`` are file handles that it inherits."""

    name: str
    command: list[str]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    handles: tuple[int, ...] = ()


class Supervisor:
    """Run parts until one of them ends or the user asks to stop; then stop all.

    Each part has its own session: Ctrl-C in the terminal reaches only this process, which stops the parts in order.
    """

    def __init__(self, output: TextIO, width: int) -> None:
        self._output = output
        self._width = width
        self._running: list[tuple[Part, subprocess.Popen[bytes]]] = []
        self._selector = selectors.DefaultSelector()
        self._rests: dict[str, bytes] = {}
        self.asked_to_stop = 0
        self._interruptible = True

    def listen(self) -> None:
        """Handle Ctrl-C, SIGTERM and a closed terminal as a request to stop; a second one skips waiting.

        Before :meth:`run` they raise KeyboardInterrupt, so that preparations end at once too.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def start(self, part: Part) -> None:
        process = subprocess.Popen(
            part.command, cwd=part.folder, env={**os.environ, **part.environment, "PYTHONUNBUFFERED": "1"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, pass_fds=part.handles,
            preexec_fn=partial(end_with_parent, signal.SIGTERM),
        )  # fmt: skip
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, part.name)
        self._running.append((part, process))

    def run(self, each_round: Callable[[], str | None]) -> str:
        """Print the output of the parts until the end; return why, empty if the user asked.

        ``each_round`` is called a few times a second and may return a reason to stop.
        """
        self._interruptible = False
        while not self.asked_to_stop:
            self._pass_on(0.2)
            for part, process in self._running:
                if process.poll() is not None:
                    return f"{part.name} ended with status {process.returncode}"
            if reason := each_round():
                return reason
        return ""

    def stop(self, order: list[str]) -> None:
        """Stop all parts one after the other in this order, each with its children."""
        for name in order:
            for part, process in self._running:
                if part.name == name:
                    self._end(process)
        self._pass_on(0)
        self._selector.close()
        for _part, process in self._running:
            assert process.stdout is not None
            process.stdout.close()
        self._running = []

    def say(self, name: str, line: str) -> None:
        with suppress(BrokenPipeError, OSError):  # the terminal may be gone
            self._output.write(f"{name:<{self._width}} | {line}\n")
            self._output.flush()

    def _ask(self, number: int, frame: object) -> None:
        self.asked_to_stop += 1
        if self._interruptible:
            self._interruptible = False
            raise KeyboardInterrupt

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        asked_before = self.asked_to_stop
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        end = time.monotonic() + GENTLE_SECONDS
        while process.poll() is None and time.monotonic() < end and self.asked_to_stop == asked_before:
            self._pass_on(0.05)
        # Children of a killed part may still run; all of them are in its process group.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _pass_on(self, seconds: float) -> None:
        for key, _events in self._selector.select(seconds):
            try:
                chunk = os.read(key.fd, 65536)
            except BlockingIOError:
                continue
            if not chunk:
                self._selector.unregister(key.fileobj)
            *lines, rest = (self._rests.get(key.data, b"") + chunk).split(b"\n")
            self._rests[key.data] = rest
            for line in lines:
                self.say(key.data, line.decode(errors="replace").rstrip())


def end_with_parent(number: signal.Signals) -> None:
    """Let the kernel send this process a signal when its parent dies (on Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number))
