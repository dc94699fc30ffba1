"""Heartbeats of workers, written by the main process, however busy its children are."""

import logging
import math
import platform
import time
from typing import TYPE_CHECKING, Any

from celery import current_app
from django.db import Error, connection

from incentives_portal.sandbox import runner

from .enums import HEARTBEAT_INTERVAL
from .services import record_heartbeat

if TYPE_CHECKING:
    from celery.worker.heartbeat import Heart

logger = logging.getLogger(__name__)

_last = {"at": -math.inf}


def write_heartbeat(sender: "Heart", **kwargs: Any) -> None:
    """Write a row every ten seconds (signal, every two seconds).

    The connection is closed, because no child of this process may inherit it.
    """
    now = time.monotonic()
    if now - _last["at"] < HEARTBEAT_INTERVAL.total_seconds():
        return
    _last["at"] = now
    details = {"python": platform.python_version(), "sandbox": runner.level().number}
    try:
        record_heartbeat(sender.eventer.hostname, current_app.amqp.queues.consume_from, details)
    except Error as error:
        logger.warning("The heartbeat cannot be written: %s", error)
    finally:
        connection.close()
