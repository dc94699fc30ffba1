"""DOCX and XLSX: the members of the archive, its declared kind, and its main part."""

import struct
import zipfile
from pathlib import Path

from . import markup, office_parts
from .limits import MAX_UNPACKED_BYTES, MAX_ZIP_MEMBERS
from .reasons import Reason, Unreadable

_TYPES = "[Content_Types].xml"
_OOXML = "application/vnd.openxmlformats-officedocument."
_MAIN = {"docx": f"{_OOXML}wordprocessingml.document.main+xml", "xlsx": f"{_OOXML}spreadsheetml.sheet.main+xml"}


_END_MARK, _END_SIZE, _LONGEST_END = b"PK\x05\x06", 22, 22 + 0xFFFF
#: What a member takes in the table of contents, with its name, in bytes and on average.
_MEMBER_SIZE = 200


def check(source: Path, kind: str) -> int:
    """Always 0. Raises Unreadable for what is not this kind of Office file, has macros or a password, or is a trap."""
    if _is_crowded(source):
        raise Unreadable(Reason.TOO_COMPLEX)
    try:
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
                raise Unreadable(Reason.TOO_COMPLEX)
            office_parts.check_members(members)
            parts = _declared_parts(archive)
            _check_kind(parts, kind)
            for name, content_type in parts.items():
                if content_type == _MAIN[kind]:
                    _parse(archive, name)
            office_parts.check_content(archive)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, KeyError, EOFError, NotImplementedError, OSError) as error:
        raise Unreadable(Reason.DAMAGED) from error
    return 0


def _is_crowded(source: Path) -> bool:
    """Whether the table of contents is longer than any Office file's: asked before it is read, which takes seconds for 100,000 members."""
    with source.open("rb") as stream:
        stream.seek(max(0, source.stat().st_size - _LONGEST_END))
        end = stream.read()
    at = end.rfind(_END_MARK)
    if at < 0 or len(end) < at + _END_SIZE:
        return False  # no archive at all: that is said when it is opened
    members, size = struct.unpack_from("<HL", end, at + 10)
    return members > MAX_ZIP_MEMBERS or size > MAX_ZIP_MEMBERS * _MEMBER_SIZE


def _declared_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Part name → content type, as the archive itself declares them."""
    parts: dict[str, str] = {}

    def note(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "Override":
            parts[attributes.get("PartName", "").lstrip("/")] = attributes.get("ContentType", "")

    with archive.open(_TYPES) as stream:
        markup.read(stream, note)
    return parts


def _check_kind(parts: dict[str, str], kind: str) -> None:
    declared = {content_type.lower() for content_type in parts.values()}
    if any("macroenabled" in content_type or "vbaproject" in content_type for content_type in declared):
        raise Unreadable(Reason.MACROS)
    if _MAIN[kind] not in declared:
        raise Unreadable(Reason.CONTENT)


def _parse(archive: zipfile.ZipFile, name: str) -> None:
    with archive.open(name) as stream:
        markup.read(stream)
