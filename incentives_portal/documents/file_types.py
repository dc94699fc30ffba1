"""What a file is, by its first bytes and its name, and the name made safe to show. Cheap: nothing is read to the end, no reader is started.

The content decides. A picture under the ending of another kind of picture, or a file without an ending, gets the right one; whatever
claims to be something quite different is refused (fault table U-01). Text and Office files have no signature of their own: there the
ending decides, and the reader verifies it. The media type that the browser sent is not asked: it is a guess from the name.
"""

import re
import unicodedata

import filetype

from incentives_portal.sandbox.parsing.reasons import Reason, Unreadable

from .enums import FORMATS, PICTURES, TYPE_BY_ENDING, FileType

#: As many bytes are enough.
SNIFFED_BYTES = 8192
#: An Office file with a password, and every Office file from before 2007, is a compound file instead of a zip archive.
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_COMPOUND_ENDINGS = {"docx", "xlsx", "doc", "xls"}
#: Readers of PDF look for the mark within so many bytes: mail servers and scanners put lines before it.
_PDF_MARK, _PDF_HEAD = b"%PDF-", 1024
#: Pictures of telephones: the kind of a box file, the first four bytes behind the mark, and what it says it can be read as.
_BOX_MARK = b"ftyp"
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
#: In a name like "Invoice 12.2026" what follows the point is no ending.
_ENDING = re.compile(r"(?=.*[a-z])[a-z0-9]{1,5}", re.IGNORECASE)
_TEXTS = {FileType.XML, FileType.CSV}
_OFFICE = {FileType.DOCX, FileType.XLSX}

MAX_NAME_LENGTH = 150
_MAX_ENDING = 10
_NAMELESS = "file"


def clean_name(raw: str) -> str:
    """The name as it may be shown and offered for download: at most 150 characters, without path, controls and bidi marks.

    A name never decides where or as what a file is stored.
    """
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", raw))[-1]
    visible = "".join(" " if unicodedata.category(sign)[0] == "Z" else sign for sign in base if _is_visible(sign))
    name = re.sub(r" +", " ", visible).rstrip(". ").strip()
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > _MAX_ENDING:
        return name.strip(". ")[:MAX_NAME_LENGTH] or _NAMELESS
    stem = stem.strip(". ")[: MAX_NAME_LENGTH - len(ending) - 1] or _NAMELESS
    return f"{stem}.{ending}"


def detect(first_bytes: bytes, name: str) -> tuple[FileType, str]:
    """The type of a file, and its name with an ending that fits. Raises Unreadable, with PASSWORD, TYPE or CONTENT as the reason.

    ``first_bytes`` are SNIFFED_BYTES, or all of a smaller file; ``name`` is clean.
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
    """The type by the first bytes alone. A table that begins with "BM" is no bitmap: only signatures of what is accepted are asked."""
    if first_bytes.find(_PDF_MARK, 0, _PDF_HEAD) >= 0 and _is_text(first_bytes.partition(_PDF_MARK)[0]):
        return FileType.PDF
    if first_bytes[4:8] == _BOX_MARK and first_bytes[8:12] in _HEIC_BRANDS:
        return FileType.HEIC
    sniffed = filetype.guess_mime(first_bytes)
    if claimed in _OFFICE and sniffed in FORMATS[claimed].sniffed:
        return claimed
    return next((kind for kind, known in FORMATS.items() if kind not in _OFFICE and sniffed in known.sniffed), None)


def _is_text(before: bytes) -> bool:
    """Whether what stands before a PDF is a line of text, and neither the head of another format nor a web page."""
    return b"\0" not in before and not before.lstrip().startswith(
        (b"<", b"#!", b"MZ", b"\x89PNG", b"\xff\xd8", b"PK", b"{\\rtf")
    )


def ending_of(name: str) -> str:
    """What stands after the last point, in lower case, or nothing."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def _with_ending(name: str, wanted: str, *, replace: bool) -> str:
    """The name with another ending in the place of its own, or with one behind a name that has none; no longer than a name may be."""
    stem = name.rpartition(".")[0] if replace else name
    return f"{stem[: MAX_NAME_LENGTH - len(wanted) - 1]}.{wanted}"


def _is_visible(sign: str) -> bool:
    """Neither a control, a formatting mark (among them those that turn the direction of writing) nor half a character."""
    return unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
