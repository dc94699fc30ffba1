"""DOCX and XLSX: the archive, the types of its parts, and their active content.

Names of members prove nothing: the archive declares which part is a sheet or a letter, and a sheet may be called
picture.png.
"""

import posixpath
import re
import stat
import struct
import zipfile
import zlib
from codecs import lookup
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import SEEK_END
from typing import IO
from urllib.parse import unquote

from . import markup
from .limits import MAX_UNPACKED_BYTES, MAX_ZIP_MEMBERS, Deadline
from .reasons import Content, Findings, Reason, Unreadable

_TYPES = "[Content_Types].xml"
_OOXML = "application/vnd.openxmlformats-officedocument."
_MAIN = {"docx": f"{_OOXML}wordprocessingml.document.main+xml", "xlsx": f"{_OOXML}spreadsheetml.sheet.main+xml"}
_MACRO_TYPES = ("macroenabled", "vbaproject", "macrosheet")

_END_MARK, _END_SIZE, _LONGEST_END = b"PK\x05\x06", 22, 22 + 0xFFFF
#: Average size of a member's entry in the central directory, with its name, in bytes.
_MEMBER_SIZE = 200
_ENCRYPTED_FLAG = 0x1
_FIRST_BYTES = 4096

_TEXT = {"xml", "rels", "vml", "psmdcp"}
_PICTURES = {
    "png",
    "jpg",
    "jpeg",
    "jfif",
    "jpe",
    "gif",
    "bmp",
    "tif",
    "tiff",
    "emf",
    "wmf",
    "svg",
    "wdp",
    "ico",
    "emz",
    "wmz",
    "webp",
}
_FONTS = {"odttf", "ttf", "fntdata"}
#: Printer settings and sheet properties, which any spreadsheet may have.
_SETTINGS = re.compile(r"/(printersettings|customproperty)\d*\.bin$")
#: Part of a name → the content noted for it.
_NOTED = {
    "_xmlsignatures/": Content.SIGNATURE,
    "/activex/": Content.ACTIONS,
    "/ctrlprops/": Content.ACTIONS,
    "/comments": Content.COMMENTS,
    "/threadedcomments/": Content.COMMENTS,
    "/charts/": Content.DRAWINGS,
    "/chartsheets/": Content.DRAWINGS,
    "/diagrams/": Content.DRAWINGS,
}
#: Leftovers of saving in Office.
_RUBBISH = "[trash]/"

#: Elements of sheets, charts and workbooks with formulas.
_FORMULAS = {"f", "formula", "formula1", "formula2", "definedName"}
_GATHERED = {*_FORMULAS, "instrText", "delInstrText"}
_MARKS = {*_GATHERED, "fldChar", "fldSimple", "ddeLink", "Relationship", "sheet"}
#: Quoted texts and sheet names within a formula, which are not code.
_QUOTED = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'(?=!)')
#: Dynamic data exchange: the formula of a sheet (=cmd|'/C calc'!A0) and the field of a letter.
_EXCHANGE = re.compile(r"\|[^!]*!")
_EXCHANGE_FIELD = re.compile(r"\s*DDE\b|.*\bDDEAUTO\b", re.IGNORECASE | re.DOTALL)
_STARTS = re.compile(r"\b(?:CALL|REGISTER(?:\.ID)?|EXEC|RTD)\s*\(", re.IGNORECASE)
_FETCHES = re.compile(r"\b(?:WEBSERVICE|IMAGE)\s*\(", re.IGNORECASE)
_FETCHING_FIELD = re.compile(r"\s*(?:INCLUDEPICTURE|INCLUDETEXT|INCLUDE|LINK|DATABASE|RD|IMPORT)\b", re.IGNORECASE)
#: Relationships that do nothing until the user clicks.
_LINKS = {"hyperlink"}
#: Targets outside the author's disk; many letters name a local template, which is harmless.
_ELSEWHERE = re.compile(r"\s*(?:\w+:(?!///[a-z]:)|[\\/]{2})", re.IGNORECASE)
#: Far more than Office accepts as one formula (8,192 characters) or one field.
_LONGEST = 1_000_000


def preload() -> None:
    """Load the encoding that member names have if they are not UTF-8."""
    lookup("cp437")


