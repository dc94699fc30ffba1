"""Hostile files are read in a process of their own that can do nothing else, under limits of memory and time.

Whatever a file does there (a bomb, a loop, a crash of the library, code of its own) ends that process and not the web server or the worker.
It has the file, open, and a pipe for what it found; it can open no path and no socket and start no program. How that is achieved on this
machine is its level (docs/decisions/0012-sandbox.md).
"""

import json
import logging
import os
import select
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings

from . import forkserver
from .parsing.reasons import Content, Reason, Unreadable

logger = logging.getLogger(__name__)

_MEGABYTE = 1024 * 1024
#: What a child may hand out altogether, as one page or copy, and as the result.
_MAX_RESULT_BYTES = 512 * _MEGABYTE
_MAX_FRAME_BYTES = 64 * _MEGABYTE
_MAX_LAST_BYTES = _MEGABYTE
_PIECE = 64 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"
#: A text of the result, and how many of them.
_LONGEST, _MOST = 255, 1_000
#: What copies of a file may be; those of a picture are pictures.
_COPIES = {"pdf": {"pdf"}, "docx": {"text", "picture"}, "xml": {"text"}, "xlsx": {"table"}, "csv": {"table"}}
_MEDIA_TYPES = {"application/pdf", "application/json", "image/png", "image/jpeg"}
_LARGEST = 1_000_000  # pages, and pixels of an edge


@dataclass(frozen=True)
class Limits:
    """Memory in bytes; processor time and time on the clock in seconds."""

    memory: int
    cpu: float
    wall: float


#: A person waits for the first, in a request: processor time bounds hostile files, the clock runs out only where the machine is busy, and
#: before the web server gives its worker up (30 s). Nobody waits for the second.
CHECK = Limits(memory=768 * _MEGABYTE, cpu=5, wall=25)
DRAW = Limits(memory=1536 * _MEGABYTE, cpu=25, wall=35)


@dataclass(frozen=True)
class Level:
    """How well files are closed in: 3 is best, at 0 none is read. ``problems`` say why it is not higher, in English, for operators."""

    number: int
    problems: tuple[str, ...] = ()


#: Highest level that may be tried → the one that was found, and when.
_levels: dict[int, tuple[Level, float]] = {}
_TRY_AGAIN_SECONDS = 300


class ReaderBroken(RuntimeError):
    """The installation cannot read files: a library is missing, or a protection that was there before."""


class PagesLeftOut(Exception):
    """What was drawn stands, but the file has more."""


class SandboxTooWeak(OSError):
    """This machine offers less protection than ``SANDBOX_MIN_LEVEL`` demands. Nothing is wrong with the file: it waits."""


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
    """Processor time for one file, in seconds: what several readings of it may take together, and have taken.

    ``memory`` is the most that one of them took, in bytes.
    """

    seconds: float
    spent: float = 0.0
    memory: int = 0

    @property
    def left(self) -> float:
        return max(0.0, self.seconds - self.spent)

    def charge(self, seconds: float, memory: int) -> None:
        """Count what a reading took, also one that was ended."""
        self.spent += seconds
        self.memory = max(self.memory, memory)


def level() -> Level:
    """What files are read under on this machine: the highest level that works.

    Tried once in each process, which takes about 0.2 s; again after some minutes where it could be better: the machine may have been full.
    """
    limit = settings.SANDBOX_MAX_LEVEL
    found, tried = _levels.get(limit, (None, 0.0))
    if found is None or (found.number < limit and time.monotonic() - tried > _TRY_AGAIN_SECONDS):
        found = _highest(limit)
        _levels[limit] = found, time.monotonic()
    return found


def required_level() -> Level:
    """The level, if it is what ``SANDBOX_MIN_LEVEL`` demands. Raises SandboxTooWeak otherwise: no file is read then."""
    found = level()
    if found.number < max(1, settings.SANDBOX_MIN_LEVEL):
        raise SandboxTooWeak(
            f"Sandbox level {found.number} is below {settings.SANDBOX_MIN_LEVEL}. {' '.join(found.problems)}"
        )
    return found


def inspect(file_type: str, source: IO[bytes], limits: Limits = CHECK, budget: Budget | None = None) -> Inspection:
    """Read the file to the end. Raises Unreadable; SandboxTooWeak or another OSError where it cannot be read now.

    ``source`` is a real file (it has a ``fileno``): the child gets it to read.
    """
    *_pages, last = _frames_of("inspect", file_type, source, limits, budget)
    with _distrust():
        found = _result(last, file_type)
        contents = tuple(Content(each).value for each in _texts(found["contents"]))
        attachments, (encoding,) = _texts(found["attachments"]), _texts([found["encoding"]])
        if not encoding.isprintable():
            raise ValueError("not the name of an encoding")
        return Inspection(_number(found["pages"]), contents, attachments, encoding)


