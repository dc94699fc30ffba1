"""DOCX and XLSX: the members of the archive, its declared kind, and its main part."""

import struct
import zipfile
import zlib
from os import SEEK_END
from typing import IO

from . import markup, office_parts
from .limits import MAX_UNPACKED_BYTES, MAX_ZIP_MEMBERS
from .reasons import Reason, Unreadable

_TYPES = "[Content_Types].xml"
_OOXML = "application/vnd.openxmlformats-officedocument."
_MAIN = {"docx": f"{_OOXML}wordprocessingml.document.main+xml", "xlsx": f"{_OOXML}spreadsheetml.sheet.main+xml"}


_END_MARK, _END_SIZE, _LONGEST_END = b"PK\x05\x06", 22, 22 + 0xFFFF
#: What a member takes in the table of contents, with its name, in bytes and on average.
_MEMBER_SIZE = 200


def check(source: IO[bytes], kind: str) -> int:
    """Always 0. Raises Unreadable for what is not this kind of Office file, has macros or a password, or is a trap."""
    if _is_crowded(source):
        raise Unreadable(Reason.TOO_COMPLEX)
    try:
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
                raise Unreadable(Reason.TOO_COMPLEX)
            office_parts.check_members(members)
            types = _declared_types(archive)
            _check_kind(types, kind)
            _check_main_part(archive, types, kind)
            office_parts.check_content(archive, types)
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
    return 0


def _is_crowded(source: IO[bytes]) -> bool:
    """Whether the table of contents is longer than any Office file's: asked before it is read, which takes seconds for 100,000 members."""
    source.seek(0, SEEK_END)
    source.seek(max(0, source.tell() - _LONGEST_END))
    end = source.read()
    at = end.rfind(_END_MARK)
    if at < 0 or len(end) < at + _END_SIZE:
        return False  # no archive at all: that is said when it is opened
    members, size = struct.unpack_from("<HL", end, at + 10)
    return members > MAX_ZIP_MEMBERS or size > MAX_ZIP_MEMBERS * _MEMBER_SIZE


def _declared_types(archive: zipfile.ZipFile) -> office_parts.Types:
    """As the archive itself declares them; Office does not mind capitals there."""
    types = office_parts.Types()

    def note(name: str, attributes: dict[str, str]) -> None:
        content_type = attributes.get("ContentType", "").strip().lower()
        match name.rpartition(":")[2]:
            case "Override":
                types.parts[attributes.get("PartName", "").lstrip("/").lower()] = content_type
            case "Default":
                types.endings[attributes.get("Extension", "").lstrip(".").lower()] = content_type

    with archive.open(_TYPES) as stream:
        markup.read(stream, note)
    return types


def _check_kind(types: office_parts.Types, kind: str) -> None:
    declared = {*types.parts.values(), *types.endings.values()}
    if any("macroenabled" in content_type or "vbaproject" in content_type for content_type in declared):
        raise Unreadable(Reason.MACROS)
    if _MAIN[kind] not in types.parts.values():
        raise Unreadable(Reason.CONTENT)


def _check_main_part(archive: zipfile.ZipFile, types: office_parts.Types, kind: str) -> None:
    """It is read with all the others; here it only has to be there."""
    sizes = {member.filename.lower(): member.file_size for member in archive.infolist()}
    if not all(sizes.get(name) for name, content_type in types.parts.items() if content_type == _MAIN[kind]):
        raise Unreadable(Reason.DAMAGED)
