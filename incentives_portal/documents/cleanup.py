"""Remove uploads that were never attached to anything, and stored files without a row.

An unattached upload has ``Upload.expires_at``; attaching clears it (``services.attach``). Cleanup and attaching both
lock the upload, so each sees the other's changes. Documents taken out of use (``removed_at``) stay for the record.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import connection, transaction

from incentives_portal import clock
from incentives_portal.file_store import trash
from incentives_portal.file_store.identity import NotOurStore, require_own_store
from incentives_portal.file_store.stray_files import TooManyStray, discard_stray
from incentives_portal.installation import functions
from incentives_portal.installation.services import note

from . import quotas
from .models import DocumentVersion, PageImage, SafeCopy, Upload, VersionCheck

logger = logging.getLogger(__name__)

#: A stored file without a row is kept this much longer than a form may keep an unattached upload.
GRACE = timedelta(hours=1)
FOLDERS = ("documents", "pages", "copies")
_BATCH = 200

#: The portal may not delete versions and documents itself. Foreign keys keep what anything refers to; the result is the
#: number of documents that went.
_REMOVE = """
DECLARE
    emptied bigint[];
    removed integer;
BEGIN
    WITH gone AS (
        DELETE FROM documents_documentversion AS version USING documents_upload AS upload
        WHERE version.id = ANY (versions) AND upload.version_id = version.id
        AND upload.attached_to = '' AND upload.expires_at IS NOT NULL
        RETURNING version.document_id
    )
    SELECT array_agg(DISTINCT document_id) INTO emptied FROM gone;
    DELETE FROM documents_document AS document WHERE id = ANY (emptied)
    AND NOT EXISTS (SELECT 1 FROM documents_documentversion WHERE document_id = document.id);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
"""


def register_functions() -> None:
    functions.register("remove_unattached_versions(versions bigint[])", "integer", _REMOVE)


@dataclass
class Swept:
    """Numbers of removed documents and of removed files without a row.

    ``refused`` says why the cleanup stopped; empty if it did not.
    """

    documents: int = 0
    files: int = 0
    refused: str = ""


def sweep(*, dry_run: bool = False, force: bool = False) -> Swept:
    """Remove expired uploads and stray files. Safe to run twice at once and to interrupt.

    Files go to the trash, and only if the file store belongs to this database. ``force`` ignores the limit on stray
    files; ``dry_run`` counts and changes nothing.
    """
    swept = Swept()
    try:
        require_own_store(adopt=not dry_run)
        swept.documents = Upload.objects.expired().count() if dry_run else sum(iter(_remove_batch, None))
        swept.files = discard_stray(FOLDERS, quotas.kept() + GRACE, dry_run=dry_run, force=force)
        if not dry_run:
            trash.empty()
    except (NotOurStore, TooManyStray, OSError) as error:
        logger.error("The cleanup of files stopped: %s", error)
        swept.refused = str(error)
    if not dry_run:
        # Rows without a version count toward quotas for a day.
        Upload.objects.filter(version=None, at__lt=clock.now() - quotas.DAY).delete()
        note(last_cleanup={"at": clock.now().isoformat(), **vars(swept)})
    return swept


@transaction.atomic
def _remove_batch() -> int | None:
    """Remove some expired uploads with their page images and copies; locked ones are skipped.

    Returns the number of removed documents, or None when nothing is left to do.
    """
    uploads = list(Upload.objects.expired().order_by("pk").select_for_update(skip_locked=True, of=("self",))[:_BATCH])
    if not uploads:
        return None
    versions = [upload.version_id for upload in uploads]
    keys: list[str] = []
    for parts in (PageImage.objects, SafeCopy.objects):
        keys += parts.filter(version__in=versions).values_list("storage_key", flat=True)
        parts.filter(version__in=versions).delete()
    VersionCheck.objects.filter(version__in=versions).delete()
    keys += DocumentVersion.objects.filter(pk__in=versions).values_list("storage_key", flat=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT remove_unattached_versions(%s)", [versions])
        removed: int = cursor.fetchone()[0]
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).update(version=None, expires_at=None)
    transaction.on_commit(partial(trash.discard, keys))
    return removed
