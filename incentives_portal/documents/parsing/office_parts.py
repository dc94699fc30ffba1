"""What the members of an Office file are and do: only text, pictures and settings, nothing that fetches or runs something."""

import posixpath
import re
import stat
import zipfile
from dataclasses import dataclass, field

from . import office_marks
from .reasons import Reason, Unreadable

_TEXT = {"xml", "rels", "vml", "psmdcp"}
_PICTURES = {"png", "jpg", "jpeg", "jfif", "gif", "bmp", "tif", "tiff", "emf", "wmf", "svg", "wdp", "ico"}
_FONTS = {"odttf", "ttf", "fntdata"}
#: A chart carries its table along. It is not opened here, and nobody gets it but within the file.
_TABLES = {"xlsx"}
#: Settings of a printer and properties of a sheet, which every spreadsheet may have; no other binary part.
_SETTINGS = re.compile(r"/(printersettings|customproperty)\d*\.bin$")
_ENCRYPTED_FLAG = 0x1


@dataclass
class Types:
    """What the archive declares: content types of single parts, and of all other parts by their ending."""

    parts: dict[str, str] = field(default_factory=dict)
    endings: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        return self.parts.get(name.lower()) or self.endings.get(_ending(name), "")


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


def check_content(archive: zipfile.ZipFile, types: Types) -> None:
    """By their kinds, and by what the texts among them say. Raises Unreadable."""
    for member in archive.infolist():
        if member.is_dir():
            continue
        if not _is_expected(member.filename.lower()):
            raise Unreadable(Reason.EMBEDDED)
        if member.file_size:
            _check_text(archive, member, types.of(member.filename))


def _check_text(archive: zipfile.ZipFile, member: zipfile.ZipInfo, content_type: str) -> None:
    """Every member is given to the parser, because a sheet may be called picture.png. What is no XML it leaves at the first bytes."""
    try:
        with archive.open(member) as stream:
            office_marks.check(stream)
    except Unreadable as problem:
        if problem.reason != Reason.DAMAGED or _must_be_xml(member.filename, content_type):
            raise


def _must_be_xml(name: str, content_type: str) -> bool:
    """Old drawings (VML) are written like web pages, with open ends, and Office takes them so."""
    if "vmldrawing" in content_type or _ending(name) == "vml":
        return False
    return content_type.endswith(("+xml", "/xml")) or _ending(name) in _TEXT


def _is_expected(name: str) -> bool:
    return _ending(name) in _TEXT | _PICTURES | _FONTS | _TABLES or bool(_SETTINGS.search(name))


def _ending(name: str) -> str:
    return name.lower().rpartition(".")[2]
