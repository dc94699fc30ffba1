"""What the worker does with a stored version: have it scanned for viruses, draw it under limits, and record whether it can be shown."""

import logging
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import transaction

from incentives_portal import clock

from . import rendering, scanning
from .enums import CheckState
from .models import DocumentVersion, PageImage, VersionCheck
from .parsing.reasons import Reason, Unreadable
from .querysets import LEASE
from .rendering import DrawnPage
from .storage import saving

logger = logging.getLogger(__name__)

#: Without an answer of the scanner a file waits for so long, and others go first.
PUT_OFF = timedelta(minutes=1)
#: A file at which the worker died three times is not tried again.
MAX_ATTEMPTS = 3


class AlreadySettled(Exception):
    """This worker outlived its lease and another one was faster; the images drawn last are deleted again."""


def check_version(version_id: int) -> None:
    """Scan and draw one version and settle its check: clean with its page images, refused with the reason, or infected.

    In order: lease the check, scan and draw outside of any transaction, then write images and result together. Nothing is done for a
    version that is settled already or in the hands of another worker, so that it may be called twice. Raises ScannerFailed where there
    should be a virus scanner and it gave no answer: the version waits, and stays closed.
    """
    check = _lease(version_id)
    if check is None:
        return
    try:
        _scan_and_draw(check)
    except scanning.ScannerFailed:
        _put_off(check)
        raise
    except AlreadySettled:
        logger.warning("Version %s was settled by another worker meanwhile", version_id)


def _scan_and_draw(check: VersionCheck) -> None:
    scanned_at = None
    if scanning.is_on():
        if found := _scan(check.version):
            _lock_away(check, found)
            return
        scanned_at = clock.now()
    if check.state == CheckState.CLEAN:
        _settle(check, CheckState.CLEAN, scanned_at=scanned_at)
        return
    try:
        with saving() as save:
            _settle(check, CheckState.CLEAN, pages=rendering.draw(check.version, save), scanned_at=scanned_at)
    except Unreadable as problem:
        _settle(check, CheckState.REFUSED, reason=problem.reason, scanned_at=scanned_at)


def _scan(version: DocumentVersion) -> str:
    with default_storage.open(version.storage_key, "rb") as stored:
        return scanning.scan(stored)


@transaction.atomic
def _lock_away(check: VersionCheck, found: str) -> None:
    """Never hand the file out again, show nothing of it, and tell whom it concerns."""
    logger.warning("The virus scanner found %s in version %s", found, check.version_id)
    _settle(check, CheckState.INFECTED, reason=Reason.INFECTED, scanned_at=clock.now(), found=found)
    PageImage.objects.filter(version=check.version_id).delete()  # their files are swept
    scanning.malware_found.send(DocumentVersion, version=check.version, finding=found)


@transaction.atomic
def _lease(version_id: int) -> VersionCheck | None:
    """The check, for this worker alone: one that waits, or that was never scanned."""
    now = clock.now()
    rows = VersionCheck.objects.due(now)
    if scanning.is_on():
        rows |= VersionCheck.objects.unscanned(now)
    locked = rows.select_related("version").select_for_update(of=("self",), skip_locked=True)
    check = locked.filter(version=version_id).first()
    if check is None:
        return None
    if check.state == CheckState.PENDING and check.attempts >= MAX_ATTEMPTS:
        check.state, check.reason, check.lease_until = CheckState.REFUSED, Reason.TOO_COMPLEX.value, None
        check.checked_at = now
        check.save()
        return None
    check.attempts += 1
    check.lease_until = now + LEASE
    check.save(update_fields=["attempts", "lease_until"])
    return check


def _put_off(check: VersionCheck) -> None:
    """Let others go first. That the scanner failed does not count against the file."""
    rows = VersionCheck.objects.filter(pk=check.pk, state=check.state)
    rows.update(lease_until=clock.now() + PUT_OFF, attempts=check.attempts - 1)


@transaction.atomic
def _settle(
    leased: VersionCheck,
    state: CheckState,
    *,
    scanned_at: datetime | None,
    reason: Reason | None = None,
    pages: list[DrawnPage] | None = None,
    found: str = "",
) -> None:
    check = VersionCheck.objects.select_for_update().get(pk=leased.pk)
    if (check.state, check.scanned_at) != (leased.state, leased.scanned_at):
        raise AlreadySettled(leased.version_id)
    if pages is not None:
        check.pages = len(PageImage.objects.bulk_create(_images(leased.version, pages)))
    check.state, check.reason, check.finding = state, reason.value if reason else "", found[:150]
    check.lease_until, check.checked_at, check.scanned_at = None, clock.now(), scanned_at
    check.save()


def _images(version: DocumentVersion, pages: list[DrawnPage]) -> list[PageImage]:
    return [
        PageImage(version=version, page=number, storage_key=page.storage_key, width=page.width, height=page.height)
        for number, page in enumerate(pages, start=1)
    ]
