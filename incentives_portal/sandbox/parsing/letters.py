"""DOCX: inspected as an Office file; copied as its visible text and its pictures."""

import io
import posixpath
from typing import IO

from . import markup, office, pictures
from .limits import MAX_IMAGES, Deadline
from .reasons import Content, Emit, Findings, Unreadable

_HEADERS, _FOOTERS = "header", {"footer", "footnotes", "endnotes"}
_PICTURES = (".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".webp")
#: Pictures with fewer bytes are lines or bullets.
_SMALLEST_PICTURE = 1_000
_BETWEEN_CELLS = "\t"


def preload() -> None:
    """Load what office needs, and what reading the pictures of a letter needs."""
    office.preload()
    pictures.preload()


def inspect(source: IO[bytes], deadline: Deadline) -> Findings:
    """Inspect as an Office file, and note drawings that the copy does not show."""
    findings = office.inspect(source, "docx", deadline)
    with office.opened(source, deadline) as package:
        media = [name for name in package.members if name.startswith("word/media/")]
        if any(not name.endswith(_PICTURES) for name in media) or len(media) > MAX_IMAGES:
            findings.contents.add(Content.DRAWINGS)
    return findings


def copy(source: IO[bytes], emit: Emit, deadline: Deadline) -> list[dict[str, str]]:
    """Emit the text, from headers to footnotes, and each picture redrawn."""
    paragraphs = markup.Paragraphs()
    with office.opened(source, deadline) as package:
        main = package.main("docx")
        relations = [(kind, target) for kind, target in package.relations(main).values() if target in package.members]
        before = [target for kind, target in relations if kind == _HEADERS]
        after = [target for kind, target in relations if kind in _FOOTERS]
        for name in (*dict.fromkeys(before), main, *dict.fromkeys(after)):
            package.read(name, _Letter(deadline, paragraphs))
        copies = [paragraphs.emit(emit)]
        for name in list(_pictures(package))[:MAX_IMAGES]:
            if deadline.is_over:
                break
            copies += _copy_picture(package, name, emit, deadline)
    return copies


def _pictures(package: office.Package) -> list[str]:
    return [
        name
        for name, member in package.members.items()
        if posixpath.dirname(name) == "word/media"
        and name.endswith(_PICTURES)
        and member.file_size >= _SMALLEST_PICTURE
    ]


def _copy_picture(package: office.Package, name: str, emit: Emit, deadline: Deadline) -> list[dict[str, str]]:
    """Return the copies of a picture, or none if it cannot be read.

    The letter is readable without it.
    """
    try:
        return pictures.copy(io.BytesIO(package.archive.read(package.members[name])), emit, deadline)
    except Unreadable:
        return []


class _Letter(markup.Reader):
    """Collect paragraphs; the cells of a table row become one paragraph, separated by tabs."""

    reads_text = True

    def __init__(self, deadline: Deadline, paragraphs: markup.Paragraphs) -> None:
        super().__init__(deadline)
        self._paragraphs = paragraphs
        self._pieces: list[str] = []
        self._cells: list[list[str]] = []
        self._is_text = False
        self._skipped = 0  # depth within a duplicate for older programs

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipped or name == "Fallback":
            self._skipped += 1
            return
        self._is_text = name == "t"
        match name:
            case "tab":
                self._pieces.append("\t")
            case "br" | "cr":
                self._pieces.append("\n")
            case "noBreakHyphen":
                self._pieces.append("-")
            case "tr":
                self._cells.append([])

    def text(self, piece: str) -> None:
        if self._is_text:
            self._pieces.append(piece)

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        self._is_text = False
        match name:
            case "p":
                self._finish_paragraph()
            case "tc" if self._cells:
                self._pieces_of_cell()
            case "tr" if self._cells:
                self._finish_row()

    def check_time(self) -> None:
        if self._paragraphs.is_full or self.deadline.is_over:
            self._paragraphs.more = self.is_done = True

    def _finish_paragraph(self) -> None:
        if self._cells:
            self._pieces.append(" ")
            return
        for line in "".join(self._pieces).split("\n"):
            if line.strip():
                self._paragraphs.add(line.rstrip())
        self._pieces.clear()

    def _pieces_of_cell(self) -> None:
        self._cells[-1].append(" ".join("".join(self._pieces).split()))
        self._pieces.clear()

    def _finish_row(self) -> None:
        """Add the row as a paragraph, or, in a nested table, to the text of the outer cell."""
        row = _BETWEEN_CELLS.join(self._cells.pop())
        if self._cells:
            self._pieces.append(f"{row} ")
        elif row.strip():
            self._paragraphs.add(row)