def draw(file_type: str, source: IO[bytes], limits: Limits = DRAW, budget: Budget | None = None) -> Iterator[Page]:
    """Draw the file and give its first pages one by one.

    Raises as ``inspect`` does, also after some pages, and PagesLeftOut after the last one that time and limits allowed.
    """
    frames = _frames_of("render", file_type, source, limits, budget)
    last = next(frames)
    for frame in frames:
        with _distrust():
            page = _page(last)
        yield page
        last = frame
    with _distrust():
        is_cut = bool(_result(last, file_type).get("more"))
    if is_cut:
        raise PagesLeftOut


def copies(file_type: str, source: IO[bytes], limits: Limits = DRAW, budget: Budget | None = None) -> list[Copy]:
    """Harmless copies of the file. Raises as ``inspect`` does."""
    *frames, last = _frames_of("copy", file_type, source, limits, budget)
    with _distrust():
        told = _result(last, file_type)["copies"]
        kinds, media_types = {each["kind"] for each in told}, {each["media_type"] for each in told}
        if not (kinds <= _COPIES.get(file_type, {"picture"}) and media_types <= _MEDIA_TYPES):
            raise ValueError("not a copy of such a file")
        return [
            Copy(str(each["kind"])[:_LONGEST], str(each["media_type"])[:_LONGEST], frame)
            for each, frame in zip(told, frames, strict=True)
        ]


def _highest(limit: int) -> Level:
    problems: list[str] = []
    for number in range(limit, 0, -1):
        try:
            openings = _openings(number)
        except (OSError, ReaderBroken, Unreadable) as error:
            problems.append(f"Level {number}: {error}")
            continue
        if not openings:
            return Level(number, tuple(problems))
        problems.append(f"Level {number}: what reads a file could still {', '.join(openings)}.")
    logger.error("No sandbox works, so that no file is read. %s", " ".join(problems))
    return Level(0, tuple(problems))


def _openings(number: int) -> list[str]:
    """What a process at this level can do although it should not: it tries by itself. Raises where there can be none."""
    with tempfile.TemporaryFile() as nothing:
        *_none, last = _frames(number, forkserver.ASK, "", nothing, CHECK)
    openings: list[str] = _result(last, "")["openings"]
    return openings


def _frames_of(task: str, file_type: str, source: IO[bytes], limits: Limits, budget: Budget | None) -> Iterator[bytes]:
    return _frames(required_level().number, task, file_type, source, limits, budget)


def _frames(
    number: int, task: str, file_type: str, source: IO[bytes], limits: Limits, budget: Budget | None = None
) -> Iterator[bytes]:
    """What the child hands out: any number of frames, of which the last is the result. Raises Unreadable where it did not end well."""
    budget = budget or Budget(limits.cpu)
    seconds = min(limits.cpu, budget.left)
    if seconds <= 0:
        raise Unreadable(Reason.TOO_COMPLEX)
    request = {"task": task, "type": file_type, "memory": limits.memory, "seconds": seconds}
    until = time.monotonic() + limits.wall
    are_any = False
    with forkserver.reading(number, request, source) as reading:
        try:
            for frame in _unpacked(_pieces(reading.pipe, until)):
                are_any = True
                yield frame
        finally:
            usage = reading.end()
            budget.charge(usage.seconds, usage.memory)
    if usage.ended or not are_any:  # out of time or memory, or the library fell over
        raise Unreadable(Reason.TOO_COMPLEX)


def _pieces(pipe: int, until: float) -> Iterator[bytes]:
    """What comes out of the pipe until its end. Raises Unreadable where that takes too long or is too much."""
    poll, left = select.poll(), _MAX_RESULT_BYTES
    poll.register(pipe, select.POLLIN)
    while True:
        milliseconds = (until - time.monotonic()) * 1000
        if milliseconds <= 0 or not poll.poll(milliseconds):
            raise Unreadable(Reason.TOO_COMPLEX)
        piece = os.read(pipe, _PIECE)
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
        while len(buffer) >= 4:
            size = struct.unpack_from(">L", buffer)[0]
            if size > _MAX_FRAME_BYTES:
                raise Unreadable(Reason.TOO_COMPLEX)
            if len(buffer) - 4 < size:
                break
            yield bytes(buffer[4 : 4 + size])
            del buffer[: 4 + size]


@contextmanager
def _distrust() -> Iterator[None]:
    """What read a hostile file may be under its command: a result of another shape is a damaged file and no fault of ours."""
    try:
        yield
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError, struct.error) as error:
        raise Unreadable(Reason.DAMAGED) from error


def _result(frame: bytes, file_type: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(frame[:_MAX_LAST_BYTES])
    if "broken" in result:
        raise ReaderBroken(str(result["broken"]))
    if "said" in result:
        logger.warning("Reading a file of type %s: %s", file_type, result["said"])
    if "reason" in result:
        raise Unreadable(Reason(result["reason"]))
    return result


def _page(frame: bytes) -> Page:
    if not frame.startswith(_PNG):
        raise ValueError("not a picture")
    width, height = struct.unpack_from(">II", frame, 16)
    return Page(frame, _number(width), _number(height))


def _number(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise ValueError("not a number of pages or pixels")
    return value


def _texts(values: list[object]) -> tuple[str, ...]:
    return tuple(str(value)[:_LONGEST] for value in values[:_MOST])
