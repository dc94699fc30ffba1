"""Celery tasks of the outbox. The table guarantees delivery; the broker only makes it fast."""

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

#: The most workers that one relay starts; each continues while anything is due.
_MAX_WORKERS = 20
#: A request waits no longer for the broker, and skips it for _PAUSE seconds after a failure: the relay runs every 5 seconds.
_TIMEOUTS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "retry_on_timeout": False}
_PAUSE = 15.0
#: Connections of a web process to the broker.
_CONNECTIONS = 4
_silent_until = 0.0


@shared_task(
    name="outbox.deliver",
    ignore_result=True,
    soft_time_limit=settings.MAIL_TASK_SECONDS,
    time_limit=settings.MAIL_TASK_SECONDS + 60,
)
def deliver(ids: list[int]) -> None:
    """Send those of these messages that still wait, then other due ones. leases.py explains the time limits."""
    delivery.deliver(delivery.these_and_due(ids))


@shared_task(name="outbox.relay", ignore_result=True)
def relay() -> None:
    """Take back messages of dead workers, and start as many workers as needed. Safe to run twice or to be skipped.

    It assigns no rows: each worker reads what is due until nothing is.
    """
    delivery.take_back_abandoned()
    due = delivery.number_due(_MAX_WORKERS * delivery.BATCH)
    for _worker in range(-(-due // delivery.BATCH)):
        _start_worker([])


@shared_task(name="outbox.remove_old_bodies", ignore_result=True)
def remove_old_bodies() -> None:
    """Remove the text of old messages; the next run continues after a time limit."""
    from .services import remove_old_bodies as remove  # services imports this module

    if removed := remove():
        logger.info("The text of %s old messages was removed", removed)


def notify_workers(ids: Sequence[int]) -> None:
    """Notify the workers of new messages. Without a broker the request continues: the relay finds the rows."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        with _line().acquire(block=True) as producer:
            _send_in_batches(ids, producer=producer)
    except Exception as error:  # the message is in the table, so no error may fail the request
        _line.cache_clear()  # the broker may be at another address next time
        _silent_until = time.monotonic() + _PAUSE
        logger.warning("The broker cannot be reached, %s messages wait for the relay: %s", len(ids), error)


@cache
def _line() -> ProducerPool:
    """Return the web process's connections to the broker, with short timeouts. They stay open: connecting is slow."""
    connection = current_app.connection_for_write(transport_options=_TIMEOUTS)
    return ProducerPool(connection.Pool(_CONNECTIONS), limit=_CONNECTIONS)


def _send_in_batches(ids: Sequence[int], **options: Any) -> None:
    for start in range(0, len(ids), delivery.BATCH):
        _start_worker(ids[start : start + delivery.BATCH], **options)


def _start_worker(ids: Sequence[int], **options: Any) -> None:
    deliver.apply_async((list(ids),), retry=False, expires=delivery.HANDED_OUT.total_seconds(), **options)
