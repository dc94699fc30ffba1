"""Processor time and memory of process trees.

Linux only: processor time comes from /proc/<pid>/task/*/schedstat, in nanoseconds.
"""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Figures:
    """Milliseconds per request of one page, and its size.

    ``python`` and ``postgres`` are processor time, ``median`` is wall-clock time.
    """

    python: float
    postgres: float
    median: float
    kilobytes: float

    @property
    def cpu(self) -> float:
        return self.python + self.postgres


#: Number of measured turns, requests per turn, and turns to warm up.
ROUNDS, TURN, WARM = 16, 5, 4


@dataclass(frozen=True)
class Asked:
    """A page to request, and the first process of its server.

    ``ready`` prepares a turn and is not measured.
    """

    ask: Callable[[], bytes]
    server: int
    ready: Callable[[], None] | None = None


def measured_beside(page: Asked, floor: Asked, postgres: int) -> tuple[Figures, Figures, float]:
    """Return the figures of a page and of the floor, and the ratio of their processor times.

    They take turns and are compared turn by turn, because the speed of a shared host changes over time. Processes of
    the servers and of PostgreSQL are the descendants of their first ones.
    """
    for each in (page, floor):
        for _warm in range(WARM):
            turn(each, postgres)
    turns: tuple[list[Figures], list[Figures]] = ([], [])
    for _round in range(ROUNDS):
        for each, figures in zip((page, floor), turns, strict=True):
            figures.append(turn(each, postgres))
    ratio = statistics.median(one.cpu / other.cpu for one, other in zip(*turns, strict=True))
    return _middle(turns[0]), _middle(turns[1]), ratio


def turn(asked: Asked, postgres: int) -> Figures:
    """Request the page TURN times and return its figures per request."""
    if asked.ready:
        asked.ready()
    before, took, body = (_spent(asked.server), _spent(postgres)), [], b""
    for _number in range(TURN):
        begun = time.perf_counter()
        body = asked.ask()
        took.append((time.perf_counter() - begun) * 1_000)
    spent = (_since(root, then) / TURN for root, then in zip((asked.server, postgres), before, strict=True))
    return Figures(*spent, statistics.median(took), len(body) / 1_024)


def _middle(turns: list[Figures]) -> Figures:
    """Return the medians, which one disturbed turn does not change as it would a mean."""
    return Figures(
        statistics.median(turn.python for turn in turns),
        statistics.median(turn.postgres for turn in turns),
        statistics.median(turn.median for turn in turns),
        turns[-1].kilobytes,
    )


def _since(root: int, before: dict[int, int]) -> float:
    """Return the processor milliseconds of a process tree since ``before``, including new processes."""
    return sum(now - before.get(pid, 0) for pid, now in _spent(root).items()) / 1_000_000


def _spent(root: int) -> dict[int, int]:
    """Return the processor nanoseconds so far of a process and all its descendants."""
    found = {}
    for pid in _tree(root):
        with suppress(OSError):
            found[pid] = sum(int(task.read_text().split()[0]) for task in PROC.glob(f"{pid}/task/*/schedstat"))
    return found


def _tree(root: int) -> Iterator[int]:
    yield root
    with suppress(OSError):
        for child in (PROC / f"{root}/task/{root}/children").read_text().split():
            yield from _tree(int(child))


def memory(root: int) -> float:
    """Return the largest resident memory of a process's descendants, in megabytes."""
    sizes = [0.0]
    for pid in islice(_tree(root), 1, None):
        with suppress(OSError):
            found = re.search(r"VmRSS:\s+(\d+)", (PROC / f"{pid}/status").read_text())
            sizes.append(int(found[1]) / 1_024 if found else 0.0)
    return max(sizes)
