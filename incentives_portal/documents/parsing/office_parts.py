"""What the members of an Office file are and do: only text, pictures and settings, nothing that fetches or runs something."""

import posixpath
import re
import stat
import zipfile
from collections.abc import Iterator

from .reasons import Reason, Unreadable

_TEXT = {"xml", "rels", "vml", "psmdcp"}
_PICTURES = {"png", "jpg", "jpeg", "jfif", "gif", "bmp", "tif", "tiff", "emf", "wmf", "svg", "wdp", "ico"}
_FONTS = {"odttf", "ttf", "fntdata"}
#: A chart carries its table along. It is not opened here, and nobody gets it but within the file.
_TABLES = {"xlsx"}
#: Settings of a printer and properties of a sheet, which every spreadsheet may have; no other binary part.
_SETTINGS = re.compile(r"/(printersettings|customproperty)\d*\.bin$")
_ENCRYPTED_FLAG = 0x1

_PIECE = 1024 * 1024
_OVERLAP = 2048
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
#: Dynamic data exchange: the link itself, the field of a letter, and the formula of a sheet (=cmd|'/C calc'!A0).
_EXCHANGE = re.compile(
    rb"<(?:\w+:)?ddeLink\b"
    rb"|\bDDEAUTO\s|instr(?:Text[^>]*>|\s*=\s*[\"'])\s*DDE\s"
    rb"|<(?:\w+:)?f\b[^>]*>[^<|]*\|[^<!]*!"
)
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_OUTSIDE = re.compile(rb"TargetMode\s*=\s*[\"']External[\"']", re.IGNORECASE)
#: What is fetched when the file is opened. A hyperlink waits for a click, a linked table asks first.
_FETCHED = re.compile(rb"/(?:attachedTemplate|oleObject|frame|subDocument|control|package)[\"']", re.IGNORECASE)
#: The name of a template on the writer's own disk stands in many letters and does no harm.
_ELSEWHERE = re.compile(rb"Target\s*=\s*[\"']\s*(?:\w+:(?!///[a-z]:)|\\\\|//)", re.IGNORECASE)


def check_members(members: list[zipfile.ZipInfo]) -> None:
    """By their names and marks. Raises Unreadable."""
    for member in members:
        if member.flag_bits & _ENCRYPTED_FLAG:
            raise Unreadable(Reason.PASSWORD)
        name = member.filename.lower()
        if posixpath.isabs(name) or ".." in name.split("/") or "\\" in name or stat.S_ISLNK(member.external_attr >> 16):
            raise Unreadable(Reason.CONTENT)
        if posixpath.basename(name) == "vbaproject.bin":
            raise Unreadable(Reason.MACROS)


def check_content(archive: zipfile.ZipFile) -> None:
    """By their kinds, and by what the texts among them say. Raises Unreadable."""
    for member in archive.infolist():
        if not member.is_dir() and not _is_expected(member.filename.lower()):
            raise Unreadable(Reason.EMBEDDED)
        if _ending(member.filename) in _TEXT:
            _check_text(archive, member)


def _check_text(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    for part in _parts(archive, member):
        if _DECLARATION.search(part):
            raise Unreadable(Reason.ENTITIES)
        if _EXCHANGE.search(part) or any(map(_fetches, _RELATIONSHIP.findall(part))):
            raise Unreadable(Reason.ACTIVE)


def _parts(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The text piece by piece, each with the end of the one before. Every second byte of UTF-16 is left out for the search."""
    with archive.open(member) as stream:
        piece = stream.read(_PIECE)
        wide = piece[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in piece[:4]
        before = b""
        while piece:
            seen = before + (piece.replace(b"\0", b"") if wide else piece)
            yield seen
            before, piece = seen[-_OVERLAP:], stream.read(_PIECE)


def _fetches(relationship: bytes) -> bool:
    return bool(_OUTSIDE.search(relationship) and _FETCHED.search(relationship) and _ELSEWHERE.search(relationship))


def _is_expected(name: str) -> bool:
    return _ending(name) in _TEXT | _PICTURES | _FONTS | _TABLES or bool(_SETTINGS.search(name))


def _ending(name: str) -> str:
    return name.lower().rpartition(".")[2]
