"""Background work on documents. The queue makes it fast; the rows that still wait, swept all the time, make it certain."""

import logging
import time
from collections.abc import Sequence

from celery import shared_task
from kombu.exceptions import OperationalError

from incentives_portal import clock

from . import sweeping
from .checking import check_version
from .models import VersionCheck

logger = logging.getLogger(__name__)

#: The sweep starts no further file after this many seconds, so that it ends within the time limit of a task even if the last file
#: takes all that drawing may take; the next sweep comes soon.
_SWEEP_SECONDS = 8
_SWEEP_ROWS = 200


@shared_task(name="documents.render", ignore_result=True)
def render(version_id: int) -> None:
    """Check and draw one version."""
    check_version(version_id)


@shared_task(name="documents.render_pending", ignore_result=True)
def render_pending() -> None:
    """Check and draw what still waits: the message was lost, the broker was down, or a worker died."""
    stop = time.monotonic() + _SWEEP_SECONDS
    for version_id in VersionCheck.objects.due(clock.now()).values_list("version", flat=True)[:_SWEEP_ROWS]:
        if time.monotonic() > stop:
            return
        try:
            check_version(version_id)
        except Exception:
            logger.exception("Checking version %s failed; it stays on the list", version_id)


@shared_task(name="documents.sweep", ignore_result=True, soft_time_limit=240, time_limit=270)
def sweep() -> None:
    """Remove what nothing refers to. The time limits lie below the broker's visibility timeout; what is left comes next time."""
    swept = sweeping.sweep()
    logger.info("Swept %d documents and %d files without a row", swept.documents, swept.files)


def queue_rendering(version_ids: Sequence[int]) -> None:
    """Tell the workers, once. Without a broker the sweep will find the rows: an upload does not fail for that."""
    try:
        for version_id in version_ids:
            render.apply_async((version_id,), retry=False)
    except OperationalError as error:
        logger.warning("The broker cannot be reached, rendering waits for the sweep: %s", error)
