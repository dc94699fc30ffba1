"""What the worker does with a stored version: draw it under limits, and record whether it can be shown."""

import logging
from datetime import timedelta

from django.db import transaction

from incentives_portal import clock

from . import rendering
from .enums import CheckState
from .models import DocumentVersion, PageImage, VersionCheck
from .parsing.reasons import Reason, Unreadable
from .rendering import DrawnPage
from .storing import saving

logger = logging.getLogger(__name__)

#: Longer than drawing may ever take: after this the worker is taken for dead.
LEASE = timedelta(minutes=5)
#: A file at which the worker died three times is not tried again.
MAX_ATTEMPTS = 3


class AlreadySettled(Exception):
    """This worker outlived its lease and another one was faster; the images drawn last are deleted again."""


def check_version(version_id: int) -> None:
    """Draw one version and settle its check: clean with its page images, or refused with the reason.

    In order: lease the check, draw outside of any transaction, then write images and result together. Nothing is done for a
    version that is settled already or in the hands of another worker, so that it may be called twice.
    """
    version = _lease(version_id)
    if version is None:
        return
    try:
        _draw_and_settle(version)
    except AlreadySettled:
        logger.warning("Version %s was settled by another worker meanwhile", version_id)


def _draw_and_settle(version: DocumentVersion) -> None:
    try:
        with saving() as save:
            _settle(version, CheckState.CLEAN, pages=rendering.draw(version, save))
    except Unreadable as problem:
        _settle(version, CheckState.REFUSED, reason=problem.reason)


@transaction.atomic
def _lease(version_id: int) -> DocumentVersion | None:
    now = clock.now()
    check = (
        VersionCheck.objects.due(now)
        .select_related("version")
        .select_for_update(of=("self",), skip_locked=True)
        .filter(version=version_id)
        .first()
    )
    if check is None:
        return None
    if check.attempts >= MAX_ATTEMPTS:
        _write(check, CheckState.REFUSED, Reason.TOO_COMPLEX, pages=0)
        return None
    check.attempts += 1
    check.lease_until = now + LEASE
    check.save(update_fields=["attempts", "lease_until"])
    return check.version


@transaction.atomic
def _settle(
    version: DocumentVersion, state: CheckState, *, reason: Reason | None = None, pages: list[DrawnPage] | None = None
) -> None:
    check = VersionCheck.objects.select_for_update().get(version=version)
    if check.state != CheckState.PENDING:
        raise AlreadySettled(version.pk)
    PageImage.objects.bulk_create(
        PageImage(version=version, page=number, storage_key=page.storage_key, width=page.width, height=page.height)
        for number, page in enumerate(pages or [], start=1)
    )
    _write(check, state, reason, pages=len(pages or []))


def _write(check: VersionCheck, state: CheckState, reason: Reason | None, *, pages: int) -> None:
    check.state, check.reason, check.pages = state, reason.value if reason else "", pages
    check.lease_until, check.checked_at = None, clock.now()
    check.save(update_fields=["state", "reason", "pages", "lease_until", "checked_at"])
