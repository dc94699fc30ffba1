"""What a documents worker does with a stored version: first the verdict, whether it can be used; later its page images and copies.

Both are bounded in processor time, which is charged to the upload. Only the file itself can have it refused. A storage, a scanner or a
machine that fails puts the file off, and that does not count against it; a file at which workers died is tried three times.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
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

#: Counts up when the readers take more than before: ``manage.py check_documents --again`` has another look at what an older one refused.
READER_VERSION = 1
#: Without an answer of the scanner a file waits for so long, and others go first.
SCANNER_WAIT = timedelta(minutes=1)
#: Whatever else failed: doubled each time, up to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=8)
#: A file at which the worker died three times is not tried again.
MAX_ATTEMPTS = 3
#: Names within a file are whatever its maker wrote: so many are kept.
_MOST_NAMES = 200

#: What the apps above listen to, who know whom a file concerns.
#: Sent in the transaction in which a finding of the virus scanner is written, with ``version`` and ``finding``, the name that it gave it.
malware_found = Signal()
#: Sent in the transaction in which a file that is attached already is refused, with ``version`` and ``reason``.
file_refused = Signal()


class AlreadySettled(Exception):
    """This worker outlived its lease and another one was faster; what was drawn last is deleted again."""


def check_next() -> bool:
    """Give the next waiting file its verdict. False if none waits. Raises ScannerFailed."""
    return _work_on(scheduling.lease_verdict(), _judge)


def prepare_next() -> bool:
    """Draw and copy the next clean file, or scan what came before there was a scanner. False if none waits. Raises ScannerFailed."""
    return _work_on(scheduling.lease_preparation(), _prepare) or _work_on(scheduling.lease_rescan(), _rescan)


def judge_version(version_id: int) -> None:
    """Give this very version its verdict, now: for data that is loaded without workers. Raises ScannerFailed."""
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
    except Exception:  # the storage, the machine or the installation, and not the file
        wait = min(FIRST_WAIT * 2**check.postponed, LONGEST_WAIT)
        logger.exception("Checking version %s failed; it is put off for %d seconds", check.version_id, wait.seconds)
        _put_off(check, wait)
    return True


def _judge(check: VersionCheck) -> None:
    """Inspected, then scanned: clean, refused with the reason, or infected."""
    try:
        found = _inspected(check)
    except Unreadable as problem:
        _refuse(check, problem.reason)
        return
    scanned_at = None
    if scanning.is_on():
        if finding := _scan(check.version):
            _lock_away(check, finding)
            return
        scanned_at = clock.now()
    _settle(check, state=CheckState.CLEAN, scanned_at=scanned_at, checked_at=clock.now(), **found)


def _inspected(check: VersionCheck) -> dict[str, Any]:
    """What inspection found, written down at once, so that a scanner that fails does not have it done again. Raises Unreadable."""
    if check.inspected_at is not None:
        return {}
    with _charged(check.version) as budget, local_copy(check.version.storage_key) as source:
        inspection = runner.inspect(check.version.type, source, budget=budget)
    found = {
        "page_count": inspection.pages,
        "contents": list(inspection.contents)[:_MOST_NAMES],
        "attachments": [clean_name(name) for name in inspection.attachments[:_MOST_NAMES]],
        "encoding": inspection.encoding[:40],
        "reader": READER_VERSION,
        "inspected_at": clock.now(),
    }
    if scanning.is_on():
        VersionCheck.objects.filter(pk=check.pk, state=check.state, attempts=check.attempts).update(**found)
        check.inspected_at = found["inspected_at"]
    return found


def _prepare(check: VersionCheck) -> None:
    """Page images and harmless copies. Running out of time leaves what was made until then, and the file clean."""
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
    """Draw the first pages of a version and put the images into the storage; their rows are not written yet.

    The second result is whether that came to its end; what was drawn before time or memory ran out stays. Tables, texts and data give no
    images. Raises StorageFailed.
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
    """Make the harmless copies of a version and put them into the storage, numbered from 1 within a kind; their rows are not written yet.

    None where that takes too much. Raises StorageFailed.
    """
    try:
        made = runner.copies(version.type, source, budget=budget)
    except Unreadable as problem:
        logger.warning("No harmless copy of version %s: %s", version.pk, problem)
        return []
    numbers: Counter[str] = Counter()
    copies = []
    for each in made:
        numbers[each.kind] += 1
        copies.append(
            SafeCopy(
                version=version,
                kind=each.kind,
                number=numbers[each.kind],
                media_type=each.media_type,
                sha256=hashlib.sha256(each.content).hexdigest(),
                size=len(each.content),
                storage_key=save("copies", ContentFile(each.content)),
                made_by=f"reader {READER_VERSION}",
            )
        )
    return copies


