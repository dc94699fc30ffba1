"""Background work on documents. Messages make it fast; the rows that still wait, looked at all the time, make it certain.

No message names a file: each means "take the next one" (``scheduling.py``).
"""

import logging
import time
from collections.abc import Callable

from celery import Task, shared_task
from kombu.exceptions import OperationalError

from . import checking, cleanup, scanning

logger = logging.getLogger(__name__)

#: The sweep starts no further file after this many seconds, so that it ends within its time limit even if the last file takes all that
#: reading, scanning (25 s each), drawing and copying (35 s each) may take; the next sweep comes soon.
_SWEEP_SECONDS = 8
_SOFT, _HARD = 120, 135
#: So many messages are sent for one form; the sweep takes the rest.
_MESSAGES = 40


@shared_task(name="documents.check_next", ignore_result=True, soft_time_limit=_SOFT, time_limit=_HARD)
def check_next() -> None:
    """Give the next file its verdict, and have it drawn."""
    if _tried(checking.check_next):
        _send(prepare_next)


@shared_task(name="documents.prepare_next", ignore_result=True, soft_time_limit=_SOFT, time_limit=_HARD)
def prepare_next() -> None:
    """Draw and copy the next file, unless another one waits for its verdict: then that comes first, and this later."""
    if _tried(checking.check_next):
        _send(prepare_next)
        _send(prepare_next)
    else:
        _tried(checking.prepare_next)


@shared_task(name="documents.check_waiting", ignore_result=True, soft_time_limit=_SOFT, time_limit=_HARD)
def check_waiting() -> None:
    """Work on what still waits: a message was lost, the broker, the storage or the scanner was away, a worker died, an hour is over."""
    stop = time.monotonic() + _SWEEP_SECONDS
    while time.monotonic() < stop:
        try:
            if not (checking.check_next() or checking.prepare_next()):
                return
        except scanning.ScannerFailed as failure:
            logger.warning("The virus scanner gives no answer, files wait for it: %s", failure)
            return
    _send(check_waiting)


@shared_task(name="documents.sweep", ignore_result=True, soft_time_limit=240, time_limit=270)
def sweep() -> None:
    """Remove what was forgotten. The time limits lie below the broker's visibility timeout; what is left comes next time."""
    swept = cleanup.sweep()
    logger.info("Swept %d documents and %d files without a row", swept.documents, swept.files)


def notify_workers(files: int) -> None:
    """Tell the workers that so many files wait. To be called when their rows are committed."""
    for _message in range(min(files, _MESSAGES)):
        if not _send(check_next):
            return


def _tried(work: Callable[[], bool]) -> bool:
    try:
        return work()
    except scanning.ScannerFailed as failure:
        logger.warning("A file waits for the virus scanner: %s", failure)
        return False


def _send(task: Task) -> bool:
    """Without a broker the sweep will find the rows: nothing fails for that."""
    try:
        task.apply_async(retry=False)
    except OperationalError as error:
        logger.warning("The broker cannot be reached, files wait for the sweep: %s", error)
        return False
    return True
