"""CSV: a table of text, without anything that text does not contain."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import IO, Any

from . import texts
from .limits import MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, MAX_TEXT, Deadline
from .reasons import Content, Emit, Findings, Reason, Unreadable

#: What begins like this is a web page, a script, a PDF or rich text under a wrong name.
_OTHER_FORMATS = ("<", "#!", "%PDF", "%!PS", "{\\rtf")
_SAMPLE = 64 * 1024
#: What may stand between cells. Of two that fit as well the first: commas stand in amounts.
_DELIMITERS = "\t;|,"
#: By this line a spreadsheet is told what stands between the cells; it is not shown.
_SAID = re.compile(r"sep=([\t;|,])\r?\n", re.IGNORECASE)
_MAX_FIELD = 1024 * 1024
#: Of a longer table only so much is taken apart, which is more than the copy shows.
_MAX_SIGNS = 2 * MAX_TEXT
#: A cell that a spreadsheet takes as a command when it opens the table, and neither a negative amount nor a telephone number.
_COMMAND = re.compile(
    r"""(?:^|[;,\t|])[ "']{0,4}(?:=[^;,\t\r\n"]|@[A-Za-z.]{1,40}\(|[+\-][\d\s.+\-*/]{0,20}[A-Za-z.]{1,40}[(|])""",
    re.MULTILINE,
)


def preload() -> None:
    """Load all encodings."""
    texts.preload()
    csv.field_size_limit(_MAX_FIELD)


def inspect(source: IO[bytes], deadline: Deadline) -> Findings:
    """Raises Unreadable for what is not text, or not a table."""
    text, encoding = _text(source)
    findings = Findings(encoding=encoding)
    if _COMMAND.search(text):
        findings.contents.add(Content.COMMANDS)
    for _row in islice(_rows(text), MAX_ROWS):
        deadline.check()
    return findings


def copy(source: IO[bytes], emit: Emit, deadline: Deadline) -> list[dict[str, str]]:
    """Hand the cells out as plain text."""
    table = Table(deadline)
    table.begin("", is_hidden=False)
    text, _encoding = _text(source)
    table.more = len(text) > _MAX_SIGNS
    for row in _rows(text):
        if not table.add(row):
            break
    return [table.emit(emit)]


class Table:
    """Sheets of rows of text within limits; what is beyond them is left out, and ``more`` says so."""

    def __init__(self, deadline: Deadline) -> None:
        self.more = False
        self._sheets: list[dict[str, Any]] = []
        self._left = MAX_TEXT
        self._deadline = deadline

    def begin(self, name: str, *, is_hidden: bool) -> bool:
        """A new sheet; whether there is app for it."""
        if len(self._sheets) == MAX_SHEETS or self._left <= 0:
            self.more = True
            return False
        self._sheets.append({"name": name[:MAX_CELL], "hidden": is_hidden, "rows": []})
        return True

    def add(self, row: Iterable[str]) -> bool:
        """One more row of the sheet; whether there is app for another one."""
        rows, cells = self._sheets[-1]["rows"], list(row)
        if len(rows) == MAX_ROWS or self._left <= 0 or self._deadline.is_over:
            self.more = True
            return False
        self.more |= len(cells) > MAX_COLUMNS
        rows.append([self._cut(cell) for cell in cells[:MAX_COLUMNS]])
        return True

    def emit(self, emit: Emit) -> dict[str, str]:
        """Hand the table out, and say what it is."""
        emit(json.dumps({"sheets": self._sheets, "more": self.more}).encode())
        return {"kind": "table", "media_type": "application/json"}

    def _cut(self, cell: str) -> str:
        shown = cell[: max(0, min(MAX_CELL, self._left))]
        self.more |= len(shown) < len(cell)
        self._left -= len(shown) + 1
        return shown


def _text(source: IO[bytes]) -> tuple[str, str]:
    text, encoding = texts.decode(source.read())
    if not text.strip() or text.lstrip().startswith(_OTHER_FORMATS):
        raise Unreadable(Reason.CONTENT)
    return text, encoding


def _rows(text: str) -> Iterable[list[str]]:
    said = _SAID.match(text)
    table = text[said.end() if said else 0 : _MAX_SIGNS]
    delimiter = said[1] if said else max(_DELIMITERS, key=lambda sign: _evenness(table[:_SAMPLE], sign))
    try:
        yield from csv.reader(io.StringIO(table, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise Unreadable(Reason.DAMAGED) from error


def _evenness(sample: str, delimiter: str) -> float:
    """The part of the rows that have the usual number of cells; 0 where that is one."""
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return 0.0
    rows = Counter(width for width in widths if width > 1)
    return max(rows.values()) / len(widths) if rows else 0.0
