"""XLSX: inspected as an Office file, and copied as a table.

The copy includes hidden sheets and shows formulas as their last values.
"""

import datetime
import re
from dataclasses import dataclass, field
from typing import IO

from . import markup, office
from .limits import MAX_CELL, MAX_COLUMNS, Deadline
from .reasons import Content, Emit, Findings
from .tables import Table

_LETTERS = re.compile(r"[A-Z]+")
#: Id of each of Excel's built-in number formats → what it shows, as _Styles says it.
_BUILT_IN = {
    str(number): kind
    for kind, numbers in {
        "day": (14, 15, 16, 17, *range(27, 37), *range(50, 59)),
        "time": (18, 19, 20, 21, 45, 46, 47),
        "moment": (22,),
        "percent": (9, 10),
    }.items()
    for number in numbers
}
#: Texts, colors and conditions in a number format.
_ASIDE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_FIRST_DAY = datetime.datetime(1899, 12, 30, tzinfo=datetime.UTC)
_FIRST_DAY_1904 = datetime.datetime(1904, 1, 1, tzinfo=datetime.UTC)
_MAX_DAY = 2_958_465
#: Characters of shared texts that are read; cells that refer to others are empty, and the copy says that there is more.
_MAX_SHARED = 8_000_000

preload = office.preload


def inspect(source: IO[bytes], deadline: Deadline) -> Findings:
    """Inspect as an Office file, and note pictures, which the copy does not show."""
    with office.opened(source, deadline) as package:
        findings = office.inspect(package, "xlsx")
        if any(name.startswith("xl/media/") for name in package.members):
            findings.contents.add(Content.DRAWINGS)
    return findings


def copy(source: IO[bytes], emit: Emit, deadline: Deadline) -> list[dict[str, str]]:
    table = Table(deadline)
    with office.opened(source, deadline) as package:
        main = package.main("xlsx")
        workbook = _Workbook(deadline)
        package.read(main, workbook)
        relations = package.relations(main)
        parts = {kind: target for kind, target in relations.values() if target in package.members}
        styles, shared = _Styles(deadline), _Shared(deadline, table)
        for kind, reader in (("styles", styles), ("sharedstrings", shared)):
            if kind in parts:
                package.read(parts[kind], reader)
        for name, is_hidden, relation in workbook.sheets:
            kind, target = relations.get(relation, ("", ""))
            if not table.begin(name, is_hidden=is_hidden):
                break
            if target in package.members and kind == "worksheet":
                sheet = _Sheet(deadline, table, styles.kinds, shared.texts, workbook.first_day)
                package.read(target, sheet)
                sheet.close()
    return [table.emit(emit)]


@dataclass
class _Workbook(markup.Reader):
    """Read the names of the sheets, whether they are hidden, and their relationship ids."""

    sheets: list[tuple[str, bool, str]] = field(default_factory=list)
    first_day = _FIRST_DAY

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            is_hidden = attributes.get("state", "").lower().endswith("hidden")
            self.sheets.append((attributes.get("name", ""), is_hidden, markup.attribute(attributes, "id")))
        elif name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            self.first_day = _FIRST_DAY_1904


@dataclass
class _Styles(markup.Reader):
    """Read how each style shows a number: "" as it is, else "day", "time", "moment" or "percent"."""

    kinds: list[str] = field(default_factory=list)
    _formats: dict[str, str] = field(default_factory=_BUILT_IN.copy)
    _is_within = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._formats[attributes.get("numFmtId", "")] = _kind_of_format(attributes.get("formatCode", ""))
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            self._is_within = name == "cellXfs"
        elif name == "xf" and self._is_within:
            self.kinds.append(self._formats.get(attributes.get("numFmtId", "0"), ""))


def _kind_of_format(code: str) -> str:
    pattern = _ASIDE.sub("", code.partition(";")[0]).lower()
    if "%" in pattern:
        return "percent"
    has_day, has_time = "d" in pattern or "y" in pattern, "h" in pattern or "s" in pattern
    if has_day and has_time:
        return "moment"
    return "day" if has_day else "time" if has_time else ""


