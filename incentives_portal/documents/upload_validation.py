"""Validate uploads in the web process by name, size and first bytes only.

A documents worker reads the content (``checking.py``). The media type sent by the browser is ignored, because it is a
guess from the name (fault table U-01).
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from incentives_portal.file_store.storage import sha256_of
from incentives_portal.sandbox.parsing.reasons import Reason, Unreadable

from . import quotas
from .enums import SENTENCES, FileType
from .file_types import SNIFFED_BYTES, clean_name, detect
from .middleware import is_cut_off

logger = logging.getLogger(__name__)


class UploadRefused(Exception):
    """A file was not stored. ``sentence`` names the file and the reason.

    ``message`` also says what is accepted. Both are in the current language.
    """

    def __init__(self, file_name: str, reason: Reason, size: int = 0) -> None:
        super().__init__(file_name, reason)
        self.file_name = file_name
        self.reason = reason
        self.size = size  # in bytes; refused files count toward the quota

    @property
    def sentence(self) -> str:
        return _("“%(file)s” was not stored. %(reason)s") % {"file": self.file_name, "reason": SENTENCES[self.reason]}

    @property
    def message(self) -> str:
        accepted = _("Accepted: %(types)s, up to %(size)s each.") % {
            "types": quotas.accepted_types_text(),
            "size": quotas.max_size_text(),
        }
        return f"{self.sentence} {accepted}"

    def __str__(self) -> str:
        return self.message


def messages_of(refusals: Sequence[UploadRefused]) -> list[str]:
    """Return one message for each refused file; only the last one says what is accepted."""
    return [*(refusal.sentence for refusal in refusals[:-1]), *(refusal.message for refusal in refusals[-1:])]


@dataclass(frozen=True)
class ValidatedUpload:
    """A file that may be stored. ``size`` in bytes, ``sha256`` in hexadecimal, ``name`` safe to show."""

    upload: UploadedFile
    name: str
    type: FileType
    size: int
    sha256: str


class BatchLimits:
    _files = _bytes = 0

    def add(self, name: str, size: int) -> None:
        """Count one more file of ``size`` bytes. Raises UploadRefused beyond the limits of a form."""
        self._files += 1
        self._bytes += min(size, settings.UPLOAD_MAX_BYTES)
        if self._files > quotas.max_files():
            raise UploadRefused(name, Reason.TOO_MANY, size)
        if self._bytes > settings.UPLOAD_MAX_TOTAL_BYTES:
            raise UploadRefused(name, Reason.TOO_MUCH, size)


def validate(upload: UploadedFile) -> ValidatedUpload:
    """Check the size and type of a file and compute its hash. Raises UploadRefused."""
    name = clean_name(upload.name or "")
    try:
        return _validate(upload, name)
    except Unreadable as problem:
        raise UploadRefused(name, problem.reason, upload.size or 0) from problem
    except OSError as error:
        logger.exception("A file of %d bytes that came in could not be read", upload.size)
        raise UploadRefused(name, Reason.NOT_STORED) from error
    finally:
        upload.seek(0)


def validate_all(
    uploads: Iterable[UploadedFile], batch: BatchLimits | None = None
) -> tuple[list[ValidatedUpload], list[UploadRefused]]:
    """Return the valid and the refused files, each in their order.

    ``batch`` has already counted the other files of the form.
    """
    batch = batch or BatchLimits()
    good: list[ValidatedUpload] = []
    refused: list[UploadRefused] = []
    for upload in uploads:
        try:
            batch.add(clean_name(upload.name or ""), upload.size or 0)
            good.append(validate(upload))
        except UploadRefused as refusal:
            refused.append(refusal)
    return good, refused


def _validate(upload: UploadedFile, name: str) -> ValidatedUpload:
    if is_cut_off(upload):
        raise Unreadable(Reason.TOO_MUCH)
    if not upload.size:
        raise Unreadable(Reason.EMPTY)
    if upload.size > settings.UPLOAD_MAX_BYTES:
        raise Unreadable(Reason.TOO_LARGE)
    upload.seek(0)
    file_type, name = detect(upload.read(SNIFFED_BYTES), name)
    return ValidatedUpload(upload, name, file_type, upload.size, sha256_of(upload))
