"""What the XML within an Office file starts or fetches, told from what the parser hands over.

Never from the bytes: the same mark can be written with references, comments and CDATA sections, and a word of a field may be spread over
many runs. Office puts all of that together before it obeys, and so does this.
"""

import re
from urllib.parse import unquote

from . import markup
from .limits import Deadline
from .reasons import Content, Findings, Reason, Unreadable

#: Where a sheet, a chart or a workbook keeps formulas.
_FORMULAS = {"f", "formula", "formula1", "formula2", "definedName"}
_GATHERED = {*_FORMULAS, "instrText", "delInstrText"}
_MARKS = {*_GATHERED, "fldChar", "fldSimple", "ddeLink", "Relationship", "sheet"}
#: Texts within a formula, which may say anything, and names of sheets in quotes.
_QUOTED = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'(?=!)')
#: Dynamic data exchange: the formula of a sheet (=cmd|'/C calc'!A0) and the field of a letter.
_EXCHANGE = re.compile(r"\|[^!]*!")
_EXCHANGE_FIELD = re.compile(r"\s*DDE\b|.*\bDDEAUTO\b", re.IGNORECASE | re.DOTALL)
_STARTS = re.compile(r"\b(?:CALL|REGISTER(?:\.ID)?|EXEC|RTD)\s*\(", re.IGNORECASE)
_FETCHES = re.compile(r"\b(?:WEBSERVICE|IMAGE)\s*\(", re.IGNORECASE)
_FETCHING_FIELD = re.compile(r"\s*(?:INCLUDEPICTURE|INCLUDETEXT|INCLUDE|LINK|DATABASE|RD|IMPORT)\b", re.IGNORECASE)
#: What waits for a click.
_LINKS = {"hyperlink"}
#: The name of a template on the writer's own disk stands in many letters and does no harm.
_ELSEWHERE = re.compile(r"\s*(?:\w+:(?!///[a-z]:)|[\\/]{2})", re.IGNORECASE)
#: Far more than Office takes as one formula (8,192 characters) or one field.
_LONGEST = 1_000_000


class Marks(markup.Reader):
    """Follows the parser through one part and notes what it finds."""

    def __init__(self, deadline: Deadline, findings: Findings) -> None:
        super().__init__(deadline)
        self._contents = findings.contents
        self._pieces: list[str] = []
        self._depth = 0  # within a formula or an instruction; 0 outside of any
        self._is_formula = False
        self._size = 0
        #: One text for each field that is open, the innermost last; the first is for instructions outside of all fields.
        self._fields = [""]

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth:
            self._depth += 1
        if name not in _MARKS:
            return  # nearly all of a large sheet
        if name in _GATHERED:
            if not self._depth:
                self._depth, self._size, self._is_formula = 1, 0, name in _FORMULAS
                self.listen(on=True)
        elif name == "fldChar":
            self._turn(_attribute(attributes, "fldCharType"))
        elif name == "fldSimple":
            self._note_field(_attribute(attributes, "instr"))
        elif name == "ddeLink":
            self._contents.add(Content.COMMANDS)
        elif name == "Relationship" and _fetches(attributes):
            self._contents.add(Content.EXTERNAL)
        elif name == "sheet" and _attribute(attributes, "state").lower().endswith("hidden"):
            self._contents.add(Content.HIDDEN_SHEETS)

    def text(self, piece: str) -> None:
        self._size += len(piece)
        if self._size > _LONGEST:
            raise Unreadable(Reason.TOO_COMPLEX)
        self._pieces.append(piece)

    def end(self, name: str) -> None:
        self._depth -= 1
        if not self._depth:
            self.listen(on=False)
            self._finish()

    def close(self) -> None:
        if self._depth:
            self._finish()
        for field in self._fields:
            self._note_field(field)

    def _finish(self) -> None:
        said = "".join(self._pieces)
        self._pieces.clear()
        if self._is_formula:
            self._note_formula(_QUOTED.sub("", said))
            return
        if len(self._fields) == 1:
            self._note_field(said)
        self._fields[-1] += said
        if len(self._fields[-1]) > _LONGEST:
            raise Unreadable(Reason.TOO_COMPLEX)

    def _turn(self, where: str) -> None:
        """A field begins, shows its result, or ends."""
        if where == "begin":
            self._fields.append("")
            return
        self._note_field(self._fields[-1])
        if where == "end" and len(self._fields) > 1:
            self._fields.pop()

    def _note_formula(self, formula: str) -> None:
        if _EXCHANGE.search(formula) or _STARTS.search(formula):
            self._contents.add(Content.COMMANDS)
        if _FETCHES.search(formula):
            self._contents.add(Content.EXTERNAL)

    def _note_field(self, instruction: str) -> None:
        if instruction and _EXCHANGE_FIELD.match(instruction):
            self._contents.add(Content.COMMANDS)
        if instruction and _FETCHING_FIELD.match(instruction):
            self._contents.add(Content.EXTERNAL)


def _attribute(attributes: dict[str, str], kind: str) -> str:
    """The value of an attribute, whatever the prefix of its name."""
    return next((value for name, value in attributes.items() if name.rpartition(":")[2] == kind), "")


def _fetches(relationship: dict[str, str]) -> bool:
    kind = relationship.get("Type", "").strip().rpartition("/")[2].lower()
    outside = relationship.get("TargetMode", "").strip().lower() == "external"
    return outside and kind not in _LINKS and bool(_ELSEWHERE.match(unquote(relationship.get("Target", ""))))
