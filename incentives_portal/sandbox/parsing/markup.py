"""XML: parsed to the end by expat.

Declarations that could expand or fetch something are refused or ignored.
"""

import io
import json
import re
from dataclasses import dataclass, field
from typing import IO, Any
from xml.parsers import expat

from . import texts
from .limits import MAX_CELL, MAX_PARAGRAPHS, MAX_TEXT, Deadline
from .reasons import Content, Emit, Findings, Reason, Unreadable

#: Root elements of web pages and drawings, which are not data.
_NOT_DATA = {"html", "svg"}
_PIECE = 64 * 1024
_DECLARATION = re.compile(rb"\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9._:\-]{1,40})[\"'][^>]{0,100}\?>")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_TEXT_MARK = b"\xef\xbb\xbf"

preload = texts.preload


def inspect(source: IO[bytes], deadline: Deadline) -> Findings:
    """Raise Unreadable for XML that is not well-formed, declares entities, or is a web page."""
    text, encoding = _text(source.read())
    findings = Findings(encoding=encoding)
    _read_document(text, Reader(deadline), findings)
    return findings


def copy(source: IO[bytes], emit: Emit, deadline: Deadline) -> list[dict[str, str]]:
    """Emit the names and values as lines of text."""
    text, _encoding = _text(source.read())
    paragraphs = Paragraphs()
    _read_document(text, _Outline(deadline, paragraphs), Findings())
    return [paragraphs.emit(emit)]


@dataclass
class Reader:
    """Base class of event handlers for the parser. Names come without their prefixes."""

    deadline: Deadline
    #: Of the expat parser; set by ``read``.
    parser: Any = field(default=None, init=False)
    #: The pieces of the text that is being read; one text may come in several.
    _pieces: list[str] = field(default_factory=list, init=False)

    #: Whether the handlers for texts and element ends are active from the beginning; parsing without them is twice as fast.
    reads_text = False
    #: Whether the text at this point is gathered.
    is_text = True
    root = ""
    #: Whether the file names a document type, which is not fetched.
    has_document_type = False
    is_done = False

    def listen(self, *, on: bool) -> None:
        """Turn the handlers for texts and element ends on or off."""
        self.parser.CharacterDataHandler = self.text if on else None
        self.parser.EndElementHandler = (lambda name: self.end(name.rpartition(":")[2])) if on else None

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the beginning of an element."""

    def text(self, piece: str) -> None:
        if self.is_text:
            self._pieces.append(piece)

    def end(self, name: str) -> None:
        """Handle the end of an element."""

    def take_text(self) -> str:
        """Return the text gathered since the last call."""
        text = "".join(self._pieces)
        self._pieces.clear()
        return text

    def check_time(self) -> None:
        """Set ``is_done`` or raise Unreadable if parsing takes too long.

        Called between two pieces of the file.
        """
        self.deadline.check()


def read(stream: IO[bytes], reader: Reader, encoding: str | None = None) -> None:
    """Parse a stream. Raises Unreadable; errors after the point where the reader was done go unnoticed."""

    def start(name: str, attributes: dict[str, str]) -> None:
        if not reader.root:
            reader.root = name
        reader.begin(name.rpartition(":")[2], attributes)

    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.StartElementHandler = start
    reader.parser = parser
    reader.listen(on=reader.reads_text)
    parser.StartDoctypeDeclHandler = lambda *_names: setattr(reader, "has_document_type", True)
    parser.EntityDeclHandler = _refuse
    parser.UnparsedEntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    try:
        while not reader.is_done and (piece := stream.read(_PIECE)):
            parser.Parse(piece, False)
            reader.check_time()
        if not reader.is_done:
            parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise Unreadable(Reason.DAMAGED) from error


def _refuse(*_declaration: object) -> int:
    raise Unreadable(Reason.ENTITIES)


def _text(data: bytes) -> tuple[str, str]:
    """Return the document as text, and the name of its encoding if that is not UTF-8."""
    if data.startswith(_WIDE_MARKS):
        return texts.decode_as(data, "utf-16")
    if b"\0" in data[:4]:
        return texts.decode_as(data, "utf-16-le" if data[1:2] == b"\0" else "utf-16-be")
    declared = _DECLARATION.match(data.removeprefix(_TEXT_MARK))
    if not declared or data.startswith(_TEXT_MARK):
        return texts.decode_as(data.removeprefix(_TEXT_MARK), "utf-8")
    return texts.decode_as(data, declared[1].decode("ascii"))


def _read_document(text: str, reader: Reader, findings: Findings) -> None:
    """Parse a text with a fixed encoding, so that the parser ignores the declared one."""
    read(io.BytesIO(text.encode("utf-8", "surrogatepass")), reader, "utf-8")
    if reader.root.rpartition(":")[2].lower() in _NOT_DATA:
        raise Unreadable(Reason.CONTENT)
    if reader.has_document_type:
        findings.contents.add(Content.EXTERNAL)


def attribute(attributes: dict[str, str], kind: str) -> str:
    """Return the value of an attribute, whatever its prefix."""
    return next((value for name, value in attributes.items() if name.rpartition(":")[2] == kind), "")


@dataclass
class Paragraphs:
    """Lines of text within limits; ``more`` says that lines were left out."""

    more: bool = False
    _lines: list[str] = field(default_factory=list)
    _left: int = MAX_TEXT

    @property
    def is_full(self) -> bool:
        return len(self._lines) == MAX_PARAGRAPHS or self._left <= 0

    def add(self, line: str) -> None:
        """Add a line as far as the limits allow, cut into several if it is very long."""
        for begin in range(0, max(1, len(line)), MAX_CELL):
            if self.is_full:
                self.more = True
                return
            self._lines.append(line[begin : begin + MAX_CELL])
            self._left -= MAX_CELL if len(line) > MAX_CELL else len(line) + 1

    def emit(self, emit: Emit) -> dict[str, str]:
        emit(json.dumps({"paragraphs": self._lines, "more": self.more}).encode())
        return {"kind": "text", "media_type": "application/json"}


@dataclass
class ParagraphReader(Reader):
    """Base class of readers that copy the text as paragraphs, as far as limits and time allow."""

    paragraphs: Paragraphs
    reads_text = True

    def check_time(self) -> None:
        if self.paragraphs.is_full or self.deadline.is_over:
            self.paragraphs.more = self.is_done = True


class _Outline(ParagraphReader):
    """One line for each element with content: name, attributes and text, indented by depth."""

    _INDENT, _MAX_DEPTH = "  ", 20
    _depth = 0
    _head = ""

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self._finish()
        values = [f"{key}={value}" for key, value in attributes.items() if not key.startswith("xmlns")]
        self._head = (
            self._INDENT * min(self._depth, self._MAX_DEPTH) + name + (f" ({', '.join(values)})" if values else "")
        )
        self._depth += 1

    def end(self, name: str) -> None:
        self._finish()
        self._depth -= 1

    def _finish(self) -> None:
        text = " ".join(self.take_text().split())
        if self._head:
            self.paragraphs.add(f"{self._head}: {text}" if text else self._head)
        elif text:
            self.paragraphs.add(self._INDENT * min(self._depth, self._MAX_DEPTH) + text)
        self._head = ""
