"""Processor time and memory of process trees.

Linux only: processor time comes from /proc/<pid>/task/*/schedstat, in nanoseconds.
"""

import re
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Figures:
    """Of one page: milliseconds per request (processor time of Python and of PostgreSQL, median on the clock), and its size."""

    python: float
    postgres: float
    median: float
    kilobytes: float

    @property
    def cpu(self) -> float:
        return self.python + self.postgres


def measured(ask: Callable[[], bytes], server: int, postgres: int, *, number: int = 40, warm: int = 6) -> Figures:
    """Ask so many times; the figures are per request. The server's and PostgreSQL's processes are found by their first one."""
    for _number in range(warm):
        ask()
    before, took, body = (_spent(server), _spent(postgres)), [], b""
    for _number in range(number):
        begun = time.perf_counter()
        body = ask()
        took.append((time.perf_counter() - begun) * 1_000)
    python, database = (_since(root, then) / number for root, then in zip((server, postgres), before, strict=True))
    return Figures(python, database, statistics.median(took), len(body) / 1_024)


def _since(root: int, before: dict[int, int]) -> float:
    """Milliseconds that a tree of processes has worked since; a process begun since counts from its beginning."""
    return sum(now - before.get(pid, 0) for pid, now in _spent(root).items()) / 1_000_000


def _spent(root: int) -> dict[int, int]:
    """Nanoseconds on a processor so far, of a process and all its descendants."""
    found = {}
    for pid in _tree(root):
        with suppress(OSError):
            found[pid] = sum(int(task.read_text().split()[0]) for task in PROC.glob(f"{pid}/task/*/schedstat"))
    return found


def _tree(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with suppress(OSError):
            waiting += [int(child) for child in (PROC / f"{pid}/task/{pid}/children").read_text().split()]
    return found


def memory(root: int) -> float:
    """The largest resident memory of a process's children, in megabytes."""
    sizes = [0.0]
    for pid in _tree(root)[1:]:
        with suppress(OSError):
            found = re.search(r"VmRSS:\s+(\d+)", (PROC / f"{pid}/status").read_text())
            sizes.append(int(found[1]) / 1_024 if found else 0.0)
    return max(sizes)
