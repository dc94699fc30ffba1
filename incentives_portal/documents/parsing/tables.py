"""CSV: text in one of the encodings that spreadsheets write, without anything that text does not contain."""

import csv
import io
import unicodedata
from typing import IO

from .reasons import Reason, Unreadable

_ALLOWED_CONTROLS = "\t\r\n\f"
#: What begins like this is a web page, a script, a PDF or rich text under a wrong name.
_OTHER_FORMATS = ("<", "#!", "%PDF", "%!PS", "{\\rtf")
_SAMPLE = 64 * 1024


def check(source: IO[bytes]) -> int:
    """Always 0. Raises Unreadable for what is not text, or not a table."""
    text = _decode(source.read())
    controls = {sign for sign in set(text) if unicodedata.category(sign) == "Cc" and sign not in _ALLOWED_CONTROLS}
    if controls or not text.strip() or text.lstrip().startswith(_OTHER_FORMATS):
        raise Unreadable(Reason.CONTENT)
    try:
        for _row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)):
            pass
    except csv.Error as error:
        raise Unreadable(Reason.DAMAGED) from error
    return 0


def _decode(data: bytes) -> str:
    """UTF-16 is known by its mark; what is not UTF-8 is taken as the Windows encoding of western Europe."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(Reason.CONTENT)


def _delimiter(text: str) -> str:
    sample = text[:_SAMPLE]
    return max(",;\t|", key=sample.count)
