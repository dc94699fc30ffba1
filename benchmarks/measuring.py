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


#: So many turns of so many requests are measured, after a few to warm up.
ROUNDS, TURN, WARM = 16, 5, 4


def nothing_to_do() -> None:
    """Most pages can be asked for again as they are."""


@dataclass(frozen=True)
class Asked:
    """A page to be asked for, and the first process of the server that answers. What makes it ready for a turn is not measured."""

    ask: Callable[[], bytes]
    server: int
    ready: Callable[[], None] = nothing_to_do


def measured_beside(page: Asked, floor: Asked, postgres: int) -> tuple[Figures, Figures, float]:
    """The figures of a page and of the floor, and how many times the floor's processor time the page takes.

    They take turns, and are compared turn by turn: a machine that others use is now fast, now slow, and so for both of one round.
    All processes of the servers and of PostgreSQL are found by their first ones.
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
    """Ask for the page TURN times, and say what that took per request."""
    asked.ready()
    before, took, body = (_spent(asked.server), _spent(postgres)), [], b""
    for _number in range(TURN):
        begun = time.perf_counter()
        body = asked.ask()
        took.append((time.perf_counter() - begun) * 1_000)
    spent = (_since(root, then) / TURN for root, then in zip((asked.server, postgres), before, strict=True))
    return Figures(*spent, statistics.median(took), len(body) / 1_024)


def _middle(turns: list[Figures]) -> Figures:
    """Medians: one turn in which somebody else had the machine would drag a mean along."""
    return Figures(
        statistics.median(turn.python for turn in turns),
        statistics.median(turn.postgres for turn in turns),
        statistics.median(turn.median for turn in turns),
        turns[-1].kilobytes,
    )


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
