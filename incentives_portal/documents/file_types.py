"""Detect the type of a file from its first bytes and its name, and clean the name.

The content decides. A picture with the extension of another picture type, or a file without an extension, gets the
right one; any other mismatch is refused (fault table U-01). Text and Office files have no signature of their own: there
the extension decides, and the reader verifies it. The media type sent by the browser is ignored, because it is a guess
from the name.
"""

import re
import unicodedata

import filetype

from incentives_portal.sandbox.parsing.reasons import Reason, Unreadable

from .enums import FORMATS, PICTURES, TYPE_BY_ENDING, FileType

#: How many bytes detection needs.
SNIFFED_BYTES = 8192
#: An Office file with a password, and every Office file from before 2007, is a compound file instead of a zip archive.
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_COMPOUND_ENDINGS = {"docx", "xlsx", "doc", "xls"}
#: PDF readers look for the mark within the first 1,024 bytes, because mail servers and scanners put lines before it.
_PDF_MARK, _PDF_HEAD = b"%PDF-", 1024
#: HEIC pictures: the mark at byte 4 of an ISO media file, and the brands that follow it.
_BOX_MARK = b"ftyp"
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
#: A file extension; in a name like "Invoice 12.2026" the part after the dot is not one.
_ENDING = re.compile(r"(?=.*[a-z])[a-z0-9]{1,5}", re.IGNORECASE)
_TEXTS = {FileType.XML, FileType.CSV}
_OFFICE = {FileType.DOCX, FileType.XLSX}

MAX_NAME_LENGTH = 150
_MAX_ENDING = 10
_NAMELESS = "file"
#: Unicode categories: controls, formatting marks (such as bidi marks), unassigned.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean_name(raw: str) -> str:
    """Return a name that is safe to show and to offer for download.

    At most 150 characters, without path, control characters and bidi marks. A name never decides where or as which type
    a file is stored.
    """
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", raw))[-1]
    kinds = ((sign, unicodedata.category(sign)) for sign in base)
    visible = "".join(" " if kind[0] == "Z" else sign for sign, kind in kinds if kind not in _INVISIBLE)
    name = re.sub(r" +", " ", visible).rstrip(". ").strip()
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > _MAX_ENDING:
        return name.strip(". ")[:MAX_NAME_LENGTH] or _NAMELESS
    stem = stem.strip(". ")[: MAX_NAME_LENGTH - len(ending) - 1] or _NAMELESS
    return f"{stem}.{ending}"


def detect(first_bytes: bytes, name: str) -> tuple[FileType, str]:
    """Return the type of a file, and its name with a matching extension.

    ``first_bytes`` are SNIFFED_BYTES, or all of a smaller file; ``name`` is clean. Raises Unreadable, with PASSWORD,
    TYPE or CONTENT as the reason.
    """
    ending = ending_of(name)
    claimed = TYPE_BY_ENDING.get(ending)
    if first_bytes.startswith(_COMPOUND_FILE) and ending in _COMPOUND_ENDINGS:
        raise Unreadable(Reason.PASSWORD)
    if claimed is None and _ENDING.fullmatch(ending):
        raise Unreadable(Reason.TYPE)
    found = _signature(first_bytes, claimed)
    if claimed in _TEXTS and found is None:
        return claimed, name
    if found is None:
        raise Unreadable(Reason.TYPE if claimed is None else Reason.CONTENT)
    if claimed == found:
        return found, name
    if claimed is not None and not {claimed, found} <= PICTURES:
        raise Unreadable(Reason.CONTENT)
    return found, _with_ending(name, FORMATS[found].endings[0], replace=claimed is not None)


def _signature(first_bytes: bytes, claimed: FileType | None) -> FileType | None:
    """Return the type detected from the first bytes, or None.

    Only signatures of accepted types are checked: a table that begins with "BM" is not a bitmap.
    """
    if first_bytes.find(_PDF_MARK, 0, _PDF_HEAD) >= 0 and _is_text(first_bytes.partition(_PDF_MARK)[0]):
        return FileType.PDF
    if first_bytes[4:8] == _BOX_MARK and first_bytes[8:12] in _HEIC_BRANDS:
        return FileType.HEIC
    sniffed = filetype.guess_mime(first_bytes)
    if claimed in _OFFICE and sniffed in FORMATS[claimed].sniffed:
        return claimed
    return next((kind for kind, known in FORMATS.items() if kind not in _OFFICE and sniffed in known.sniffed), None)


def _is_text(before: bytes) -> bool:
    """Return whether the bytes before a PDF mark are text, and not another format or a web page."""
    return b"\0" not in before and not before.lstrip().startswith(
        (b"<", b"#!", b"MZ", b"\x89PNG", b"\xff\xd8", b"PK", b"{\\rtf")
    )


def ending_of(name: str) -> str:
    """Return the extension of a name in lower case, or an empty text."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def _with_ending(name: str, wanted: str, *, replace: bool) -> str:
    """Return the name with its extension replaced or a missing one added, within the length limit."""
    stem = name.rpartition(".")[0] if replace else name
    return f"{stem[: MAX_NAME_LENGTH - len(wanted) - 1]}.{wanted}"
