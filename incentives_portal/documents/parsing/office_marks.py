"""What the XML within an Office file starts or fetches, told from what the parser hands over.

Never from the bytes: the same mark can be written with references, comments and CDATA sections, and a word of a field may be spread over
many runs. Office puts all of that together before it obeys, and so does this.
"""

import re
from typing import IO
from urllib.parse import unquote

from . import markup
from .reasons import Reason, Unreadable

#: Where a sheet, a chart or a workbook keeps formulas.
_FORMULAS = {"f", "formula", "formula1", "formula2", "definedName"}
_GATHERED = {*_FORMULAS, "instrText", "delInstrText"}
_MARKS = {*_GATHERED, "fldChar", "fldSimple", "ddeLink", "Relationship"}
#: Dynamic data exchange: the formula of a sheet (=cmd|'/C calc'!A0) and the field of a letter.
_EXCHANGE = re.compile(r"\|[^!]*!")
_EXCHANGE_FIELD = re.compile(r"\s*DDE\b|.*\bDDEAUTO\b", re.IGNORECASE | re.DOTALL)
#: What is fetched when the file is opened. A hyperlink waits for a click, a linked table asks first.
_FETCHED = {"attachedtemplate", "oleobject", "frame", "subdocument", "control", "package"}
#: The name of a template on the writer's own disk stands in many letters and does no harm.
_ELSEWHERE = re.compile(r"\s*(?:\w+:(?!///[a-z]:)|[\\/]{2})", re.IGNORECASE)
#: Far more than Office takes as one formula (8,192 characters) or one field.
_LONGEST = 1_000_000


def check(stream: IO[bytes]) -> None:
    """Raises Unreadable, with DAMAGED only if nothing worse stood before the damage."""
    marks = _Marks()
    try:
        markup.read(stream, marks.begin, marks.text, marks.end)
    finally:
        marks.close()  # Office repairs what breaks off, so what was read until then counts


class _Marks:
    """Follows the parser through one part."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._depth = 0  # within a formula or an instruction; 0 outside of any
        self._is_formula = False
        self._size = 0
        #: One text for each field that is open, the innermost last; the first is for instructions outside of all fields.
        self._fields = [""]

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth:
            self._depth += 1
        kind = name.rpartition(":")[2]
        if kind not in _MARKS:
            return  # nearly all of a large sheet
        if kind in _GATHERED:
            if not self._depth:
                self._depth, self._size, self._is_formula = 1, 0, kind in _FORMULAS
        elif kind == "fldChar":
            self._turn(_attribute(attributes, "fldCharType"))
        elif kind == "fldSimple":
            _check_field(_attribute(attributes, "instr"))
        elif kind == "ddeLink" or _fetches(attributes):
            raise Unreadable(Reason.ACTIVE)

    def text(self, piece: str) -> None:
        if self._depth:
            self._size += len(piece)
            if self._size > _LONGEST:
                raise Unreadable(Reason.TOO_COMPLEX)
            self._pieces.append(piece)

    def end(self, _name: str) -> None:
        if self._depth:
            self._depth -= 1
            if not self._depth:
                self._finish()

    def close(self) -> None:
        if self._depth:
            self._finish()
        for field in self._fields:
            _check_field(field)

    def _finish(self) -> None:
        said = "".join(self._pieces)
        self._pieces.clear()
        if self._is_formula:
            if _EXCHANGE.search(said):
                raise Unreadable(Reason.ACTIVE)
            return
        if len(self._fields) == 1:
            _check_field(said)
        self._fields[-1] += said
        if len(self._fields[-1]) > _LONGEST:
            raise Unreadable(Reason.TOO_COMPLEX)

    def _turn(self, where: str) -> None:
        """A field begins, shows its result, or ends."""
        if where == "begin":
            self._fields.append("")
            return
        _check_field(self._fields[-1])
        if where == "end" and len(self._fields) > 1:
            self._fields.pop()


def _attribute(attributes: dict[str, str], kind: str) -> str:
    """The value of an attribute, whatever the prefix of its name."""
    return next((value for name, value in attributes.items() if name.rpartition(":")[2] == kind), "")


def _check_field(instruction: str) -> None:
    if instruction and _EXCHANGE_FIELD.match(instruction):
        raise Unreadable(Reason.ACTIVE)


def _fetches(relationship: dict[str, str]) -> bool:
    kind = relationship.get("Type", "").strip().rpartition("/")[2].lower()
    outside = relationship.get("TargetMode", "").strip().lower() == "external"
    return outside and kind in _FETCHED and bool(_ELSEWHERE.match(unquote(relationship.get("Target", ""))))
