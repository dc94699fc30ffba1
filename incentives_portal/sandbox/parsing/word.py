"""DOCX: inspected as an Office file; copied as its visible text and its pictures."""

import io
import posixpath
from contextlib import suppress
from dataclasses import dataclass, field
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
    office.preload()
    pictures.preload()


def inspect(source: IO[bytes], deadline: Deadline) -> Findings:
    """Inspect as an Office file, and note drawings that the copy does not show."""
    with office.opened(source, deadline) as package:
        findings = office.inspect(package, "docx")
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
        shown = [
            member
            for name, member in package.members.items()
            if posixpath.dirname(name) == "word/media"
            and name.endswith(_PICTURES)
            and member.file_size >= _SMALLEST_PICTURE
        ]
        for member in shown[:MAX_IMAGES]:
            if deadline.is_over:
                break
            with suppress(Unreadable):  # the letter is readable without the picture
                copies += pictures.copy(io.BytesIO(package.archive.read(member)), emit, deadline)
    return copies


@dataclass
class _Letter(markup.ParagraphReader):
    """Collect paragraphs; the cells of a table row become one paragraph, separated by tabs."""

    _cells: list[list[str]] = field(default_factory=list)
    is_text = False
    _skipped = 0  # depth within a duplicate for older programs

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipped or name == "Fallback":
            self._skipped += 1
            return
        self.is_text = name == "t"
        match name:
            case "tab":
                self._pieces.append("\t")
            case "br" | "cr":
                self._pieces.append("\n")
            case "noBreakHyphen":
                self._pieces.append("-")
            case "tr":
                self._cells.append([])

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        self.is_text = False
        match name:
            case "p" if self._cells:
                self._pieces.append(" ")
            case "p":
                for line in self.take_text().split("\n"):
                    if line.strip():
                        self.paragraphs.add(line.rstrip())
            case "tc" if self._cells:
                self._cells[-1].append(" ".join(self.take_text().split()))
            case "tr" if self._cells:
                self._finish_row()

    def _finish_row(self) -> None:
        """Add the row as a paragraph, or, in a nested table, to the text of the outer cell."""
        row = _BETWEEN_CELLS.join(self._cells.pop())
        if self._cells:
            self._pieces.append(f"{row} ")
        elif row.strip():
            self.paragraphs.add(row)
