"""CSV: copied as a table of plain text."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any

from . import texts
from .limits import MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, MAX_TEXT, Deadline
from .reasons import Content, Emit, Findings, Reason, Unreadable

#: Beginnings of web pages, scripts, PDF and rich text under a wrong name.
_OTHER_FORMATS = ("<", "#!", "%PDF", "%!PS", "{\\rtf")
_SAMPLE = 64 * 1024
#: Possible delimiters. Of two that fit equally the first wins, because commas also occur in amounts.
_DELIMITERS = "\t;|,"
#: A first line that declares the delimiter for spreadsheets; it is not shown.
_DECLARATION = re.compile(r"sep=([\t;|,])\r?\n", re.IGNORECASE)
_MAX_FIELD = 1024 * 1024
#: How many characters are parsed, which is more than the copy shows.
_MAX_SIGNS = 2 * MAX_TEXT
#: A cell that a spreadsheet runs as a command, but not a negative amount or a phone number.
_COMMAND = re.compile(
    r"""(?:^|[;,\t|])[ "']{0,4}(?:=[^;,\t\r\n"]|@[A-Za-z.]{1,40}\(|[+\-][\d\s.+\-*/]{0,20}[A-Za-z.]{1,40}[(|])""",
    re.MULTILINE,
)


def preload() -> None:
    texts.preload()
    csv.field_size_limit(_MAX_FIELD)


def inspect(source: IO[bytes], deadline: Deadline) -> Findings:
    """Return the findings. Raises Unreadable for files that are not text or not a table."""
    text, encoding = _text(source)
    findings = Findings(encoding=encoding)
    if _COMMAND.search(text):
        findings.contents.add(Content.COMMANDS)
    for _row in islice(_rows(text), MAX_ROWS):
        deadline.check()
    return findings


def copy(source: IO[bytes], emit: Emit, deadline: Deadline) -> list[dict[str, str]]:
    table = Table(deadline)
    table.begin("", is_hidden=False)
    text, _encoding = _text(source)
    table.more = len(text) > _MAX_SIGNS
    for row in _rows(text):
        if not table.add(row):
            break
    return [table.emit(emit)]


@dataclass
class Table:
    """Sheets of rows of text within limits; ``more`` says that something was left out."""

    deadline: Deadline
    more: bool = False
    _sheets: list[dict[str, Any]] = field(default_factory=list)
    _left: int = MAX_TEXT

    def begin(self, name: str, *, is_hidden: bool) -> bool:
        """Start a new sheet. Return False if the limits allow no more."""
        if len(self._sheets) == MAX_SHEETS or self._left <= 0:
            self.more = True
            return False
        self._sheets.append({"name": name[:MAX_CELL], "hidden": is_hidden, "rows": []})
        return True

    def add(self, row: Iterable[str]) -> bool:
        """Add a row to the sheet. Return False if the limits allow no more."""
        rows, cells = self._sheets[-1]["rows"], list(row)
        if len(rows) == MAX_ROWS or self._left <= 0 or self.deadline.is_over:
            self.more = True
            return False
        self.more |= len(cells) > MAX_COLUMNS
        rows.append([self._cut(cell) for cell in cells[:MAX_COLUMNS]])
        return True

    def emit(self, emit: Emit) -> dict[str, str]:
        emit(json.dumps({"sheets": self._sheets, "more": self.more}).encode())
        return {"kind": "table", "media_type": "application/json"}

    def _cut(self, cell: str) -> str:
        kept = cell[: max(0, min(MAX_CELL, self._left))]
        self.more |= len(kept) < len(cell)
        self._left -= len(kept) + 1
        return kept


def _text(source: IO[bytes]) -> tuple[str, str]:
    text, encoding = texts.decode(source.read())
    if not text.strip() or text.lstrip().startswith(_OTHER_FORMATS):
        raise Unreadable(Reason.CONTENT)
    return text, encoding


def _rows(text: str) -> Iterable[list[str]]:
    declared = _DECLARATION.match(text)
    table = text[declared.end() if declared else 0 : _MAX_SIGNS]
    delimiter = declared[1] if declared else max(_DELIMITERS, key=lambda sign: _evenness(table[:_SAMPLE], sign))
    try:
        yield from csv.reader(io.StringIO(table, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise Unreadable(Reason.DAMAGED) from error


def _evenness(sample: str, delimiter: str) -> float:
    """Return the share of rows with the most common number of cells; 0 if that is one cell."""
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return 0.0
    rows = Counter(width for width in widths if width > 1)
    return max(rows.values()) / len(widths) if rows else 0.0
