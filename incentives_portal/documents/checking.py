"""Check stored versions: first the verdict, then page images and safe copies.

Documents workers run this code. sandbox/runner.py runs the readers of each file type, which are in sandbox/parsing/.
Both steps have a limit on processor time, which is charged to the upload. Only the file itself can cause a refusal: when
the storage, the scanner or the host fails, the file is postponed without counting an attempt. A file that made a worker
die is tried at most three times.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import IO, Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F
from django.dispatch import Signal

from incentives_portal import clock
from incentives_portal.accounts import security_log
from incentives_portal.file_store.storage import Save, local_copy, saving
from incentives_portal.sandbox import runner
from incentives_portal.sandbox.parsing.reasons import Reason, Unreadable
from incentives_portal.sandbox.runner import Budget

from . import scanning, scheduling
from .enums import CheckState
from .file_types import clean_name
from .models import DocumentVersion, PageImage, SafeCopy, Upload, VersionCheck

logger = logging.getLogger(__name__)

#: Increase this when the readers accept more than before: ``manage.py check_documents --again`` then rechecks files that an
#: older reader refused.
READER_VERSION = 1
#: How long a file is postponed when the scanner does not answer.
SCANNER_WAIT = timedelta(minutes=1)
#: How long a file is postponed after any other failure: doubled each time, up to LONGEST_WAIT.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=8)
#: After this many attempts that killed the worker, the file is not tried again.
MAX_ATTEMPTS = 3
#: How many names of embedded files are stored, because a file can contain any number.
_MOST_NAMES = 200

#: Signals for the apps that own documents and know whom to notify.
#: Sent in the transaction that stores a virus scanner's finding, with ``version`` and ``finding``, the scanner's name for it.
malware_found = Signal()
#: Sent in the transaction that refuses a file already attached to something, with ``version`` and ``reason``.
file_refused = Signal()


class AlreadySettled(Exception):
    """Another worker finished this check after this worker's lease expired; the new files are deleted."""


def check_next() -> bool:
    """Give the next waiting file its verdict. Return False if no file waits. Raises ScannerFailed."""
    return _work_on(scheduling.lease_verdict(), _judge)


def prepare_next() -> bool:
    """Draw and copy the next clean file. Return False if no file waits. Raises ScannerFailed.

    Without one, scans a file that was checked before the installation had a scanner.
    """
    return _work_on(scheduling.lease_preparation(), _prepare) or _work_on(scheduling.lease_rescan(), _rescan)


def judge_version(version_id: int) -> None:
    """Give this version its verdict now, for data loaded without workers. Raises ScannerFailed."""
    _work_on(scheduling.lease_version(version_id), _judge)


def _work_on(check: VersionCheck | None, work: Callable[[VersionCheck], None]) -> bool:
    if check is None:
        return False
    try:
        if check.attempts > MAX_ATTEMPTS:
            _give_up(check)
        else:
            work(check)
    except scanning.ScannerFailed:
        _put_off(check, SCANNER_WAIT)
        raise
    except AlreadySettled:
        logger.warning("Version %s was settled by another worker meanwhile", check.version_id)
    except Exception:  # the storage, the host or the installation failed, not the file
        wait = min(FIRST_WAIT * 2**check.postponed, LONGEST_WAIT)
        logger.exception("Checking version %s failed; it is put off for %d seconds", check.version_id, wait.seconds)
        _put_off(check, wait)
    return True


def _judge(check: VersionCheck) -> None:
    """Inspect and scan a version; store it as clean, refused with a reason, or infected."""
    try:
        values = _inspected(check)
    except Unreadable as problem:
        _refuse(check, problem.reason)
        return
    scanned_at = None
    if scanning.is_on():
        if finding := _scan(check.version):
            _lock_away(check, finding)
            return
        scanned_at = clock.now()
    _settle(check, state=CheckState.CLEAN, scanned_at=scanned_at, checked_at=clock.now(), **values)


def _inspected(check: VersionCheck) -> dict[str, Any]:
    """Inspect a version and return the values for its check. Raises Unreadable.

    With a scanner the values are saved at once, so that a failing scanner does not cause a second inspection.
    """
    if check.inspected_at is not None:
        return {}
    with _charged(check.version) as budget, local_copy(check.version.storage_key) as source:
        inspection = runner.inspect(check.version.type, source, budget=budget)
    values = {
        "page_count": inspection.pages,
        "contents": list(inspection.contents)[:_MOST_NAMES],
        "attachments": [clean_name(name) for name in inspection.attachments[:_MOST_NAMES]],
        "encoding": inspection.encoding[:40],
        "reader": READER_VERSION,
        "inspected_at": clock.now(),
    }
    if scanning.is_on():
        VersionCheck.objects.filter(pk=check.pk, state=check.state, attempts=check.attempts).update(**values)
        check.inspected_at = values["inspected_at"]
    return values


def _prepare(check: VersionCheck) -> None:
    """Make page images and safe copies. When time runs out, keep what was made; the file stays clean."""
    version = check.version
    with saving() as save:
        with _charged(version) as budget, local_copy(version.storage_key) as source:
            images, is_whole = _draw(version, source, save, budget)
            copies = _copy(version, source, save, budget)
        _settle(
            check,
            images=images,
            copies=copies,
            pages=len(images),
            is_partial=not is_whole,
            prepared_at=clock.now(),
        )


