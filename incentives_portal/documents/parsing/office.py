"""DOCX and XLSX: the members of the archive, its declared kind, and its main part."""

import posixpath
import zipfile
from pathlib import Path

from . import markup
from .limits import MAX_UNPACKED_BYTES, MAX_ZIP_MEMBERS
from .reasons import Reason, Unreadable

_TYPES = "[Content_Types].xml"
_OOXML = "application/vnd.openxmlformats-officedocument."
_MAIN = {"docx": f"{_OOXML}wordprocessingml.document.main+xml", "xlsx": f"{_OOXML}spreadsheetml.sheet.main+xml"}
_ENCRYPTED_FLAG = 0x1


def check(source: Path, kind: str) -> int:
    """Always 0. Raises Unreadable for what is not this kind of Office file, has macros or a password, or is a trap."""
    try:
        with zipfile.ZipFile(source) as archive:
            _check_members(archive.infolist())
            parts = _declared_parts(archive)
            _check_kind(parts, kind)
            for name, content_type in parts.items():
                if content_type == _MAIN[kind]:
                    _parse(archive, name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, KeyError, EOFError, NotImplementedError, OSError) as error:
        raise Unreadable(Reason.DAMAGED) from error
    return 0


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_ZIP_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise Unreadable(Reason.TOO_COMPLEX)
    for member in members:
        if member.flag_bits & _ENCRYPTED_FLAG:
            raise Unreadable(Reason.PASSWORD)
        name = member.filename.lower()
        if posixpath.isabs(name) or ".." in name.split("/") or "\\" in name:
            raise Unreadable(Reason.CONTENT)
        if posixpath.basename(name) == "vbaproject.bin":
            raise Unreadable(Reason.MACROS)


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
