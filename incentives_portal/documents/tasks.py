"""Background tasks for documents: messages for speed, and a regular sweep in case a message is lost.

A message names no file: each means "take the next one" (``scheduling.py``).
"""

import logging
import time
from collections.abc import Callable

from celery import Task, shared_task
from kombu.exceptions import OperationalError

from . import checking, cleanup, scanning

logger = logging.getLogger(__name__)

#: The sweep starts no further file after this many seconds. So it ends within its time limit even if the last file takes the full time
#: for reading and scanning (25 s each), drawing and copying (35 s each).
_SWEEP_SECONDS = 8
_SOFT, _HARD = 120, 135
#: Maximum number of messages for one form; the sweep handles the rest.
_MESSAGES = 40


@shared_task(name="documents.check_next", ignore_result=True, soft_time_limit=_SOFT, time_limit=_HARD)
def check_next() -> None:
    if _run_step(checking.check_next):
        _send(prepare_next)


@shared_task(name="documents.prepare_next", ignore_result=True, soft_time_limit=_SOFT, time_limit=_HARD)
def prepare_next() -> None:
    """Draw and copy the next file, unless another one waits for its verdict, which goes first."""
    if _run_step(checking.check_next):
        _send(prepare_next)
        _send(prepare_next)
    else:
        _run_step(checking.prepare_next)


@shared_task(name="documents.check_waiting", ignore_result=True, soft_time_limit=_SOFT, time_limit=_HARD)
def check_waiting() -> None:
    """Process waiting files whose message was lost, or that were postponed."""
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
    """Remove expired uploads and stray files.

    The time limits are below the broker's visibility timeout; the next run removes the rest.
    """
    swept = cleanup.sweep()
    logger.info("Swept %d documents and %d files without a row", swept.documents, swept.files)


def notify_workers(files: int) -> None:
    """Tell the workers that this many files wait. Call it after their rows are committed."""
    for _message in range(min(files, _MESSAGES)):
        if not _send(check_next):
            return


def _run_step(work: Callable[[], bool]) -> bool:
    try:
        return work()
    except scanning.ScannerFailed as failure:
        logger.warning("A file waits for the virus scanner: %s", failure)
        return False


def _send(task: Task) -> bool:
    """Send a task; without a broker the sweep finds the rows later, so nothing fails."""
    try:
        task.apply_async(retry=False)
    except OperationalError as error:
        logger.warning("The broker cannot be reached, files wait for the sweep: %s", error)
        return False
    return True
