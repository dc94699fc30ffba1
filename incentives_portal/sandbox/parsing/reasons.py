"""Reasons for refusing a file, and noteworthy content of an accepted one.

The sentences for users are in ``documents/enums.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

#: Sends the bytes of one drawn page or copy to the parent process.
Emit = Callable[[bytes], None]

#: Extensions of embedded files that cause a refusal; all other embedded files are left out of the copy and listed by name.
_PROGRAMS = {
    "app",
    "bat",
    "cmd",
    "com",
    "cpl",
    "dll",
    "docm",
    "dotm",
    "exe",
    "hta",
    "iso",
    "img",
    "jar",
    "js",
    "jse",
    "lnk",
    "msc",
    "msi",
    "msp",
    "pif",
    "pptm",
    "ps1",
    "reg",
    "scr",
    "vbe",
    "vbs",
    "vhd",
    "wsf",
    "wsh",
    "xlam",
    "xlsm",
    "xltm",
}
_ARCHIVES = {"7z", "ace", "bz2", "cab", "gz", "rar", "tar", "tgz", "xz", "zip"}
#: Programs of Windows and Linux, scripts.
_PROGRAM_MARKS = (b"MZ", b"\x7fELF", b"#!")
_ARCHIVE_MARKS = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"MSCF", b"BZh", b"\xfd7zXZ")
_ZIP_MARK = b"PK\x03\x04"
#: Documents that are zip archives.
_ZIPPED = {"docx", "dotx", "epub", "odg", "odp", "ods", "odt", "pptx", "vsdx", "xlsx", "xltx"}
_LONGEST_NAME = 150


class Reason(StrEnum):
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    TOO_MUCH = "too_much"
    QUOTA = "quota"
    TYPE = "type"
    CONTENT = "content"
    DAMAGED = "damaged"
    PASSWORD = "password"  # noqa: S105 - a reason, not a secret
    MACROS = "macros"
    ENTITIES = "entities"
    EMBEDDED = "embedded"
    MIXED = "mixed"
    TOO_COMPLEX = "too_complex"
    NOT_STORED = "not_stored"
    INFECTED = "infected"


class Content(StrEnum):
    """Content of the original that its copy lacks or shows differently."""

    SCRIPTS = "scripts"
    ACTIONS = "actions"  # starts programs, opens other files, sends data
    FORMS = "forms"  # dynamic forms (XFA)
    MEDIA = "media"  # video, sound, 3D
    EXTERNAL = "external"  # fetched from elsewhere when the file is opened
    COMMANDS = "commands"  # cells and fields that a program runs as commands (DDE)
    ATTACHMENTS = "attachments"
    SIGNATURE = "signature"
    HIDDEN_SHEETS = "hidden_sheets"
    COMMENTS = "comments"
    DRAWINGS = "drawings"  # pictures and charts that a text or table copy does not show
    LOCATION = "location"  # the place where a picture was taken
    PICTURES = "pictures"  # further pictures after the first
    MARKUP = "markup"  # a web page around the content


class Unreadable(Exception):
    """The file cannot be accepted, for this reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass
class Findings:
    """The result of an inspection.

    ``encoding`` is guessed or declared; empty for UTF-8 and for types without text.
    """

    pages: int = 0
    contents: set[Content] = field(default_factory=set)
    attachments: list[str] = field(default_factory=list)
    encoding: str = ""

    def attach(self, name: str, first_bytes: bytes) -> None:
        """Record one embedded file. Raises Unreadable for programs and archives, by name or content."""
        ending = name.lower().rpartition(".")[2].strip()
        is_archive = ending in _ARCHIVES or first_bytes.startswith(_ARCHIVE_MARKS)
        is_archive |= first_bytes.startswith(_ZIP_MARK) and ending not in _ZIPPED
        if is_archive or ending in _PROGRAMS or first_bytes.startswith(_PROGRAM_MARKS):
            raise Unreadable(Reason.EMBEDDED)
        self.contents.add(Content.ATTACHMENTS)
        short_name = name[:_LONGEST_NAME]
        if short_name not in self.attachments:
            self.attachments.append(short_name)

    def as_result(self) -> dict[str, Any]:
        return {
            "pages": self.pages,
            "contents": [content.value for content in Content if content in self.contents],
            "attachments": self.attachments[:100],
            "encoding": self.encoding,
        }
