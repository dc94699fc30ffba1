"""The thin side of Celery. The broker makes messages fast, the table makes them certain."""

import logging
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

from celery import current_app, shared_task
from kombu.pools import ProducerPool

from . import delivery

logger = logging.getLogger(__name__)

#: Messages per task: one connection to the mail server, and what one dead worker holds up.
_BATCH = 10
#: A request does not wait longer than this for the broker, and after a failure asks no more for a while: the relay comes every 5 seconds.
_PATIENCE = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "retry_on_timeout": False}
_PAUSE = 15.0
#: As many threads of a web process talk to the broker at once.
_LINES = 4
_silent_until = 0.0


@shared_task(name="outbox.deliver", ignore_result=True, soft_time_limit=40, time_limit=50)
def deliver(ids: list[int]) -> None:
    """Send these messages, as far as they are still to be sent. The time limit is shorter than delivery.SENDING."""
    delivery.deliver(ids)


@shared_task(name="outbox.relay", ignore_result=True)
def relay() -> None:
    """Hand out what is due, whatever became of earlier tasks. Safe to run twice at once, and to be skipped."""
    _hand_out(delivery.lease_due())


def poke(ids: Sequence[int]) -> None:
    """Tell the workers about new messages. Without a broker the request goes on as if nothing were: the relay will find the rows."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        with _line().acquire(block=True) as producer:
            _hand_out(ids, producer=producer)
    except Exception as error:  # whatever it is: the decision has been made, and the message is in the table
        _line.cache_clear()  # whatever comes next may stand elsewhere
        _silent_until = time.monotonic() + _PAUSE
        logger.warning("The broker cannot be reached, %s messages wait for the relay: %s", len(ids), error)


@cache
def _line() -> ProducerPool:
    """The web process's own line to the broker, with less patience than a worker's. Kept open: to connect takes longer than to tell."""
    connection = current_app.connection_for_write(transport_options=_PATIENCE)
    return ProducerPool(connection.Pool(_LINES), limit=_LINES)


def _hand_out(ids: Sequence[int], **options: Any) -> None:
    expires = delivery.HANDED_OUT.total_seconds()
    for start in range(0, len(ids), _BATCH):
        deliver.apply_async((list(ids[start : start + _BATCH]),), retry=False, expires=expires, **options)
