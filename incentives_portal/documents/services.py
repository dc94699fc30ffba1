"""Create, attach and remove documents, versions and uploads.

Nothing else writes them; ``checking.py`` writes the results of workers. The apps that call these functions have checked
the permission; a document belongs to the organization that they pass. A stored file waits for its verdict:
``form_uploads.py`` notifies the workers, outside of any transaction.
"""

import logging
import uuid
from collections.abc import Sequence
from functools import partial

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import Organisation, User
from incentives_portal.file_store.storage import Save, StorageFailed, saving
from incentives_portal.locks import waited_too_long
from incentives_portal.sandbox.parsing.reasons import Reason

from . import quotas, upload_validation
from .enums import UNUSABLE, CheckState
from .models import Document, DocumentVersion, Upload, VersionCheck
from .tasks import notify_workers
from .upload_validation import BatchLimits, UploadRefused, ValidatedUpload

logger = logging.getLogger(__name__)

#: Refusals that do not count toward the quota.
_NOT_COUNTED = {Reason.QUOTA, Reason.NOT_STORED}


class UploadGone(Exception):
    """A stored file cannot be attached: it expired, is attached already, or was refused."""

    def __init__(self, file_name: str, reason: Reason | None = None) -> None:
        self.file_name = file_name
        self.reason = reason

    def __str__(self) -> str:
        if self.reason == Reason.INFECTED:
            return _("The virus scanner found malware in “%(file)s”. Send a clean file instead.") % {
                "file": self.file_name
            }
        if self.reason:
            return UploadRefused(self.file_name, self.reason).sentence
        return _("This file cannot be used here. Choose it again.")


class NotCheckable(Exception):
    """The file is clean, or the virus scanner found malware: checking again changes nothing."""


def store(
    uploaded_file: UploadedFile, *, organisation: Organisation, actor: User, batch: uuid.UUID | None = None
) -> DocumentVersion:
    """Store one file as the first version of a new document, pending its check. Raises UploadRefused."""
    versions, refused = store_good([uploaded_file], organisation=organisation, actor=actor, batch=batch)
    if refused:
        raise refused[0]
    return versions[0]


def store_good(
    uploaded_files: Sequence[UploadedFile],
    *,
    organisation: Organisation,
    actor: User,
    limits_of_form: BatchLimits | None = None,
    batch: uuid.UUID | None = None,
) -> tuple[list[DocumentVersion], list[UploadRefused]]:
    """Store the valid files of a form and return them with the refusals of the others.

    ``limits_of_form`` has already counted the files that the form keeps; ``batch`` is the same for all files of a form,
    whose processor time is counted together. Refused files are recorded too, because they count toward the quota.
    """
    batch = batch or uuid.uuid4()
    good, refused = upload_validation.validate_all(uploaded_files, limits_of_form)
    _count_refused(refused, organisation, actor, batch)
    if not good:
        return [], refused
    try:
        return _store(good, organisation, actor, batch), refused
    except UploadRefused as failure:
        return [], [*refused, *(UploadRefused(file.name, failure.reason) for file in good)]


@transaction.atomic(savepoint=False)
def attach(versions: Sequence[DocumentVersion], *, to: str) -> None:
    """Attach stored files to something (``proofs.invoice:…``), so that they do not expire.

    Runs in the caller's transaction. Locks the uploads, so cleanup and verdicts wait and see the change. Raises
    UploadGone for a file that expired, is attached already (it has no expiry any more), or was refused. Three queries.
    """
    keys = [version.pk for version in versions]
    uploads = Upload.objects.filter(version__in=keys, expires_at__gt=clock.now())
    free = set(uploads.select_for_update().order_by("pk").values_list("version", flat=True))
    refused = dict(VersionCheck.objects.filter(version__in=keys, state__in=UNUSABLE).values_list("version", "reason"))
    for version in versions:
        if version.pk in refused:
            raise UploadGone(version.original_name, Reason(refused[version.pk]))
        if version.pk not in free:
            raise UploadGone(version.original_name)
    Upload.objects.filter(version__in=keys).update(attached_to=to, expires_at=None)


