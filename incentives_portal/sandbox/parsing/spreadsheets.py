"""XLSX: inspected as an Office file, and copied as a table.

The copy includes hidden sheets and shows formulas as their last values.
"""

import datetime
import re
from typing import IO

from . import markup, office
from .limits import MAX_CELL, MAX_COLUMNS, Deadline
from .reasons import Content, Emit, Findings
from .tables import Table

_LETTERS = re.compile(r"[A-Z]+")
#: Ids of Excel's built-in number formats: days, times, percentages.
_DAYS, _TIMES, _PERCENT = {14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)}, {18, 19, 20, 21, 45, 46, 47}, {9, 10}
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
    findings = office.inspect(source, "xlsx", deadline)
    with office.opened(source, deadline) as package:
        if any(name.startswith("xl/media/") for name in package.members):
            findings.contents.add(Content.DRAWINGS)
    return findings


def copy(source: IO[bytes], emit: Emit, deadline: Deadline) -> list[dict[str, str]]:
    """Emit all sheets as one table."""
    table = Table(deadline)
    with office.opened(source, deadline) as package:
        main = package.main("xlsx")
        workbook = _Workbook(deadline)
        package.read(main, workbook)
        relations = package.relations(main)
        parts = {kind: target for kind, target in relations.values() if target in package.members}
        styles, shared = _Styles(deadline), _Shared(deadline, table)
        if "styles" in parts:
            package.read(parts["styles"], styles)
        if "sharedstrings" in parts:
            package.read(parts["sharedstrings"], shared)
        for name, is_hidden, relation in workbook.sheets:
            _kind, target = relations.get(relation, ("", ""))
            if not table.begin(name, is_hidden=is_hidden):
                break
            if target in package.members and _kind == "worksheet":
                sheet = _Sheet(deadline, table, styles, shared.texts, workbook.first_day)
                package.read(target, sheet)
                sheet.close()
    return [table.emit(emit)]


class _Workbook(markup.Reader):
    """Read the names of the sheets, whether they are hidden, and their relationship ids."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__(deadline)
        self.sheets: list[tuple[str, bool, str]] = []
        self.first_day = _FIRST_DAY

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            relation = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            is_hidden = attributes.get("state", "").lower().endswith("hidden")
            self.sheets.append((attributes.get("name", ""), is_hidden, relation))
        elif name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            self.first_day = _FIRST_DAY_1904


class _Styles(markup.Reader):
    """Read how each style shows a number: "" as it is, else "day", "time", "moment" or "percent"."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__(deadline)
        self.kinds: list[str] = []
        self._own: dict[str, str] = {}
        self._is_within = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._own[attributes.get("numFmtId", "")] = _kind_of_format(attributes.get("formatCode", ""))
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            self._is_within = name == "cellXfs"
        elif name == "xf" and self._is_within:
            number = attributes.get("numFmtId", "0")
            self.kinds.append(self._own[number] if number in self._own else _kind_of_known(number))


def _kind_of_known(number: str) -> str:
    known = int(number) if number.isdecimal() else 0
    if known == 22:
        return "moment"
    return "day" if known in _DAYS else "time" if known in _TIMES else "percent" if known in _PERCENT else ""


def _kind_of_format(code: str) -> str:
    pattern = _ASIDE.sub("", code.partition(";")[0]).lower()
    if "%" in pattern:
        return "percent"
    has_day, has_time = "d" in pattern or "y" in pattern, "h" in pattern or "s" in pattern
    if has_day and has_time:
        return "moment"
    return "day" if has_day else "time" if has_time else ""


class _Shared(markup.Reader):
    """Read the texts that cells refer to by number."""

    reads_text = True

    def __init__(self, deadline: Deadline, table: Table) -> None:
        super().__init__(deadline)
        self.texts: list[str] = []
        self._table = table
        self._pieces: list[str] = []
        self._is_text = self._is_reading_aid = False
        self._size = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self._is_text = name == "t" and not self._is_reading_aid
        if name == "rPh":
            self._is_reading_aid = True

    def text(self, piece: str) -> None:
        if self._is_text:
            self._pieces.append(piece)

    def end(self, name: str) -> None:
        self._is_text = False
        if name == "rPh":
            self._is_reading_aid = False
        elif name == "si":
            self.texts.append("".join(self._pieces)[:MAX_CELL])
            self._size += len(self.texts[-1])
            self._pieces.clear()

    def check_time(self) -> None:
        if self._size > _MAX_SHARED or self.deadline.is_over:
            self.is_done = self._table.more = True


class _Sheet(markup.Reader):
    """Read rows of cells. A formula is copied as the value saved in the file."""

    reads_text = True

    def __init__(
        self, deadline: Deadline, table: Table, styles: _Styles, shared: list[str], first_day: datetime.datetime
    ) -> None:
        super().__init__(deadline)
        self._table, self._styles, self._shared, self._first_day = table, styles, shared, first_day
        self._row: list[str] = []
        self._type = self._style = ""
        self._column = self._next = 0
        self._pieces: list[str] = []
        self._is_value = False
        self._rows = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            letters = _LETTERS.match(attributes.get("r", ""))
            self._column = _column(letters[0]) if letters else self._next
            self._next = self._column + 1
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        elif name == "row":
            number = attributes.get("r", "")
            self._skip(int(number) if number.isdecimal() and len(number) < 9 else self._rows + 1)
        self._is_value = name == "v" or (name == "t" and self._type == "inlineStr")

    def text(self, piece: str) -> None:
        if self._is_value:
            self._pieces.append(piece)

    def end(self, name: str) -> None:
        self._is_value = False
        if name == "c":
            self._put("".join(self._pieces))
            self._pieces.clear()
        elif name == "row":
            self._finish()

    def close(self) -> None:
        """Finish an incomplete sheet with the rows read so far."""
        if self._row and not self.is_done:
            self._finish()

    def check_time(self) -> None:
        if self.deadline.is_over:
            self.is_done = self._table.more = True

    def _skip(self, number: int) -> None:
        """Add one empty row for any number of missing rows."""
        if number > self._rows + 1 and self._rows:
            self._finish()
        self._rows = max(number - 1, self._rows)

    def _finish(self) -> None:
        self._rows += 1
        self.is_done |= not self._table.add(self._row)
        self._row, self._next = [], 0

    def _put(self, raw: str) -> None:
        if not raw:
            return
        if self._column >= MAX_COLUMNS or self._column < len(self._row):
            self._table.more = True
            return
        self._row += [""] * (self._column - len(self._row))
        self._row.append(self._display(raw))

    def _display(self, raw: str) -> str:
        match self._type:
            case "s":
                return self._shared[int(raw)] if raw.isdecimal() and int(raw) < len(self._shared) else ""
            case "b":
                return "TRUE" if raw.strip() == "1" else "FALSE"
            case "n" | "":
                return _number(raw.strip(), self._kind(), self._first_day)
            case _:
                return raw

    def _kind(self) -> str:
        number = int(self._style) if self._style.isdecimal() else 0
        return self._styles.kinds[number] if number < len(self._styles.kinds) else ""


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
