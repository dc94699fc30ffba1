"""The thin side of Celery. The broker makes messages fast, the table makes them certain."""

import logging
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

from celery import current_app, shared_task
from django.conf import settings
from kombu.pools import ProducerPool

from . import delivery

logger = logging.getLogger(__name__)

#: At most so many workers are woken in one round; each goes on by itself while anything is due.
_WOKEN = 20
#: A request does not wait longer than this for the broker, and after a failure asks no more for a while: the relay comes every 5 seconds.
_PATIENCE = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "retry_on_timeout": False}
_PAUSE = 15.0
#: As many threads of a web process talk to the broker at once.
_LINES = 4
_silent_until = 0.0


@shared_task(
    name="outbox.deliver",
    ignore_result=True,
    soft_time_limit=settings.MAIL_TASK_SECONDS,
    time_limit=settings.MAIL_TASK_SECONDS + 60,
)
def deliver(ids: list[int]) -> None:
    """Send these messages, as far as they are still to be sent, and then what else is due. Time limits: see leases.py."""
    delivery.deliver(delivery.these_and_due(ids))


@shared_task(name="outbox.relay", ignore_result=True)
def relay() -> None:
    """Take back what dead workers left, and wake as many workers as there is work for. Safe to run twice at once, and to be skipped.

    It hands out no rows: a worker that hears it reads what is due and goes on until nothing is.
    """
    delivery.take_back_abandoned()
    due = delivery.number_due(_WOKEN * delivery.BATCH)
    for _worker in range(-(-due // delivery.BATCH)):
        _tell([])


@shared_task(name="outbox.remove_old_bodies", ignore_result=True)
def remove_old_bodies() -> None:
    """Remove the text of old messages. What is left when the time limit comes is removed the next time."""
    from .services import remove_old_bodies as remove  # services tell the workers over this module

    removed = remove()
    if removed:
        logger.info("The text of %s old messages was removed", removed)


def notify_workers(ids: Sequence[int]) -> None:
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
    for start in range(0, len(ids), delivery.BATCH):
        _tell(ids[start : start + delivery.BATCH], **options)


def _tell(ids: Sequence[int], **options: Any) -> None:
    deliver.apply_async((list(ids),), retry=False, expires=delivery.HANDED_OUT.total_seconds(), **options)