class Package:
    """The archive with its members and their declared types."""

    def __init__(self, archive: zipfile.ZipFile, deadline: Deadline) -> None:
        self.archive = archive
        self.deadline = deadline
        self.members = {member.filename.lower(): member for member in archive.infolist() if not member.is_dir()}
        self._types = _Types(deadline)
        markup.read(archive.open(_TYPES), self._types)

    def type_of(self, name: str) -> str:
        """Return the declared content type of a member, in lower case."""
        return self._types.parts.get(name.lower()) or self._types.endings.get(_ending(name), "")

    def declared(self) -> set[str]:
        return {*self._types.parts.values(), *self._types.endings.values()}

    def main(self, file_type: str) -> str:
        """Return the name of the main part. Raises Unreadable if it is missing or the file is of another kind."""
        if _MAIN[file_type] not in self.declared():
            raise Unreadable(Reason.CONTENT)
        found = [
            name for name in self.members if self.type_of(name) == _MAIN[file_type] and self.members[name].file_size
        ]
        if not found:
            raise Unreadable(Reason.DAMAGED)
        start = [target for kind, target in self.relations("").values() if kind == "officedocument" and target in found]
        usual = [name for name in found if name in ("word/document.xml", "xl/workbook.xml")]
        return [*start, *usual, *found][0]

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Return id → kind and target member name of each relationship of a part within the archive."""
        folder, base = posixpath.split(name)
        rels = posixpath.join(folder, "_rels", f"{base}.rels")
        if rels not in self.members:
            return {}
        reader = _Relations(self.deadline)
        self.read(rels, reader)
        return {
            key: (kind, posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/").lower())
            for key, (kind, target) in reader.found.items()
        }

    def read(self, name: str, reader: markup.Reader) -> None:
        with self.archive.open(self.members[name]) as stream:
            markup.read(stream, reader)


@dataclass
class _Types(markup.Reader):
    """Read the declared content types; Office ignores their case."""

    parts: dict[str, str] = field(default_factory=dict)
    endings: dict[str, str] = field(default_factory=dict)

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        content_type = attributes.get("ContentType", "").strip().lower()
        if name == "Override":
            self.parts[attributes.get("PartName", "").lstrip("/").lower()] = content_type
        elif name == "Default":
            self.endings[attributes.get("Extension", "").lstrip(".").lower()] = content_type


@dataclass
class _Relations(markup.Reader):
    found: dict[str, tuple[str, str]] = field(default_factory=dict)

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode", "").strip().lower() != "external":
            kind = attributes.get("Type", "").strip().rpartition("/")[2].lower()
            self.found[attributes.get("Id", "")] = (kind, attributes.get("Target", ""))


@contextmanager
def opened(source: IO[bytes], deadline: Deadline) -> Iterator[Package]:
    """Open the archive. Raises Unreadable if it is none, is a bomb, or has a password."""
    if _is_crowded(source):
        raise Unreadable(Reason.TOO_COMPLEX)
    try:
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
                raise Unreadable(Reason.TOO_COMPLEX)
            for member in members:
                _check_member(member)
            yield Package(archive, deadline)
    except (
        zlib.error,
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        KeyError,
        EOFError,
        NotImplementedError,
        OSError,
    ) as error:
        raise Unreadable(Reason.DAMAGED) from error


def inspect(package: Package, file_type: str) -> Findings:
    """Return the findings. Raises Unreadable for other kinds of files, macros, passwords and bombs."""
    findings = Findings()
    if any(mark in content_type for content_type in package.declared() for mark in _MACRO_TYPES):
        raise Unreadable(Reason.MACROS)
    package.main(file_type)
    for name, member in package.members.items():
        findings.contents.update(content for part, content in _NOTED.items() if part in f"/{name}")
        if member.file_size:
            _inspect_member(package, name, member, findings)
    return findings


def _is_crowded(source: IO[bytes]) -> bool:
    """Return whether the central directory is larger than any Office file's.

    Checked before the directory is read, which takes seconds for 100,000 members.
    """
    source.seek(0, SEEK_END)
    source.seek(max(0, source.tell() - _LONGEST_END))
    end = source.read()
    at = end.rfind(_END_MARK)
    if at < 0 or len(end) < at + _END_SIZE:
        return False  # not an archive: opening it fails
    members, size = struct.unpack_from("<HL", end, at + 10)
    return members > MAX_ZIP_MEMBERS or size > MAX_ZIP_MEMBERS * _MEMBER_SIZE


def _check_member(member: zipfile.ZipInfo) -> None:
    """Raise Unreadable for a member with a forbidden name or flag."""
    if member.flag_bits & _ENCRYPTED_FLAG:
        raise Unreadable(Reason.PASSWORD)
    name = member.filename.lower()
    if posixpath.isabs(name) or ".." in name.split("/") or "\\" in name or stat.S_ISLNK(member.external_attr >> 16):
        raise Unreadable(Reason.CONTENT)
    if posixpath.basename(name) == "vbaproject.bin" or "/macrosheets/" in name:
        raise Unreadable(Reason.MACROS)


def _inspect_member(package: Package, name: str, member: zipfile.ZipInfo, findings: Findings) -> None:
    """Inspect a member by its kind, and by its content if it is XML.

    Every member is parsed; the parser stops at the first bytes of one that is not XML.
    """
    if not _is_expected(name) or "/embeddings/" in name:
        with package.archive.open(member) as stream:
            findings.attach(posixpath.basename(member.filename), stream.read(_FIRST_BYTES))
    marks = Marks(package.deadline, findings.contents)
    try:
        try:
            package.read(name, marks)
        finally:
            marks.close()  # Office repairs truncated parts, so the findings until then count
    except Unreadable as problem:
        if problem.reason != Reason.DAMAGED or _must_be_xml(name, package.type_of(name)):
            raise


def _must_be_xml(name: str, content_type: str) -> bool:
    """Return whether a member that is not well-formed makes the file damaged.

    Old drawings (VML) have unclosed elements like web pages, and Office accepts them.
    """
    if "vmldrawing" in content_type or _ending(name) == "vml" or name.startswith(_RUBBISH):
        return False
    return content_type.endswith(("+xml", "/xml")) or _ending(name) in _TEXT


def _is_expected(name: str) -> bool:
    """Return whether it is a regular part of an Office file, and not an embedded file."""
    if name.startswith((_RUBBISH, "_xmlsignatures/")) or "/activex/" in f"/{name}":
        return True
    return _ending(name) in _TEXT | _PICTURES | _FONTS or bool(_SETTINGS.search(name))


def _ending(name: str) -> str:
    return name.lower().rpartition(".")[2]


@dataclass
class Marks(markup.Reader):
    """Note what one part starts or fetches, from the events of the parser.

    The raw bytes are not reliable: the same text can be written with references, comments and CDATA sections, and a
    field may be spread over many runs. Office joins all of that before it acts on it, and so does this reader.
    """

    contents: set[Content]
    #: The text of each open field, the innermost last; the first is for instructions outside of fields.
    _fields: list[str] = field(default_factory=lambda: [""])
    _depth = 0  # depth within a formula or an instruction; 0 outside of them
    _is_formula = False
    _size = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth:
            self._depth += 1
        if name not in _MARKS:
            return  # nearly all elements of a large sheet
        if name in _GATHERED:
            if not self._depth:
                self._depth, self._size, self._is_formula = 1, 0, name in _FORMULAS
                self.listen(on=True)
        elif name == "fldChar":
            self._change_field(markup.attribute(attributes, "fldCharType"))
        elif name == "fldSimple":
            self._note_field(markup.attribute(attributes, "instr"))
        elif name == "ddeLink":
            self.contents.add(Content.COMMANDS)
        elif name == "Relationship" and _fetches(attributes):
            self.contents.add(Content.EXTERNAL)
        elif name == "sheet" and markup.attribute(attributes, "state").lower().endswith("hidden"):
            self.contents.add(Content.HIDDEN_SHEETS)

    def text(self, piece: str) -> None:
        self._size += len(piece)
        if self._size > _LONGEST:
            raise Unreadable(Reason.TOO_COMPLEX)
        super().text(piece)

    def end(self, name: str) -> None:
        self._depth -= 1
        if not self._depth:
            self.listen(on=False)
            self._finish()

    def close(self) -> None:
        if self._depth:
            self._finish()
        for instruction in self._fields:
            self._note_field(instruction)

    def _finish(self) -> None:
        text = self.take_text()
        if self._is_formula:
            self._note_formula(_QUOTED.sub("", text))
            return
        if len(self._fields) == 1:
            self._note_field(text)
        self._fields[-1] += text
        if len(self._fields[-1]) > _LONGEST:
            raise Unreadable(Reason.TOO_COMPLEX)

    def _change_field(self, where: str) -> None:
        """Handle a mark within a field: its beginning, the beginning of its result, or its end."""
        if where == "begin":
            self._fields.append("")
            return
        self._note_field(self._fields[-1])
        if where == "end" and len(self._fields) > 1:
            self._fields.pop()

    def _note_formula(self, formula: str) -> None:
        if _EXCHANGE.search(formula) or _STARTS.search(formula):
            self.contents.add(Content.COMMANDS)
        if _FETCHES.search(formula):
            self.contents.add(Content.EXTERNAL)

    def _note_field(self, instruction: str) -> None:
        if _EXCHANGE_FIELD.match(instruction):
            self.contents.add(Content.COMMANDS)
        if _FETCHING_FIELD.match(instruction):
            self.contents.add(Content.EXTERNAL)


def _fetches(relationship: dict[str, str]) -> bool:
    kind = relationship.get("Type", "").strip().rpartition("/")[2].lower()
    outside = relationship.get("TargetMode", "").strip().lower() == "external"
    return outside and kind not in _LINKS and bool(_ELSEWHERE.match(unquote(relationship.get("Target", ""))))
