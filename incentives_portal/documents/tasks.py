"""Background work on documents. The queue makes it fast; the rows that still wait, swept all the time, make it certain."""

import logging
import time
from collections.abc import Sequence

from celery import shared_task
from kombu.exceptions import OperationalError

from incentives_portal import clock

from . import cleanup, scanning
from .checking import check_version
from .models import VersionCheck

logger = logging.getLogger(__name__)

#: The sweep starts no further file after this many seconds, so that it ends within its time limit even if the last file takes all that
#: scanning (25 s) and drawing (35 s) may take; the next sweep comes soon.
_SWEEP_SECONDS = 8
_SWEEP_ROWS = 200
_SOFT, _HARD = 75, 90


@shared_task(name="documents.render", ignore_result=True, soft_time_limit=_SOFT, time_limit=_HARD)
def render(version_id: int) -> None:
    """Check and draw one version."""
    try:
        check_version(version_id)
    except scanning.ScannerFailed as failure:
        logger.warning("Version %s waits for the virus scanner: %s", version_id, failure)


@shared_task(name="documents.render_pending", ignore_result=True, soft_time_limit=_SOFT, time_limit=_HARD)
def render_pending() -> None:
    """Check and draw what still waits: the message was lost, the broker or the virus scanner was down, or a worker died."""
    stop = time.monotonic() + _SWEEP_SECONDS
    for version_id in _waiting():
        if time.monotonic() > stop:
            return
        try:
            check_version(version_id)
        except scanning.ScannerFailed as failure:
            logger.warning("The virus scanner gives no answer, files wait for it: %s", failure)
            return
        except Exception:
            logger.exception("Checking version %s failed; it stays on the list", version_id)


def _waiting() -> list[int]:
    """Primary keys of versions: first what nobody can use yet, then what came before there was a scanner."""
    now = clock.now()
    waiting = list(VersionCheck.objects.due(now).values_list("version", flat=True)[:_SWEEP_ROWS])
    if scanning.is_on() and len(waiting) < _SWEEP_ROWS:
        waiting += VersionCheck.objects.unscanned(now).values_list("version", flat=True)[:_SWEEP_ROWS]
    return waiting


@shared_task(name="documents.sweep", ignore_result=True, soft_time_limit=240, time_limit=270)
def sweep() -> None:
    """Remove what nothing refers to. The time limits lie below the broker's visibility timeout; what is left comes next time."""
    swept = cleanup.sweep()
    logger.info("Swept %d documents and %d files without a row", swept.documents, swept.files)


def queue_rendering(version_ids: Sequence[int]) -> None:
    """Tell the workers, once. Without a broker the sweep will find the rows: an upload does not fail for that."""
    try:
        for version_id in version_ids:
            render.apply_async((version_id,), retry=False)
    except OperationalError as error:
        logger.warning("The broker cannot be reached, rendering waits for the sweep: %s", error)
