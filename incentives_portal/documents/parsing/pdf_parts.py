"""What a PDF does besides showing pages: scripts, programs to start, files within, streams that unpack to too much.

Looked for in a copy that PDFium writes anew: unlocked, without object streams and without comments, so that nothing of it hides in the
many ways of writing the same thing.
"""

import io
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2
from pypdfium2.raw import FPDF_REMOVE_SECURITY

from . import markup
from .limits import MAX_PIXELS, MAX_UNPACKED_BYTES
from .reasons import Reason, Unreadable

#: Kinds of actions and annotations that run something when the file is opened or clicked.
_ACTIVE = {b"JavaScript", b"Launch", b"RichMedia"}
_FILE_WITHIN = b"EF"
#: What draws a page is text: more of it than this is a trap. Pictures may have three bytes for each of their pixels.
_MAX_DRAWING = 64 * 1024 * 1024
_MAX_PICTURE = 3 * MAX_PIXELS
_PIECE = 1024 * 1024
_LONGEST_HEAD = 4096

_BEGIN, _END = re.compile(rb">>\s*stream\r?\n"), b"endstream"
_STRING = re.compile(rb"\((?:[^()\\]|\\.)*\)", re.DOTALL)
_NAME = re.compile(rb"/([^\s()<>\[\]{}/%]+)")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_DECODED = re.compile(rb"/Filter\s*\[?\s*/FlateDecode")
_PICTURE = re.compile(rb"/Subtype\s*/Image")


def check(document: pypdfium2.PdfDocument, place: Path) -> None:
    """Raises Unreadable for a PDF that is more than pages. ``place`` is where the copy may be written."""
    document.save(place, flags=FPDF_REMOVE_SECURITY)
    copy = place.read_bytes()
    place.unlink()
    streams = list(_streams(copy))
    names = list(_names(copy, streams))
    if _ACTIVE & set(names):
        raise Unreadable(Reason.ACTIVE)
    if _FILE_WITHIN in names:
        _check_files(document, names.count(_FILE_WITHIN))
    _check_streams(copy, streams)


def _streams(copy: bytes) -> Iterator[tuple[int, int]]:
    """Where each stream begins and ends."""
    end = 0
    while begin := _BEGIN.search(copy, end):
        end = copy.find(_END, begin.end())
        if end < 0:
            raise Unreadable(Reason.DAMAGED)
        yield begin.end(), end


def _names(copy: bytes, streams: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """All names outside of streams and strings, with their escapes undone."""
    ends = [0, *(end for _begin, end in streams)]
    begins = [*(begin for begin, _end in streams), len(copy)]
    outside = b"".join(copy[start:stop] for start, stop in zip(ends, begins, strict=True))
    for name in _NAME.findall(_STRING.sub(b"", outside)):
        yield _ESCAPED.sub(lambda escaped: bytes([int(escaped[1], 16)]), name)


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


def _check_streams(copy: bytes, streams: Sequence[tuple[int, int]]) -> None:
    left = MAX_UNPACKED_BYTES
    for begin, end in streams:
        words = copy[max(copy.rfind(b" obj", 0, begin), begin - _LONGEST_HEAD) : begin]
        if _DECODED.search(words):
            most = _MAX_PICTURE if _PICTURE.search(words) else _MAX_DRAWING
            left -= _unpacked(copy[begin:end], min(most, left))


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