def _draw(version: DocumentVersion, source: IO[bytes], save: Save, budget: Budget) -> tuple[list[PageImage], bool]:
    """Draw the first pages of a version and store the images; their rows are not saved yet.

    The second result says whether all pages were drawn; images drawn before time or memory ran out are kept. Tables,
    texts and data have no page images. Raises StorageFailed.
    """
    images: list[PageImage] = []
    if not version.is_drawn:
        return images, True
    try:
        for number, page in enumerate(runner.draw(version.type, source, budget=budget), start=1):
            key = save("pages", ContentFile(page.png))
            images.append(
                PageImage(version=version, page=number, storage_key=key, width=page.width, height=page.height)
            )
    except (Unreadable, runner.PagesLeftOut):
        return images, False
    return images, True


def _copy(version: DocumentVersion, source: IO[bytes], save: Save, budget: Budget) -> list[SafeCopy]:
    """Make the safe copies of a version and store them; their rows are not saved yet.

    Copies are numbered from 1 within a kind. Returns an empty list when copying takes too much time or memory. Raises
    StorageFailed.
    """
    try:
        results = runner.copies(version.type, source, budget=budget)
    except Unreadable as problem:
        logger.warning("No harmless copy of version %s: %s", version.pk, problem)
        return []
    numbers: dict[str, Iterator[int]] = defaultdict(partial(count, 1))
    return [
        SafeCopy(
            version=version,
            kind=result.kind,
            number=next(numbers[result.kind]),
            media_type=result.media_type,
            sha256=hashlib.sha256(result.content).hexdigest(),
            size=len(result.content),
            storage_key=save("copies", ContentFile(result.content)),
            made_by=f"reader {READER_VERSION}",
        )
        for result in results
    ]


def _rescan(check: VersionCheck) -> None:
    if finding := _scan(check.version):
        _lock_away(check, finding)
    else:
        _settle(check, scanned_at=clock.now())


def _scan(version: DocumentVersion) -> str:
    with local_copy(version.storage_key) as stored:
        return scanning.scan(stored)


def _give_up(check: VersionCheck) -> None:
    """Stop after too many dead workers: refuse a pending file; mark a clean one as partly drawn."""
    if check.state == CheckState.PENDING:
        _refuse(check, Reason.TOO_COMPLEX)
    else:
        _settle(check, is_partial=True, prepared_at=clock.now())


@transaction.atomic
def _refuse(check: VersionCheck, reason: Reason) -> None:
    """Refuse a file and send ``file_refused`` if it is attached.

    A file that is not attached yet is reported by its upload form instead.
    """
    upload = _settle(
        check, state=CheckState.REFUSED, reason=reason.value, reader=READER_VERSION, checked_at=clock.now()
    )
    if upload.attached_to:
        file_refused.send(DocumentVersion, version=check.version, reason=reason)


@transaction.atomic
def _lock_away(check: VersionCheck, finding: str) -> None:
    """Mark a file as infected, delete its page images and copies, and send ``malware_found``."""
    logger.warning("The virus scanner found %s in version %s", finding, check.version_id)
    now = clock.now()
    _settle(
        check,
        state=CheckState.INFECTED,
        reason=Reason.INFECTED.value,
        finding=finding[:150],
        scanned_at=now,
        checked_at=now,
    )
    PageImage.objects.filter(
        version=check.version_id
    ).delete()  # cleanup deletes the files later, as those of the copies
    SafeCopy.objects.filter(version=check.version_id).delete()
    malware_found.send(DocumentVersion, version=check.version, finding=finding)
    transaction.on_commit(
        partial(
            security_log.record,
            security_log.Action.MALWARE_FOUND,
            user=check.version.uploaded_by,
            file=check.version,
            sha256=check.version.sha256,
            organisation=str(check.version.document.organisation_id),
            finding=finding,
        )
    )


@transaction.atomic
def _settle(
    leased: VersionCheck, images: list[PageImage] | None = None, copies: list[SafeCopy] | None = None, **values: Any
) -> Upload:
    """Save the outcome and end the lease. Raises AlreadySettled.

    Locks the upload, so it waits for a transaction that is attaching the file.
    """
    upload = Upload.objects.select_for_update().filter(version=leased.version_id).first()
    if upload is None:  # the upload expired in the meantime
        raise AlreadySettled(leased.version_id)
    check = VersionCheck.objects.select_for_update().get(pk=leased.pk)
    if _stage(check) != _stage(leased):
        raise AlreadySettled(leased.version_id)
    if images is not None:
        PageImage.objects.filter(version=leased.version_id).delete()
        SafeCopy.objects.filter(version=leased.version_id).delete()
        PageImage.objects.bulk_create(images)
        SafeCopy.objects.bulk_create(copies or [])
    for name, value in values.items():
        setattr(check, name, value)
    check.attempts, check.postponed, check.lease_until = 0, 0, None
    check.save()
    return upload


def _stage(check: VersionCheck) -> tuple[str, datetime | None, datetime | None, int]:
    """Return what identifies the progress of a check and the worker that leased it."""
    return check.state, check.scanned_at, check.prepared_at, check.attempts


def _put_off(check: VersionCheck, wait: timedelta) -> None:
    """Postpone a check without counting the attempt, because the failure was not the file's."""
    rows = VersionCheck.objects.filter(pk=check.pk, state=check.state, attempts=check.attempts)
    rows.update(lease_until=clock.now() + wait, attempts=check.attempts - 1, postponed=min(check.postponed + 1, 30))


@contextmanager
def _charged(version: DocumentVersion) -> Iterator[Budget]:
    """Provide the processor time budget of a file, and save what was spent even on errors.

    Refused files count too.
    """
    budget = Budget(settings.UPLOAD_FILE_SECONDS)
    try:
        yield budget
    finally:
        Upload.objects.filter(version=version).update(
            milliseconds=F("milliseconds") + int(1000 * budget.spent) + 1, spent_at=clock.now()
        )
