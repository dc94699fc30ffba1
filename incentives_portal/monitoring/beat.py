"""Celery beat, which also writes the portal's status.

A thread of beat does it and not a task: if all worker processes were waiting for a slow mail server, no row would be
written, and the portal would look dead although it is only busy. The thread also checks that beat's own loop runs.
"""

import logging
import threading
import time
from typing import Any

from celery.beat import PersistentScheduler

from .enums import BEAT_STALLED, INTERVAL

logger = logging.getLogger(__name__)


class MonitoringScheduler(PersistentScheduler):
    """Celery's scheduler, watched by a thread that writes the status row."""

    _watch: "Watch | None" = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if self._watch is None:
            self._watch = Watch()
            self._watch.start()
        delay = super().tick(*args, **kwargs)
        self._watch.ticked()
        return delay


class Watch(threading.Thread):
    """Run all checks every few seconds and write the row, as long as the process lives."""

    def __init__(self) -> None:
        super().__init__(name="system-status", daemon=True)
        self._ticked_at = time.monotonic()

    def ticked(self) -> None:
        self._ticked_at = time.monotonic()

    def run(self) -> None:
        while True:
            begun = time.monotonic()
            self.check_once()
            time.sleep(max(0.0, begun + INTERVAL.total_seconds() - time.monotonic()))

    def check_once(self) -> None:
        """Write one row. Without a database nothing is written; the probes detect that themselves."""
        from django.db import Error, connection

        from .checks import run_checks
        from .rules import Found
        from .services import write_status

        stalled = int(time.monotonic() - self._ticked_at)
        try:
            figures, found = run_checks()
            figures["beat_seconds"] = stalled
            if stalled > BEAT_STALLED.total_seconds():
                found.append(Found("beat_stalled", {"age": stalled}))
            write_status(figures, found)
        except Error as error:
            logger.warning("The status cannot be written: %s", error)
            connection.close()
        except Exception:  # the thread must continue: the next round may succeed
            logger.exception("The status cannot be written")
            connection.close()
