"""What a file is, decided by its content before anything is stored.

The ending of the name says what the file claims to be; the first bytes and a complete reading have to agree (blueprint, section 4;
fault table U-01). The media type that the browser sent is not asked: it is a guess from the name.
"""

import hashlib
import logging
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

import filetype
from django.core.files.uploadedfile import UploadedFile

from . import filenames, limits, sandbox, upload_handlers
from .enums import FORMATS, TYPE_BY_ENDING, FileType
from .errors import UploadRefused
from .parsing.reasons import Reason, Unreadable

logger = logging.getLogger(__name__)

_SNIFFED_BYTES = 8192
#: An Office file with a password, and every Office file from before 2007, is a compound file instead of a zip archive.
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Inspected:
    """A file that was found good. ``size`` in bytes, ``sha256`` in hexadecimal, ``name`` as it may be shown."""

    upload: UploadedFile
    name: str
    type: FileType
    size: int
    sha256: str


def inspect(upload: UploadedFile) -> Inspected:
    """Read an uploaded file to the end. Raises UploadRefused, which names the file, the reason and what is accepted."""
    name = filenames.clean(upload.name or "")
    try:
        return _inspect(upload, name)
    except Unreadable as problem:
        raise UploadRefused(name, problem.reason) from problem
    finally:
        upload.seek(0)


class AtOnce:
    """Counts the files that a form sends or holds on to, by number and by size."""

    def __init__(self) -> None:
        self._files = self._bytes = 0

    def add(self, name: str, size: int) -> None:
        """One more file of so many bytes. Raises UploadRefused, which names it, if there are more now than may come at once."""
        self._files += 1
        self._bytes += min(size, limits.max_bytes())
        if self._files > limits.max_files():
            raise UploadRefused(name, Reason.TOO_MANY)
        if self._bytes > limits.max_total_bytes():
            raise UploadRefused(name, Reason.TOO_MUCH)


def inspect_all(
    uploads: Iterable[UploadedFile], at_once: AtOnce | None = None
) -> tuple[list[Inspected], list[UploadRefused]]:
    """The good ones and the refused ones of several files, each in their order. Those beyond what may come at once are not read.

    ``at_once`` has counted what comes beside them.
    """
    at_once = at_once or AtOnce()
    good: list[Inspected] = []
    refused: list[UploadRefused] = []
    for upload in uploads:
        try:
            at_once.add(filenames.clean(upload.name or ""), upload.size or 0)
            good.append(inspect(upload))
        except UploadRefused as refusal:
            refused.append(refusal)
    return good, refused


def _inspect(upload: UploadedFile, name: str) -> Inspected:
    if upload_handlers.is_cut_off(upload):
        raise Unreadable(Reason.TOO_MUCH)
    if not upload.size:
        raise Unreadable(Reason.EMPTY)
    if upload.size > limits.max_bytes():
        raise Unreadable(Reason.TOO_LARGE)
    file_type = TYPE_BY_ENDING.get(filenames.ending(name))
    if file_type is None:
        raise Unreadable(Reason.TYPE)
    upload.seek(0)
    _check_signature(upload.read(_SNIFFED_BYTES), file_type)
    try:
        with tempfile.TemporaryFile() as copy:
            sha256 = _copy(upload, copy)
            sandbox.inspect(file_type, copy)
    except OSError as error:  # no room for the copy, or no process to read it in: nothing the file can do about
        logger.exception("A file of %d bytes could not be read now", upload.size)
        raise Unreadable(Reason.NOT_STORED) from error
    return Inspected(upload, name, file_type, upload.size, sha256)


def _check_signature(first_bytes: bytes, file_type: FileType) -> None:
    """Text has no signature, and the library would take a table that begins with "BM" for a bitmap: the readers judge it alone."""
    if file_type in (FileType.DOCX, FileType.XLSX) and first_bytes.startswith(_COMPOUND_FILE):
        raise Unreadable(Reason.PASSWORD)
    expected = FORMATS[file_type].sniffed
    if expected and filetype.guess_mime(first_bytes) not in expected:
        raise Unreadable(Reason.CONTENT)


def _copy(upload: UploadedFile, target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
        target.write(chunk)
    target.flush()
    return digest.hexdigest()
