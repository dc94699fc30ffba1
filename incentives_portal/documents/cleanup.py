"""Removing uploads that were never attached to anything, and files whose row was never written.

What a form can hold on to has ``Upload.expires_at``; attaching clears it (``services.attach``). Both take the lock of the upload, so that
each sees what the other has done. Documents that were taken out of use (``removed_at``) stay for the record.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pgtrigger
from django.db import transaction
from django.db.models import QuerySet

from incentives_portal import clock
from incentives_portal.file_store import trash
from incentives_portal.file_store.identity import NotOurStore, require_own_store
from incentives_portal.file_store.stray_files import TooManyStray, discard_stray
from incentives_portal.installation.services import note_cleanup

from . import limits
from .models import Document, DocumentVersion, PageImage, SafeCopy, Upload, VersionCheck

logger = logging.getLogger(__name__)

#: How much longer than a form may hold on to it a file without a row is kept.
GRACE = timedelta(hours=1)
FOLDERS = ("documents", "pages", "copies")
_BATCH = 200


@dataclass(frozen=True)
class Swept:
    """How much was removed: documents of which no version is left, and stored files that no row named; and why no more, in words."""

    documents: int = 0
    files: int = 0
    refused: str = ""


def sweep(*, dry_run: bool = False, force: bool = False) -> Swept:
    """Remove what nobody can attach any more. May run twice at once, and be broken off.

    Files go into the trash, and only where the store is this database's own; ``force`` lifts the ceiling of stray files, ``dry_run``
    counts and changes nothing.
    """
    documents = files = 0
    refused = ""
    try:
        require_own_store(adopt=not dry_run)
        documents = _expired().count() if dry_run else _sweep_uploads()
        files = discard_stray(FOLDERS, limits.kept() + GRACE, dry_run=dry_run, force=force)
        if not dry_run:
            trash.empty()
    except (NotOurStore, TooManyStray, OSError) as error:
        logger.error("The cleanup of files stopped: %s", error)
        refused = str(error)
    if not dry_run:
        _forget_counted()
        note_cleanup({"at": clock.now().isoformat(), "documents": documents, "files": files, "refused": refused})
    return Swept(documents, files, refused)


def _expired() -> QuerySet[Upload]:
    return Upload.objects.expired(clock.now()).filter(version__isnull=False)


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
    uploads = list(_expired().order_by("pk").select_for_update(skip_locked=True, of=("self",))[:_BATCH])
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
    transaction.on_commit(partial(trash.discard, keys))
    return removed
