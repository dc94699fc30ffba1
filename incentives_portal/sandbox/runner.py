"""Read uploaded files in an isolated process, with limits on memory and time.

Whatever a hostile file causes there (a bomb, a loop, a crash of a library, its own code) ends that process and not the
web server or the worker. The process has the open file and a pipe for its output; it cannot open paths or sockets or
start programs. How far this works on the current system is its level (docs/decisions/0012-sandbox.md).
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
#: Limits on the output of a child: in total, for one page or copy, and for the result.
_MAX_RESULT_BYTES = 512 * _MEGABYTE
_MAX_FRAME_BYTES = 64 * _MEGABYTE
_MAX_LAST_BYTES = _MEGABYTE
_PIECE = 64 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"
#: Maximum length of a text in the result, and number of texts.
_LONGEST, _MOST = 255, 1_000
#: File type → allowed kinds of copies; those of a picture are pictures.
_COPIES = {"pdf": {"pdf"}, "docx": {"text", "picture"}, "xml": {"text"}, "xlsx": {"table"}, "csv": {"table"}}
_MEDIA_TYPES = {"application/pdf", "application/json", "image/png", "image/jpeg"}
_LARGEST = 1_000_000  # pages, and pixels of an edge


@dataclass(frozen=True)
class Limits:
    """Memory in bytes; processor time and wall-clock time in seconds."""

    memory: int
    cpu: float
    wall: float


#: A user may wait for the verdict: processor time limits hostile files, and the wall-clock limit only applies on a busy host. It is below
#: the timeout of the web server (30 s). Nobody waits for drawing.
CHECK = Limits(memory=768 * _MEGABYTE, cpu=5, wall=25)
DRAW = Limits(memory=1536 * _MEGABYTE, cpu=25, wall=35)


@dataclass(frozen=True)
class Level:
    """How well reading is isolated: 3 is best; at 0 no file is read.

    ``problems`` say why the level is not higher, in English, for operators.
    """

    number: int
    problems: tuple[str, ...] = ()


#: Highest level that may be tried → the level that works, and when it was determined.
_levels: dict[int, tuple[Level, float]] = {}
_TRY_AGAIN_SECONDS = 300


class ReaderBroken(RuntimeError):
    """The installation cannot read files: a library is missing, or a protection that worked before."""


class PagesLeftOut(Exception):
    """The pages drawn so far are valid, but the file has more."""


class SandboxTooWeak(OSError):
    """This host offers less protection than ``SANDBOX_MIN_LEVEL`` requires; the file waits."""


@dataclass(frozen=True)
class Inspection:
    """The result of an inspection: number of pages (0 for types without pages) and contents.

    ``contents`` is what a copy would leave out, ``attachments`` are the names of embedded files, ``encoding`` is that
    of a text.
    """

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
    """A safe copy of a file, or of its visible content."""

    kind: str
    media_type: str
    content: bytes


@dataclass
class Budget:
    """Processor time for all readings of one file, in seconds: the limit and what was spent.

    ``memory`` is the highest memory of one reading, in bytes.
    """

    seconds: float
    spent: float = 0.0
    memory: int = 0

    def charge(self, seconds: float, memory: int) -> None:
        """Add what a reading used, even if it was stopped."""
        self.spent += seconds
        self.memory = max(self.memory, memory)


def level() -> Level:
    """Return the highest sandbox level that works on this host.

    Tested once per process, which takes about 0.2 s, and again after some minutes if it is below the limit, because the
    failure may have been temporary.
    """
    limit = settings.SANDBOX_MAX_LEVEL
    current, tried = _levels.get(limit, (None, 0.0))
    if current is None or (current.number < limit and time.monotonic() - tried > _TRY_AGAIN_SECONDS):
        current = _highest(limit)
        _levels[limit] = current, time.monotonic()
    return current


def required_level() -> Level:
    """Return the level, or raise SandboxTooWeak if it is below ``SANDBOX_MIN_LEVEL``."""
    current = level()
    if current.number < max(1, settings.SANDBOX_MIN_LEVEL):
        raise SandboxTooWeak(
            f"Sandbox level {current.number} is below {settings.SANDBOX_MIN_LEVEL}. {' '.join(current.problems)}"
        )
    return current


def inspect(file_type: str, source: IO[bytes], limits: Limits = CHECK, budget: Budget | None = None) -> Inspection:
    """Read the file to the end. Raises Unreadable.

    ``source`` is a real file with a ``fileno``, which the child inherits. Raises SandboxTooWeak or another OSError if
    reading is impossible now.
    """
    *_pages, last = _frames(required_level().number, "inspect", file_type, source, limits, budget)
    with _distrust():
        result = _result(last, file_type)
        contents = tuple(Content(each).value for each in _texts(result["contents"]))
        attachments, (encoding,) = _texts(result["attachments"]), _texts([result["encoding"]])
        if not encoding.isprintable():
            raise ValueError("not the name of an encoding")
        return Inspection(_number(result["pages"]), contents, attachments, encoding)


def draw(file_type: str, source: IO[bytes], limits: Limits = DRAW, budget: Budget | None = None) -> Iterator[Page]:
    """Draw the first pages of the file and yield them one by one.

    Raises as ``inspect`` does, possibly after some pages, and PagesLeftOut after the last page if time or limits left
    out others.
    """
    frames = _frames(required_level().number, "render", file_type, source, limits, budget)
    last = next(frames)
    for frame in frames:
        with _distrust():
            yield _page(last)
        last = frame
    with _distrust():
        if _result(last, file_type).get("more"):
            raise PagesLeftOut


def copies(file_type: str, source: IO[bytes], limits: Limits = DRAW, budget: Budget | None = None) -> list[Copy]:
    """Return safe copies of the file. Raises as ``inspect`` does."""
    *frames, last = _frames(required_level().number, "copy", file_type, source, limits, budget)
    with _distrust():
        descriptions = _result(last, file_type)["copies"]
        kinds = {description["kind"] for description in descriptions}
        media_types = {description["media_type"] for description in descriptions}
        if not (kinds <= _COPIES.get(file_type, {"picture"}) and media_types <= _MEDIA_TYPES):
            raise ValueError("not a copy of such a file")
        return [
            Copy(str(description["kind"])[:_LONGEST], str(description["media_type"])[:_LONGEST], frame)
            for description, frame in zip(descriptions, frames, strict=True)
        ]


def _highest(limit: int) -> Level:
    problems: list[str] = []
    for number in range(limit, 0, -1):
        try:
            openings = _openings(number)
        except (OSError, ReaderBroken, Unreadable) as error:
            problems.append(f"Level {number}: {error}")
        else:
            if not openings:
                return Level(number, tuple(problems))
            problems.append(f"Level {number}: what reads a file could still {', '.join(openings)}.")
    logger.error("No sandbox works, so that no file is read. %s", " ".join(problems))
    return Level(0, tuple(problems))


def _openings(number: int) -> list[str]:
    """Return what a process at this level can still do although it should not.

    The process tries it. Raises if the level does not work at all.
    """
    with tempfile.TemporaryFile() as nothing:
        *_none, last = _frames(number, forkserver.ASK, "", nothing, CHECK)
    return _result(last, "")["openings"]


def _frames(
    number: int, task: str, file_type: str, source: IO[bytes], limits: Limits, budget: Budget | None = None
) -> Iterator[bytes]:
    """Yield the frames that the child sends; the last one is the result.

    Raises Unreadable if the child did not end normally.
    """
    budget = budget or Budget(limits.cpu)
    seconds = min(limits.cpu, budget.seconds - budget.spent)
    if seconds <= 0:
        raise Unreadable(Reason.TOO_COMPLEX)
    request = {"task": task, "type": file_type, "memory": limits.memory, "seconds": seconds}
    until = time.monotonic() + limits.wall
    are_any = False
    with forkserver.reading(number, request, source) as (pipe, end):
        try:
            for frame in _unpacked(_pieces(pipe, until)):
                are_any = True
                yield frame
        finally:
            ended, *used = end()
            budget.charge(*used)
    if ended or not are_any:  # out of time or memory, or a library crashed
        raise Unreadable(Reason.TOO_COMPLEX)


def _pieces(pipe: int, until: float) -> Iterator[bytes]:
    """Yield the data from the pipe until its end. Raises Unreadable if it takes too long or is too much."""
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
    """Yield frames: four bytes of length and that many bytes. An incomplete frame is dropped."""
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
    """Turn errors on a malformed result into Unreadable.

    The process that read a hostile file may be under its control, so a malformed result means a damaged file.
    """
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
