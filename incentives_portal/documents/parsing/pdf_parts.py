"""What a PDF does besides showing pages: scripts, programs to start, files within, streams that unpack to too much.

Looked for in a copy that PDFium writes anew: unlocked, without object streams and without comments, so that nothing of it hides in the
many ways of writing the same thing.
"""

import io
import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pypdfium2
from pypdfium2.raw import FPDF_REMOVE_SECURITY

from . import markup
from .limits import MAX_PIXELS, MAX_UNPACKED_BYTES
from .reasons import Reason, Unreadable

#: Kinds of actions and annotations that run something when the file is opened or clicked.
_ACTIVE = {b"JavaScript", b"JS", b"Launch", b"RichMedia"}
#: What a form sends off, fills in or brings along as a program of its own, and what opens another file, on a server perhaps.
_ACTIVE |= {b"XFA", b"SubmitForm", b"ImportData", b"GoToR", b"GoToE"}
_FILE_WITHIN = b"EF"
#: What draws a page is text: more of it than this is a trap. Pictures may have three bytes for each of their pixels.
_MAX_DRAWING = 64 * 1024 * 1024
_MAX_PICTURE = 3 * MAX_PIXELS
_PIECE = 1024 * 1024

_TABLE = re.compile(rb"startxref\s+(\d+)")
_ENTRY = re.compile(rb"(\d{10}) \d{5} n")
_OBJECT = re.compile(rb"\d+ \d+ obj\b")
#: A string, a name, or the word that begins a stream, whichever comes first: only so is none of them found within another.
_TOKEN = re.compile(rb"\((?:[^()\\]|\\.)*+\)|/([^\s()<>\[\]{}/%]+)|\b(stream)\b(?:\r?\n)?", re.DOTALL)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_FILTER = (b"Filter", b"FlateDecode")
_PICTURE = (b"Subtype", b"Image")


def check(document: pypdfium2.PdfDocument) -> None:
    """Raises Unreadable for a PDF that is more than pages."""
    out = io.BytesIO()
    document.save(out, flags=FPDF_REMOVE_SECURITY)
    copy = out.getvalue()
    objects = [_Object(copy, begin, end) for begin, end in _places(copy)]
    names = [name for each in objects for name in each.names]
    if _ACTIVE & set(names):
        raise Unreadable(Reason.ACTIVE)
    if _FILE_WITHIN in names:
        _check_files(document, names.count(_FILE_WITHIN))
    _check_streams(copy, objects)


def _places(copy: bytes) -> Iterator[tuple[int, int]]:
    """Where each object begins and ends, and the trailer as the last of them.

    By the table that PDFium has just written, not by looking for words: those may stand within a picture just as well.
    """
    found = _TABLE.match(copy, max(0, copy.rfind(b"startxref")))
    if not found:
        raise Unreadable(Reason.DAMAGED)
    table = int(found[1])
    begins = sorted({int(entry) for entry in _ENTRY.findall(copy, table)})
    if not begins or begins[-1] >= table or not all(_OBJECT.match(copy, begin) for begin in begins):
        raise Unreadable(Reason.DAMAGED)
    yield from pairwise([*begins, table, len(copy)])


class _Object:
    """The names in one object with their escapes undone, and where its stream begins, if it has one. It ends with the object."""

    def __init__(self, copy: bytes, begin: int, end: int) -> None:
        self.names: list[bytes] = []
        self.stream, self.end = end, end
        for token in _TOKEN.finditer(copy, begin, end):
            if token[2]:
                self.stream = token.end()
                break
            if token[1]:
                self.names.append(_ESCAPED.sub(lambda escaped: bytes([int(escaped[1], 16)]), token[1]))

    def says(self, key: bytes, value: bytes) -> bool:
        return (key, value) in pairwise(self.names)


def _check_files(document: pypdfium2.PdfDocument, declared: int) -> None:
    """An invoice may carry itself as XML (Factur-X, ZUGFeRD); anything else within is refused."""
    if document.count_attachments() != declared:
        raise Unreadable(Reason.EMBEDDED)
    for number in range(declared):
        attached = document.get_attachment(number)
        if not attached.get_name().lower().endswith(".xml"):
            raise Unreadable(Reason.EMBEDDED)
        try:
            markup.read(io.BytesIO(attached.get_data()))
        except Unreadable as problem:
            raise Unreadable(Reason.EMBEDDED) from problem


def _check_streams(copy: bytes, objects: Sequence[_Object]) -> None:
    left = MAX_UNPACKED_BYTES
    for each in objects:
        if each.stream < each.end and each.says(*_FILTER):
            most = _MAX_PICTURE if each.says(*_PICTURE) else _MAX_DRAWING
            left -= _unpacked(copy[each.stream : each.end], min(most, left))


def _unpacked(packed: bytes, most: int) -> int:
    """The size of the unpacked stream in bytes. Raises Unreadable beyond ``most``; a damaged stream ends where it is damaged."""
    unpacker, size = zlib.decompressobj(), 0
    try:
        while packed and not unpacker.eof:
            size += len(unpacker.decompress(packed, _PIECE))
            packed = unpacker.unconsumed_tail
            if size > most:
                raise Unreadable(Reason.TOO_COMPLEX)
    except zlib.error:
        pass
    return size