@transaction.atomic
def check_again(version: DocumentVersion, actor: User | None) -> None:
    """Check a pending or refused file again, or redraw one with missing pages.

    The refusal may be due to an older reader, the storage or a worker. ``actor`` is None for a command; the actor is
    logged. Raises PermissionDenied without ``system.manage``, NotCheckable for a file that is clean or infected.
    """
    if actor is not None and not may(actor, "system.manage"):
        raise PermissionDenied
    check = VersionCheck.objects.select_for_update().get(version_id=version.pk)
    if check.state in (CheckState.PENDING, CheckState.REFUSED):
        former = check.reason or check.state
        check.state, check.reason = CheckState.PENDING, ""
        check.checked_at = check.inspected_at = check.scanned_at = None
    elif check.state == CheckState.CLEAN and check.is_partial:
        former, check.is_partial, check.prepared_at = "drawn in part", False, None
    else:
        raise NotCheckable(version.public_id)
    check.attempts, check.postponed, check.lease_until = 0, 0, None
    check.save()
    requester = f"Person {actor.public_id}" if actor else "A command"
    logger.warning("%s has version %s checked again: %s", requester, version.pk, former)
    transaction.on_commit(partial(notify_workers, 1))


@transaction.atomic
def remove(document: Document, actor: User) -> None:
    """Take a document out of use. Its versions stay for the record; removing it twice changes nothing."""
    locked = Document.objects.select_for_update().get(pk=document.pk)
    if locked.removed_at is None:
        Upload.objects.filter(version__document=locked).update(expires_at=None)
        locked.removed_at, locked.removed_by = clock.now(), actor
        locked.save(update_fields=["removed_at", "removed_by"])


def _count_refused(refused: list[UploadRefused], organisation: Organisation, actor: User, batch: uuid.UUID) -> None:
    """Record refused files until they alone exceed the quota. Two queries, none if nothing was refused."""
    counted = [refusal for refusal in refused if refusal.reason not in _NOT_COUNTED]
    if counted and not quotas.is_exceeded(actor, 0, 0):
        Upload.objects.bulk_create(
            Upload(owner=actor, organisation=organisation, batch=batch, size=refusal.size) for refusal in counted
        )


def _store(
    files: list[ValidatedUpload], organisation: Organisation, actor: User, batch: uuid.UUID
) -> list[DocumentVersion]:
    _check_quota(files, actor)
    with saving() as save:
        keys = [_save(file, save) for file in files]  # before anything is locked: a slow storage blocks nobody
        with transaction.atomic():
            _claim_quota(files, actor)
            return _record(files, keys, organisation, actor, batch)


def _claim_quota(files: list[ValidatedUpload], actor: User) -> None:
    """Check the quota again under the user's lock, which excludes concurrent uploads."""
    try:
        actor.lock()
    except OperationalError as error:
        if not waited_too_long(error):
            raise
        raise UploadRefused(files[0].name, Reason.NOT_STORED) from error
    _check_quota(files, actor)


def _check_quota(files: list[ValidatedUpload], actor: User) -> None:
    if quotas.is_exceeded(actor, len(files), sum(file.size for file in files)):
        raise UploadRefused(files[0].name, Reason.QUOTA)


def _record(
    files: list[ValidatedUpload], keys: list[str], organisation: Organisation, actor: User, batch: uuid.UUID
) -> list[DocumentVersion]:
    """Create documents, versions, checks and uploads: four queries for any number."""
    at = clock.now()
    documents = Document.objects.bulk_create(Document(organisation=organisation, uploaded_by=actor) for _file in files)
    versions = DocumentVersion.objects.bulk_create(
        DocumentVersion(
            document=document,
            number=1,
            storage_key=key,
            sha256=file.sha256,
            size=file.size,
            type=file.type,
            original_name=file.name,
            uploaded_by=actor,
            at=at,
        )
        for document, file, key in zip(documents, files, keys, strict=True)
    )
    VersionCheck.objects.bulk_create(VersionCheck(version=version) for version in versions)
    Upload.objects.bulk_create(
        Upload(
            owner=actor,
            organisation=organisation,
            version=version,
            batch=batch,
            size=version.size,
            at=at,
            expires_at=at + quotas.kept(),
        )
        for version in versions
    )
    return versions


def _save(file: ValidatedUpload, save: Save) -> str:
    try:
        return save("documents", file.upload)
    except StorageFailed as error:
        logger.exception("The storage did not take a file of %d bytes", file.size)
        raise UploadRefused(file.name, Reason.NOT_STORED) from error
