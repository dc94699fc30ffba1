"""The only place that writes documents and their versions.

Whether somebody may, the rooms above have decided before they call; a document belongs to the organisation that they name.
"""

import logging
from collections.abc import Sequence
from functools import partial

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError, transaction
from django.db.models import Max

from incentives_portal import clock
from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import Organisation, User
from incentives_portal.locks import waited_too_long

from . import content, limits
from .content import AtOnce, Inspected
from .enums import CheckState
from .errors import DocumentRemoved, NotCheckable, UploadRefused, UploadsRefused
from .models import Document, DocumentVersion, VersionCheck
from .parsing.reasons import Reason
from .storage import Save, saving
from .tasks import queue_rendering

logger = logging.getLogger(__name__)

#: A file and the key under which the storage has it.
PutAway = tuple[Inspected, str]


def store(uploaded_file: UploadedFile, *, organisation: Organisation, actor: User) -> DocumentVersion:
    """Store one file as the first version of a new document, to be checked by a worker. Raises UploadRefused."""
    return _store([content.inspect(uploaded_file)], organisation, actor)[0]


def store_many(
    uploaded_files: Sequence[UploadedFile], *, organisation: Organisation, actor: User
) -> list[DocumentVersion]:
    """Store all files, each as a document of its own, or none. Raises UploadsRefused with every refusal."""
    good, refused = content.inspect_all(uploaded_files)
    if refused:
        raise UploadsRefused(refused)
    return _store(good, organisation, actor)


def store_good(
    uploaded_files: Sequence[UploadedFile], *, organisation: Organisation, actor: User, at_once: AtOnce | None = None
) -> tuple[list[DocumentVersion], list[UploadRefused]]:
    """Store the good files and return them with the refusals of the others: for forms, where nothing sent may be lost.

    ``at_once`` has counted the files that the form holds on to already.
    """
    good, refused = content.inspect_all(uploaded_files, at_once)
    if not good:
        return [], refused
    try:
        return _store(good, organisation, actor), refused
    except UploadRefused as failure:
        return [], [*refused, *(UploadRefused(file.name, failure.reason) for file in good)]


def replace(document: Document, uploaded_file: UploadedFile, actor: User) -> DocumentVersion:
    """Store a file as the next version of a document; the former ones stay. Raises UploadRefused and DocumentRemoved."""
    inspected = content.inspect(uploaded_file)
    with saving() as save:
        put_away = _put_away([inspected], actor, save)
        with transaction.atomic():
            locked = Document.objects.select_for_update().get(pk=document.pk)
            if locked.removed_at is not None:
                raise DocumentRemoved(locked.public_id)
            _claim_quota(put_away, actor)
            latest = locked.versions.aggregate(latest=Max("number"))["latest"]
            return _record([locked], put_away, actor, number=latest + 1)[0]


@transaction.atomic
def remove(document: Document, actor: User) -> None:
    """Take a document out of use. Its versions stay for the record; removing it twice changes nothing."""
    locked = Document.objects.select_for_update().get(pk=document.pk)
    if locked.removed_at is None:
        locked.removed_at, locked.removed_by = clock.now(), actor
        locked.save(update_fields=["removed_at", "removed_by"])


@transaction.atomic
def check_again(version: DocumentVersion, actor: User) -> None:
    """Have a file checked once more that waits or was refused: what refused it may have been the storage or a worker, not the file.

    Who did it is kept in the log. Raises PermissionDenied without ``system.manage``, NotCheckable for what is clean or infected.
    """
    if not may(actor, "system.manage"):
        raise PermissionDenied
    check = VersionCheck.objects.select_for_update().get(version_id=version.pk)
    if check.state not in (CheckState.PENDING, CheckState.REFUSED):
        raise NotCheckable(version.public_id)
    logger.warning(
        "Person %s has version %s checked again: %s", actor.public_id, version.pk, check.reason or check.state
    )
    check.state, check.reason, check.attempts = CheckState.PENDING, "", 0
    check.lease_until = check.checked_at = check.scanned_at = None
    check.save()
    transaction.on_commit(partial(queue_rendering, [version.pk]))


def _store(files: list[Inspected], organisation: Organisation, actor: User) -> list[DocumentVersion]:
    with saving() as save:
        put_away = _put_away(files, actor, save)
        with transaction.atomic():
            _claim_quota(put_away, actor)
            documents = Document.objects.bulk_create(
                Document(organisation=organisation, uploaded_by=actor) for _file in files
            )
            return _record(documents, put_away, actor, number=1)


def _put_away(files: list[Inspected], actor: User, save: Save) -> list[PutAway]:
    """Files into the storage, before anything is locked: nobody waits for a slow one. What is beyond the quota is not written."""
    _check_quota(files, actor)
    return [(file, _save(file, save)) for file in files]


def _claim_quota(put_away: list[PutAway], actor: User) -> None:
    """Asked again where no other upload of the person can come between the answer and the rows."""
    files = [file for file, _key in put_away]
    try:
        limits.one_at_a_time(actor)
    except OperationalError as error:
        if not waited_too_long(error):
            raise
        raise UploadRefused(files[0].name, Reason.NOT_STORED) from error
    _check_quota(files, actor)


def _check_quota(files: list[Inspected], actor: User) -> None:
    if limits.is_exceeded(actor, len(files), sum(file.size for file in files)):
        raise UploadRefused(files[0].name, Reason.QUOTA)


def _record(documents: list[Document], put_away: list[PutAway], actor: User, *, number: int) -> list[DocumentVersion]:
    """Rows for versions and checks, and a word to the workers after the commit: two queries for any number."""
    at = clock.now()
    versions = DocumentVersion.objects.bulk_create(
        DocumentVersion(
            document=document,
            number=number,
            storage_key=key,
            sha256=file.sha256,
            size=file.size,
            type=file.type,
            original_name=file.name,
            uploaded_by=actor,
            at=at,
        )
        for document, (file, key) in zip(documents, put_away, strict=True)
    )
    VersionCheck.objects.bulk_create(VersionCheck(version=version) for version in versions)
    transaction.on_commit(partial(queue_rendering, [version.pk for version in versions]))
    return versions


def _save(file: Inspected, save: Save) -> str:
    try:
        return save("documents", file.upload)
    except OSError as error:
        logger.exception("The storage did not take a file of %d bytes", file.size)
        raise UploadRefused(file.name, Reason.NOT_STORED) from error
