"""Show that a worker is alive while it sends, by a PostgreSQL lock that ends with the worker's process.

A row that is being sent has a holder (``Message.lease_holder``) and a short lease (``lease_until``). Each sending
process has one more connection with an advisory lock per holder; a thread renews the leases there. A message is taken
from its holder only if the lease has expired and the lock is free. Time alone is not enough: a suspended process keeps
its connection and lock, and a clock that jumps moves leases but no locks. The lease covers the opposite case: when
PostgreSQL restarts, all locks are gone for a moment, while their holders live and reconnect within seconds.
The locks are transaction locks, so that they also work behind a pooler that shares connections by transaction.
Renewing commits the new lease and begins the next transaction: another process that gets the lock in between reads
the new lease.

How the times fit together, shortest first:
    EMAIL_TIMEOUT (15 s)                   each answer of the mail server before the text is sent
    STARTS_FOR (20 s, delivery.py)         a task starts no further message after that; it finishes the current one
    MAIL_LEASE_SECONDS (30 s)              lease of the one message that is being sent; renewed after a third of it
    MAIL_DATA_TIMEOUT (600 s)              the answer after the text (RFC 5321, 4.5.3.2.6)
    MAIL_TASK_SECONDS (+ 240 s)            soft time limit of the task: all of the above and writing the outcome; the hard one 60 s later
    visibility_timeout (+ 600 s)           Redis gives a task to another worker; longer than any task may take
REJECT_ON_WORKER_LOST gives a dead worker's task to another one at once: its current row waits until the lease
expires, and the others are claimed one by one as usual. A message with a living holder does not count as late
(``oldest_waiting_seconds``): ten minutes at a slow server are no stopped queue, but what waits behind it counts.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import psycopg2
from django.conf import settings
from django.db import connection

from incentives_portal import clock

from .enums import State
from .querysets import LONGEST_LEASE

logger = logging.getLogger(__name__)

#: Seconds between two attempts to reconnect. Locks count as lost only when the server has run longer than RETURN_SECONDS.
RECONNECT_SECONDS, RETURN_SECONDS = 1.0, 5.0
#: Seconds after which an idle process closes its second connection.
IDLE_SECONDS = 10.0
_CONNECTION: dict[str, Any] = {
    "application_name": "outbox lease",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def lease_length() -> timedelta:
    """Return the length of a lease. It is bounded: a lease beyond the bound comes from a clock that was set back."""
    return min(timedelta(seconds=max(settings.MAIL_LEASE_SECONDS, 1)), LONGEST_LEASE)


def lease_end() -> datetime:
    """Return the end of a lease that begins or is renewed now."""
    return clock.now() + lease_length()


@contextmanager
def hold_lease() -> Iterator[int]:
    """Take the lock of a new holder and yield its number. Raises psycopg2.Error if there is no connection."""
    heartbeat, holder = _heartbeat_of_this_process(), secrets.randbits(62)
    heartbeat.add(holder)
    try:
        yield holder
    finally:
        heartbeat.remove(holder)


def is_holder_gone(holder: int | None) -> bool:
    """Return whether the lock is free, and take it until the transaction ends. Read the rows again after it. One query."""
    if holder is None:
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT now() - pg_postmaster_start_time() > %s AND pg_try_advisory_xact_lock(%s)",
            [timedelta(seconds=RETURN_SECONDS), holder],
        )
        return bool(cursor.fetchone()[0])


def close() -> None:
    """Close this process's connection for locks, if any, before a database is dropped."""
    with _start:
        if _current is not None and _current.pid == os.getpid():
            _current.close()


class Heartbeat:
    """The locks of one process, on a connection of their own, and a thread that renews leases during sending."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._mutex = threading.Lock()
        self._changed = threading.Event()
        self._holders: set[int] = set()
        self._idle_since = time.monotonic()
        self._connection: Any = None
        self._thread: threading.Thread | None = None

    def add(self, holder: int) -> None:
        """Take the lock of a holder, over a new connection if the old one no longer answers."""
        with self._mutex:
            self._holders.add(holder)
            try:
                if self._connection is None:
                    self._connect()
                else:
                    self._lock(holder)
            except psycopg2.Error:
                self._disconnect()
                try:
                    self._connect()
                except psycopg2.Error:
                    self._holders.discard(holder)
                    raise
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="outbox heartbeat", daemon=True)
                self._thread.start()

    def remove(self, holder: int) -> None:
        """Release a lock: at once if it is the last one, otherwise when the thread renews the leases."""
        with self._mutex:
            self._holders.discard(holder)
            self._idle_since = time.monotonic()
            if not self._holders and self._connection is not None:
                try:
                    self._connection.rollback()
                except psycopg2.Error:
                    self._disconnect()

    def close(self) -> None:
        with self._mutex:
            self._holders.clear()
            self._idle_since = -IDLE_SECONDS
            self._disconnect()
            thread = self._thread
        self._changed.set()
        if thread is not None:
            thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            connected = self._connection is not None
            self._changed.wait(lease_length().total_seconds() / 3 if connected else RECONNECT_SECONDS)
            with self._mutex:
                self._changed.clear()
                if not self._holders and time.monotonic() - self._idle_since >= IDLE_SECONDS:
                    self._disconnect()
                    self._thread = None
                    return
                if self._holders:
                    self._renew_or_reconnect()

    def _renew_or_reconnect(self) -> None:
        """Renew the leases, over a new connection if necessary; retry every RECONNECT_SECONDS while there is none."""
        for attempt in (1, 2):
            try:
                self._renew()
                return
            except psycopg2.Error as error:
                self._disconnect()
                if attempt == 2:
                    logger.warning("The leases of messages could not be renewed: %s", " ".join(str(error).split()))

    def _renew(self) -> None:
        if self._connection is None:
            self._connect()
        with self._connection.cursor() as cursor:
            cursor.execute(
                "UPDATE outbox_message SET lease_until = %s WHERE lease_holder = ANY(%s) AND state = %s",
                [lease_end(), list(self._holders), State.SENDING.value],
            )
        self._connection.commit()
        for holder in self._holders:
            self._lock(holder)

    def _connect(self) -> None:
        """Connect separately from Django's connection, which belongs to the sending thread and its transactions."""
        self._connection = connection.get_new_connection(connection.get_connection_params() | _CONNECTION)
        self._connection.autocommit = False
        for holder in self._holders:
            self._lock(holder)

    def _lock(self, holder: int) -> None:
        """Take a lock. The server notices within a minute when a host is gone, and ends no session of a suspended process."""
        with self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('tcp_keepalives_idle', '20', true), set_config('tcp_keepalives_interval', '10', true),"
                " set_config('tcp_keepalives_count', '3', true), set_config('idle_in_transaction_session_timeout', '0', true),"
                " pg_advisory_xact_lock(%s)",
                [holder],
            )

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(psycopg2.Error):
                self._connection.close()
            self._connection = None


_start = threading.Lock()
_current: Heartbeat | None = None


def _heartbeat_of_this_process() -> Heartbeat:
    """Return this process's heartbeat. A child process needs its own: it inherits no threads and no usable connection."""
    global _current
    with _start:
        if _current is None or _current.pid != os.getpid():
            _current = Heartbeat()
        return _current
