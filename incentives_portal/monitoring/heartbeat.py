"""Heartbeats of workers, written by the main process, however busy its children are."""

import logging
import math
import platform
import time
from typing import TYPE_CHECKING, Any

from celery import current_app
from django.db import DatabaseError, InterfaceError, connection

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
    try:
        record_heartbeat(sender.eventer.hostname, current_app.amqp.queues.consume_from, _details())
    except (DatabaseError, InterfaceError) as error:
        logger.warning("The heartbeat cannot be written: %s", error)
    finally:
        connection.close()


def _details() -> dict[str, Any]:
    return {"python": platform.python_version(), "sandbox": runner.level().number}
