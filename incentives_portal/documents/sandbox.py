"""Hostile files are read in a child process of their own, under limits of memory and time.

Whatever a file does there (a bomb, a loop, a crash of the library) ends that process and not the web server or the worker. The
child gets an empty environment, so that it knows no password, the open file as its standard input, and a pipe for what it found.
"""

import json
import logging
import os
import select
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from .enums import FileType
from .parsing.reasons import Reason, Unreadable

logger = logging.getLogger(__name__)

_MEGABYTE = 1024 * 1024
_PROGRAM = Path(__file__).resolve().parent / "parsing"
_MAX_COMPLAINT_BYTES = 64 * 1024
#: What a child may hand out altogether.
_MAX_RESULT_BYTES = 512 * _MEGABYTE
_PIECE = 64 * 1024


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


@dataclass(frozen=True)
class Inspection:
    """What was found out about a file: pages (0 where there are none), what a copy would leave out, files within, encoding of a text."""

    pages: int
    contents: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    encoding: str = ""


@dataclass(frozen=True)
class Page:
    """One drawn page as PNG; width and height in pixels."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Copy:
    """A harmless copy of a file, or of what is to be seen in it."""

    kind: str
    media_type: str
    content: bytes


@dataclass
class Budget:
    """Processor time for one file, in seconds: what several readings of it may take together, and have taken."""

    seconds: float
    spent: float = 0.0

    @property
    def left(self) -> float:
        return max(0.0, self.seconds - self.spent)


def inspect(file_type: FileType, source: IO[bytes], limits: Limits = CHECK, budget: Budget | None = None) -> Inspection:
    """Read the file to the end. Raises Unreadable.

    ``source`` is a real file (it has a ``fileno``): the child inherits it.
    """
    *_frames, last = _frames_of("inspect", file_type, source, limits, budget)
    found = _result(last)
    return Inspection(found["pages"], tuple(found["contents"]), tuple(found["attachments"]), found["encoding"])


def draw(file_type: FileType, source: IO[bytes], limits: Limits = DRAW, budget: Budget | None = None) -> Iterator[Page]:
    """Draw the file and give its first pages one by one. Raises Unreadable, also after some pages."""
    frames = _frames_of("render", file_type, source, limits, budget)
    last = next(frames)
    for frame in frames:
        yield Page(last, *struct.unpack_from(">II", last, 16))
        last = frame
    _result(last)


def copies(file_type: FileType, source: IO[bytes], limits: Limits = DRAW, budget: Budget | None = None) -> list[Copy]:
    """Harmless copies of the file. Raises Unreadable."""
    *frames, last = _frames_of("copy", file_type, source, limits, budget)
    told = _result(last)["copies"]
    return [Copy(each["kind"], each["media_type"], frame) for each, frame in zip(told, frames, strict=True)]


def _frames_of(
    task: str, file_type: FileType, source: IO[bytes], limits: Limits, budget: Budget | None
) -> Iterator[bytes]:
    """What the child hands out: any number of frames, of which the last is the result. Raises Unreadable where it did not end well."""
    command = [sys.executable, "-I", "-B", str(_PROGRAM), task, file_type.value]
    until = time.monotonic() + limits.wall
    source.seek(0)
    with (
        tempfile.TemporaryFile() as complaints,
        _started([*command, str(limits.memory), str(limits.cpu)], source, complaints) as process,
    ):
        yield from _unpacked(_pieces(process.stdout, until))
        ended = process.wait(max(0.1, until - time.monotonic()))
        complaints.seek(0)
        words = complaints.read(_MAX_COMPLAINT_BYTES).decode(errors="replace")
    if ended < 0:  # ended by a signal: out of time or memory, or the library fell over
        raise Unreadable(Reason.TOO_COMPLEX)
    if ended > 0:
        raise RuntimeError(f"The program that reads files does not work: {words}")
    if words:
        logger.warning("Reading a file of type %s: %s", file_type.value, words)


@contextmanager
def _started(command: list[str], source: IO[bytes], complaints: IO[bytes]) -> Iterator[psutil.Popen]:
    """The running child, ended at the latest when the block ends.

    psutil hears of the end at once; ``subprocess`` looks every 50 milliseconds, which is half of what most files take.
    """
    with psutil.Popen(  # noqa: S603 - our own program; nothing in the command comes from outside
        command, cwd="/", env={}, stdin=source, stdout=subprocess.PIPE, stderr=complaints
    ) as process:
        try:
            yield process
        except psutil.TimeoutExpired:
            raise Unreadable(Reason.TOO_COMPLEX) from None
        finally:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def _pieces(pipe: IO[bytes], until: float) -> Iterator[bytes]:
    """What comes out of the pipe until its end. Raises Unreadable where that takes too long or is too much."""
    poll, left = select.poll(), _MAX_RESULT_BYTES
    poll.register(pipe, select.POLLIN)
    while True:
        milliseconds = (until - time.monotonic()) * 1000
        if milliseconds <= 0 or not poll.poll(milliseconds):
            raise Unreadable(Reason.TOO_COMPLEX)
        piece = os.read(pipe.fileno(), _PIECE)
        left -= len(piece)
        if left < 0:
            raise Unreadable(Reason.TOO_COMPLEX)
        if not piece:
            return
        yield piece


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Frames: four bytes of length, and that many bytes. What is broken off is none."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= 4 and len(buffer) - 4 >= (size := struct.unpack_from(">L", buffer)[0]):
            yield bytes(buffer[4 : 4 + size])
            del buffer[: 4 + size]


def _result(frame: bytes) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(frame)
    if "reason" in result:
        raise Unreadable(Reason(result["reason"]))
    return result
