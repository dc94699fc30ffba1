"""Removing uploads that nothing refers to: files of forms that were never completed, and files whose row was never written.

What refers to a document or to one of its versions is asked of all foreign keys there are, so that a room that begins to refer to documents
need not be named here. Documents that were taken out of use (``removed_at``) stay for the record.

A form can hold on to a file for ``UPLOAD_KEEP_HOURS`` (``upload_tokens.py``); an hour later, when whoever sent it in the last minute has
long been answered, it may go. What is being written while the sweep runs is waited for: the tables that refer to documents are locked
against writers for the moment in which the sweep looks and deletes, so that it sees every reference that there is.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import pgtrigger
from django.db import OperationalError, connection, models, transaction
from django.db.models import Exists, ForeignObjectRel, OuterRef

from incentives_portal import clock
from incentives_portal.installation.services import note_cleanup
from incentives_portal.locks import waited_too_long

from . import limits, trash
from .enums import CheckState
from .models import Document, DocumentVersion, PageImage, VersionCheck
from .store_identity import NotOurStore, require_own_store
from .stray_files import TooManyStray, discard_stray

logger = logging.getLogger(__name__)

#: How much longer than a form may hold on to it a file is kept.
GRACE = timedelta(hours=1)
#: What belongs to a document, and does not keep it.
OWN = (DocumentVersion, VersionCheck, PageImage)
FOLDERS = ("documents", "pages")
_BATCH = 200
#: Writers of other rooms wait no longer than this for the sweep, which tries again the next time.
_PATIENCE = "2s"


@dataclass(frozen=True)
class Swept:
    """How much was removed: documents with all of their versions, and stored files that no row named; and why no more, in words."""

    documents: int = 0
    files: int = 0
    refused: str = ""


def sweep(*, dry_run: bool = False, force: bool = False) -> Swept:
    """Remove what nothing refers to and nobody can attach any more. May run twice at once, and be broken off.

    Files go into the trash, and only where the store is this database's own; ``force`` lifts the ceiling of stray files, ``dry_run``
    counts and changes nothing.
    """
    documents = files = 0
    refused = ""
    try:
        require_own_store()
        documents = forgotten(clock.now()).count() if dry_run else _sweep_documents()
        files = discard_stray(FOLDERS, limits.kept() + GRACE, dry_run=dry_run, force=force)
        if not dry_run:
            trash.empty()
    except (NotOurStore, TooManyStray, OSError) as error:
        logger.error("The cleanup of files stopped: %s", error)
        refused = str(error)
    if not dry_run:
        note_cleanup({"at": clock.now().isoformat(), "documents": documents, "files": files, "refused": refused})
    return Swept(documents, files, refused)


def referring(model: type[models.Model]) -> list[ForeignObjectRel]:
    """Every foreign key of the portal that points at the model, from whatever room, but those of the documents' own parts."""
    fields = model._meta.get_fields(include_hidden=True)
    relations = [field for field in fields if isinstance(field, ForeignObjectRel) and not field.many_to_many]
    return [relation for relation in relations if relation.related_model not in OWN]


def forgotten(now: datetime) -> models.QuerySet[Document]:
    """Documents of which every version is old, and to which, or to any version of which, nothing refers."""
    versions = DocumentVersion.objects.filter(document=OuterRef("pk"))
    young = versions.filter(at__gt=now - limits.kept() - GRACE)
    being_drawn = VersionCheck.objects.filter(
        version__document=OuterRef("pk"), state=CheckState.PENDING, lease_until__gt=now
    )
    found = Document.objects.filter(Exists(versions), ~Exists(young), ~Exists(being_drawn), removed_at=None)
    for model, path in ((Document, "{}"), (DocumentVersion, "{}__document")):
        for relation in referring(model):
            rows = relation.related_model._base_manager
            found = found.filter(~Exists(rows.filter(**{path.format(relation.field.name): OuterRef("pk")})))
    return found


def _sweep_documents() -> int:
    """Batch by batch. A batch whose tables are busy is left for the next time."""
    swept, last = 0, 0
    while wanted := list(
        forgotten(clock.now()).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_BATCH]
    ):
        last = wanted[-1]
        try:
            swept += _remove(wanted)
        except OperationalError as error:
            if not waited_too_long(error):
                raise
            logger.warning("Somebody is writing for long; %d forgotten documents stay for the next time", len(wanted))
    return swept


@transaction.atomic
def _remove(wanted: list[int]) -> int:
    """Remove those of the documents that are still forgotten when nobody can begin to refer to one. Returns how many these were."""
    _keep_writers_out()
    rows = forgotten(clock.now()).filter(pk__in=wanted).select_for_update(skip_locked=True, of=("self",))
    documents = list(rows.values_list("pk", flat=True))
    versions = DocumentVersion.objects.filter(document__in=documents)
    images = PageImage.objects.filter(version__document__in=documents)
    keys = [*versions.values_list("storage_key", flat=True), *images.values_list("storage_key", flat=True)]
    images.delete()
    VersionCheck.objects.filter(version__document__in=documents).delete()
    with pgtrigger.ignore("documents.DocumentVersion:append_only"):
        versions.delete()
    Document.objects.filter(pk__in=documents).delete()
    transaction.on_commit(lambda: trash.discard(keys))
    return len(documents)


def _keep_writers_out() -> None:
    """Wait for those who are writing references, and let no others begin until this transaction ends. Readers do not notice."""
    tables = {
        relation.related_model._meta.db_table for model in (Document, DocumentVersion) for relation in referring(model)
    }
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
        for table in sorted(tables):
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(table)} IN SHARE MODE")
