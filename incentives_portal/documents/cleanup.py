"""Removing uploads that were never attached to anything, and files whose row was never written.

What a form can hold on to has ``Upload.expires_at``; attaching clears it (``services.attach``). Both take the lock of the upload, so that
each sees what the other has done. Documents that were taken out of use (``removed_at``) stay for the record.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pgtrigger
from django.core.files.storage import default_storage
from django.db import transaction

from incentives_portal import clock

from . import limits
from .models import Document, DocumentVersion, PageImage, SafeCopy, Upload, VersionCheck
from .storage import delete_files

logger = logging.getLogger(__name__)

#: How much longer than a form may hold on to it a file without a row is kept.
GRACE = timedelta(hours=1)
FOLDERS = ("documents", "pages", "copies")
_BATCH = 200
#: The listing of the storage ends after this many seconds; what it did not reach comes the next time.
_SECONDS = 180


@dataclass(frozen=True)
class Swept:
    """How much was removed: documents of which no version is left, and stored files that no row named."""

    documents: int = 0
    files: int = 0


def sweep() -> Swept:
    """Remove what nobody can attach any more. May run twice at once, and be broken off."""
    _forget_counted()
    return Swept(_sweep_uploads(), _sweep_files())


def _forget_counted() -> None:
    """Rows of refused and removed files have been counted for a day."""
    Upload.objects.filter(version=None, at__lt=clock.now() - limits.DAY).delete()


def _sweep_uploads() -> int:
    """Batch by batch; what somebody has locked is left for the next time."""
    swept = 0
    while (removed := _remove_batch()) is not None:
        swept += removed
    return swept


@transaction.atomic
def _remove_batch() -> int | None:
    """Remove some expired uploads with all that was made of them. Returns how many documents went, None where nothing is left to do."""
    expired = Upload.objects.expired(clock.now()).filter(version__isnull=False)
    uploads = list(expired.order_by("pk").select_for_update(skip_locked=True, of=("self",))[:_BATCH])
    if not uploads:
        return None
    versions = [upload.version_id for upload in uploads]
    keys: list[str] = []
    for parts in (
        PageImage.objects.filter(version__in=versions),
        SafeCopy.objects.filter(version__in=versions),
    ):
        keys += parts.values_list("storage_key", flat=True)
        parts.delete()
    VersionCheck.objects.filter(version__in=versions).delete()
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).update(version=None, expires_at=None)
    rows = DocumentVersion.objects.filter(pk__in=versions)
    keys += rows.values_list("storage_key", flat=True)
    documents = list(rows.order_by("document").values_list("document", flat=True).distinct())
    with pgtrigger.ignore("documents.DocumentVersion:append_only"):
        rows.delete()
    removed, _by_model = Document.objects.filter(pk__in=documents, versions=None).delete()
    transaction.on_commit(partial(delete_files, keys))
    return removed


def _sweep_files() -> int:
    """Delete stored files that no row names: of an upload whose transaction was undone, or of a document that was swept."""
    swept, end = 0, time.monotonic() + _SECONDS
    for names in _listed():
        known = {
            *DocumentVersion.objects.filter(storage_key__in=names).values_list("storage_key", flat=True),
            *PageImage.objects.filter(storage_key__in=names).values_list("storage_key", flat=True),
            *SafeCopy.objects.filter(storage_key__in=names).values_list("storage_key", flat=True),
        }
        old = [key for key in names if key not in known and _is_old(key)]
        delete_files(old)
        swept += len(old)
        if time.monotonic() > end:
            logger.warning("The storage is large: the rest of it is swept the next time")
            break
    return swept


def _listed() -> Iterator[list[str]]:
    for folder in FOLDERS:
        try:
            _folders, names = default_storage.listdir(folder)
        except FileNotFoundError:
            continue
        keys = [f"{folder}/{name}" for name in names]
        for start in range(0, len(keys), _BATCH):
            yield keys[start : start + _BATCH]


def _is_old(key: str) -> bool:
    """By the storage's own time, which the portal's clock does not move."""
    try:
        age = time.time() - default_storage.get_modified_time(key).timestamp()
    except FileNotFoundError:
        return False
    return age > (limits.kept() + GRACE).total_seconds()