def _rescan(check: VersionCheck) -> None:
    if finding := _scan(check.version):
        _lock_away(check, finding)
    else:
        _settle(check, scanned_at=clock.now())


def _scan(version: DocumentVersion) -> str:
    with local_copy(version.storage_key) as stored:
        stored.seek(0)
        return scanning.scan(stored)


def _give_up(check: VersionCheck) -> None:
    """Workers died at it: before the verdict it is refused, after it no more is drawn."""
    if check.state == CheckState.PENDING:
        _refuse(check, Reason.TOO_COMPLEX)
    else:
        _settle(check, is_partial=True, prepared_at=clock.now())


@transaction.atomic
def _refuse(check: VersionCheck, reason: Reason) -> None:
    """Say so to whom it concerns, unless the form still holds the file and says so itself."""
    upload = _settle(
        check, state=CheckState.REFUSED, reason=reason.value, reader=READER_VERSION, checked_at=clock.now()
    )
    if upload.attached_to:
        file_refused.send(DocumentVersion, version=check.version, reason=reason)


@transaction.atomic
def _lock_away(check: VersionCheck, finding: str) -> None:
    """Never hand the file out again, show nothing of it, and tell whom it concerns."""
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
    PageImage.objects.filter(version=check.version_id).delete()  # their files are swept, as those of the copies
    SafeCopy.objects.filter(version=check.version_id).delete()
    malware_found.send(DocumentVersion, version=check.version, finding=finding)
    transaction.on_commit(partial(_log_malware, check.version, finding))


def _log_malware(version: DocumentVersion, finding: str) -> None:
    security_log.record(
        security_log.Action.MALWARE_FOUND,
        user=version.uploaded_by,
        file=version,
        sha256=version.sha256,
        organisation=str(version.document.organisation_id),
        finding=finding,
    )


@transaction.atomic
def _settle(
    leased: VersionCheck, images: list[PageImage] | None = None, copies: list[SafeCopy] | None = None, **values: Any
) -> Upload:
    """Write the outcome and end the lease. Waits for whoever attaches the file just now. Raises AlreadySettled."""
    upload = Upload.objects.select_for_update().filter(version=leased.version_id).first()
    if upload is None:  # it expired meanwhile
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
    """How far a check is, and in which worker's hands."""
    return check.state, check.scanned_at, check.prepared_at, check.attempts


def _put_off(check: VersionCheck, wait: timedelta) -> None:
    """Let others go first. What failed here does not count against the file."""
    rows = VersionCheck.objects.filter(pk=check.pk, state=check.state, attempts=check.attempts)
    rows.update(lease_until=clock.now() + wait, attempts=check.attempts - 1, postponed=min(check.postponed + 1, 30))


@contextmanager
def _charged(version: DocumentVersion) -> Iterator[Budget]:
    """The budget of a file. What was spent is written down whatever happens: refused files count too."""
    budget = Budget(settings.UPLOAD_FILE_SECONDS)
    try:
        yield budget
    finally:
        Upload.objects.filter(version=version).update(
            milliseconds=F("milliseconds") + int(1000 * budget.spent) + 1, spent_at=clock.now()
        )
