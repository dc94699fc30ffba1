"""Hostile files are read in a child process of their own, under limits of memory and time.

Whatever a file does there (a bomb, a loop, a crash of the library) ends that process and not the web server or the worker. The
child gets an empty environment, so that it knows no password, and a folder of its own.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import psutil

from .enums import FileType
from .parsing.reasons import Reason, Unreadable

logger = logging.getLogger(__name__)

_MEGABYTE = 1024 * 1024
_PROGRAM = Path(__file__).resolve().parent / "parsing"
_MAX_RESULT_BYTES = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """Memory in bytes; processor time and time on the clock in seconds."""

    memory: int
    cpu: int
    wall: int


#: A person waits for the first, in a request: processor time bounds hostile files, the clock runs out only where the machine is busy, and
#: before the web server gives its worker up (30 s). Nobody waits for the second.
CHECK = Limits(memory=768 * _MEGABYTE, cpu=5, wall=25)
DRAW = Limits(memory=1536 * _MEGABYTE, cpu=25, wall=35)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for one file, gone afterwards. The file is to be written to ``source`` in it."""
    with TemporaryDirectory(prefix="document-") as name:
        yield Path(name)


def check(file_type: FileType, place: Path, limits: Limits = CHECK) -> int:
    """Read the file to the end; the number of its pages, 0 where there are none. Raises Unreadable."""
    return int(_run("check", file_type, place, limits)["pages"])


def draw(file_type: FileType, place: Path, limits: Limits = DRAW) -> list[tuple[int, int]]:
    """Draw the file as page-1.png … in the folder; width and height of each in pixels. Raises Unreadable."""
    return [(int(width), int(height)) for width, height in _run("render", file_type, place, limits)["images"]]


def _run(task: str, file_type: FileType, place: Path, limits: Limits) -> dict[str, Any]:
    command = [sys.executable, "-I", "-B", str(_PROGRAM), task, file_type.value, str(place)]
    complaints = place / "complaints.txt"
    with complaints.open("wb") as stream:
        ended = _ended([*command, str(limits.memory), str(limits.cpu)], place, stream, limits.wall)
    if ended is None or ended < 0:  # out of time, or ended by a signal: out of memory, or the library fell over
        raise Unreadable(Reason.TOO_COMPLEX)
    words = _beginning(complaints).decode(errors="replace")
    if ended > 0:
        raise RuntimeError(f"The program that reads files does not work: {words}")
    if words:
        logger.warning("Reading a file of type %s: %s", file_type.value, words)
    return _result(place / "result.json")


def _ended(command: list[str], place: Path, complaints: IO[bytes], seconds: int) -> int | None:
    """How the program ended; None where it was ended because it had not in that time.

    psutil hears of the end at once; ``subprocess`` looks every 50 milliseconds, which is half of what most files take.
    """
    with psutil.Popen(  # noqa: S603 - our own program; nothing in the command comes from outside
        command, cwd=place, env={}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints
    ) as process:
        try:
            return int(process.wait(seconds))
        except psutil.TimeoutExpired:
            process.kill()
            return None
        except BaseException:
            process.kill()
            raise


def _beginning(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_MAX_RESULT_BYTES)


def _result(path: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(_beginning(path))
    if "reason" in result:
        raise Unreadable(Reason(result["reason"]))
    return result