@dataclass
class _CellReader(markup.Reader):
    """Base class of readers that copy texts and values as cells, as long as there is time."""

    table: Table
    reads_text = True
    is_text = False

    def check_time(self) -> None:
        if self.deadline.is_over:
            self.is_done = self.table.more = True


@dataclass
class _Shared(_CellReader):
    """Read the texts that cells refer to by number."""

    texts: list[str] = field(default_factory=list)
    _is_reading_aid = False
    _size = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self.is_text = name == "t" and not self._is_reading_aid
        if name == "rPh":
            self._is_reading_aid = True

    def end(self, name: str) -> None:
        self.is_text = False
        if name == "rPh":
            self._is_reading_aid = False
        elif name == "si":
            self.texts.append(self.take_text()[:MAX_CELL])
            self._size += len(self.texts[-1])
            if self._size > _MAX_SHARED:
                self.is_done = self.table.more = True


@dataclass
class _Sheet(_CellReader):
    """Read rows of cells. A formula is copied as the value saved in the file."""

    kinds: list[str]
    shared: list[str]
    first_day: datetime.datetime
    _row: list[str] = field(default_factory=list)
    _type = _style = ""
    _column = _next = _rows = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            letters = _LETTERS.match(attributes.get("r", ""))
            self._column = _column(letters[0]) if letters else self._next
            self._next = self._column + 1
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        elif name == "row":
            number = attributes.get("r", "")
            self._skip(int(number) if number.isdecimal() and len(number) < 9 else self._rows + 1)
        self.is_text = name == "v" or (name == "t" and self._type == "inlineStr")

    def end(self, name: str) -> None:
        self.is_text = False
        if name == "c":
            self._put(self.take_text())
        elif name == "row":
            self._finish()

    def close(self) -> None:
        """Finish an incomplete sheet with the rows read so far."""
        if self._row and not self.is_done:
            self._finish()

    def _skip(self, number: int) -> None:
        """Add one empty row for any number of missing rows."""
        if number > self._rows + 1 and self._rows:
            self._finish()
        self._rows = max(number - 1, self._rows)

    def _finish(self) -> None:
        self._rows += 1
        self.is_done |= not self.table.add(self._row)
        self._row, self._next = [], 0

    def _put(self, raw: str) -> None:
        if not raw:
            return
        if self._column >= MAX_COLUMNS or self._column < len(self._row):
            self.table.more = True
            return
        self._row += [""] * (self._column - len(self._row))
        self._row.append(self._display(raw))

    def _display(self, raw: str) -> str:
        match self._type:
            case "s":
                return self.shared[int(raw)] if raw.isdecimal() and int(raw) < len(self.shared) else ""
            case "b":
                return "TRUE" if raw.strip() == "1" else "FALSE"
            case "n" | "":
                style = int(self._style) if self._style.isdecimal() else 0
                return _number(raw.strip(), self.kinds[style] if style < len(self.kinds) else "", self.first_day)
            case _:
                return raw


def _column(letters: str) -> int:
    """Return the index of a column from 0: A is 0, AA is 26. MAX_COLUMNS for an invalid name."""
    if len(letters) > 3:
        return MAX_COLUMNS
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _number(raw: str, kind: str, first_day: datetime.datetime) -> str:
    """Return a number as its cell shows it, dates in ISO format.

    In a column of days, 46015 is 2025-12-24.
    """
    try:
        value = float(raw)
    except ValueError:
        return raw
    if kind == "percent":
        return f"{value * 100:.10g}%"
    if kind and 0 <= value <= _MAX_DAY:
        moment = first_day + datetime.timedelta(seconds=round(value * 86_400))
        if kind == "time":
            return f"{moment:%H:%M:%S}"
        return f"{moment:%Y-%m-%d}" if kind == "day" else f"{moment:%Y-%m-%d %H:%M:%S}"
    return f"{value:.15g}"
