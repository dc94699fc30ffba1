"""Nothing goes twice while nothing is killed: who is alive is seen by a lock and not by the time (fault table N-01, goal R2)."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings as portal_settings
from django.db import connection, connections
from django.db.models import F

from incentives_portal import clock
from incentives_portal.outbox import leases
from incentives_portal.outbox.delivery import deliver, take_back_abandoned, these_and_due
from incentives_portal.outbox.models import Message
from incentives_portal.tests.owner import as_owner
from incentives_portal.tests.stack import environment_of

pytestmark = pytest.mark.django_db(transaction=True)

LEASE_SECONDS = 1
#: A worker as a process of its own: sends what its arguments name.
WORKER = """
import sys, django
django.setup()
from incentives_portal.outbox.delivery import deliver
deliver([int(key) for key in sys.argv[1:]])
"""


@pytest.fixture(autouse=True)
def short_leases(settings) -> None:
    settings.MAIL_LEASE_SECONDS = LEASE_SECONDS


def state_of(message: Message) -> tuple[str, int]:
    message.refresh_from_db()
    return message.state, message.attempts


@contextmanager
def in_a_thread(deed: Callable[[], None]) -> Iterator[threading.Thread]:
    """A worker beside the test, with a connection of its own; ended when the block ends."""

    def run() -> None:
        try:
            deed()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield thread
    thread.join(timeout=30)
    assert not thread.is_alive()


def break_connections(*, for_locks: bool) -> None:
    """End the sessions on the test database that hold locks, or all others but this thread's."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND (application_name = 'outbox lease') = %s",
            [for_locks],
        )
        assert cursor.fetchall()


def test_n01_slow_server_gets_every_mail_once_from_several_workers(write, colleagues, mail_server, settings):
    """The answer takes several leases and is longer than every other timeout, as one of 14 s or 20 s did."""
    settings.EMAIL_TIMEOUT, mail_server.delay = 0.5, 2.5 * LEASE_SECONDS
    messages = write(*colleagues(4))
    over = threading.Event()

    def relay() -> None:
        while not over.wait(0.1):
            take_back_abandoned()

    def work() -> None:
        deliver(these_and_due([message.pk for message in messages]))

    with in_a_thread(relay):
        with in_a_thread(work), in_a_thread(work):
            pass
        over.set()

    assert sorted(mail_server.received_by) == sorted(message.address for message in messages)
    assert {state_of(message) for message in messages} == {("sent", 1)}


def test_lease_is_renewed_while_the_server_thinks(write, jana, mail_server):
    mail_server.delay = 3 * LEASE_SECONDS
    message = write(jana)[0]

    with in_a_thread(lambda: deliver([message.pk])):
        mail_server.text_arrived.wait(5)
        time.sleep(2 * LEASE_SECONDS)
        message.refresh_from_db()
        assert message.lease_until > clock.now()

    assert state_of(message) == ("sent", 1)


@contextmanager
def worker_at_its_text(message: Message, mail_server, delay: float) -> Iterator[subprocess.Popen[bytes]]:
    """A worker's process that has sent the text and waits for the answer."""
    mail_server.delay = delay
    environment = environment_of(0, "redis://127.0.0.1:1/0", portal_settings.EMAIL_PORT)
    environment["MAIL_LEASE_SECONDS"] = str(LEASE_SECONDS)
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(message.pk)], env=environment, cwd=portal_settings.BASE_DIR
    )
    try:
        assert mail_server.text_arrived.wait(30)
        yield worker
    finally:
        worker.kill()
        worker.wait()


@pytest.mark.slow
def test_n01_worker_that_is_suspended_keeps_its_message_and_one_that_is_killed_does_not(write, jana, mira, mail_server):
    suspended, killed = write(jana, mira)
    with worker_at_its_text(suspended, mail_server, delay=5 * LEASE_SECONDS) as worker:
        os.kill(worker.pid, signal.SIGSTOP)
        time.sleep(2 * LEASE_SECONDS)  # nobody renews the lease, which runs out
        suspended.refresh_from_db()
        assert suspended.lease_until < clock.now()
        for jump in (timedelta(0), timedelta(hours=3), -timedelta(hours=3)):
            with clock.at(clock.now() + jump):
                take_back_abandoned()
        assert state_of(suspended) == ("sending", 1)
        os.kill(worker.pid, signal.SIGCONT)
        assert worker.wait(30) == 0
    assert state_of(suspended) == ("sent", 1)
    assert mail_server.received_by == [jana.email]

    mail_server.text_arrived.clear()
    with worker_at_its_text(killed, mail_server, delay=60):
        take_back_abandoned()
        assert state_of(killed) == ("sending", 1)
    end = time.monotonic() + 10
    while state_of(killed) != ("retry", 1) and time.monotonic() < end:
        time.sleep(0.1)
        take_back_abandoned()
    assert state_of(killed) == ("retry", 1)


def test_holder_that_loses_its_connection_for_locks_comes_back(write, jana, mail_server):
    """As at a restart of PostgreSQL: the lock is gone for a moment, the lease is not."""
    mail_server.delay = 4 * LEASE_SECONDS
    message = write(jana)[0]

    with in_a_thread(lambda: deliver([message.pk])):
        mail_server.text_arrived.wait(5)
        break_connections(for_locks=True)
        end = time.monotonic() + 3 * LEASE_SECONDS
        while time.monotonic() < end:
            take_back_abandoned()
            time.sleep(0.05)
        assert state_of(message) == ("sending", 1)

    assert state_of(message) == ("sent", 1)
    assert len(mail_server.mails) == 1


def test_outcome_is_written_over_a_connection_that_broke_meanwhile(write, jana, mail_server, settings, caplog):
    """A mail that is out is not sent again because PostgreSQL was restarted while its server thought."""
    settings.EMAIL_TIMEOUT, mail_server.delay = 0.5, 1.5
    message = write(jana)[0]

    with in_a_thread(lambda: deliver([message.pk])):
        mail_server.text_arrived.wait(5)
        break_connections(for_locks=False)

    assert state_of(message) == ("sent", 1)
    assert "The database is away; the outcome of a message is written when it is back" in caplog.messages


def test_worker_that_lost_its_message_before_the_text_does_not_send_it(write, jana, mail_server):
    mail_server.delay_at_rcpt = LEASE_SECONDS
    message = write(jana)[0]

    with in_a_thread(lambda: deliver([message.pk])):
        time.sleep(LEASE_SECONDS / 2)
        assert state_of(message) == ("sending", 1)
        Message.objects.filter(pk=message.pk).update(attempts=F("attempts") + 1)  # another worker claimed it

    assert mail_server.mails == []
    assert state_of(message) == ("sending", 2)


def test_lock_is_free_when_its_holder_is_done():
    with leases.hold_lease() as holder:
        assert not leases.is_holder_gone(holder)
        with leases.hold_lease() as other:
            assert not leases.is_holder_gone(other)

    assert leases.is_holder_gone(holder)
    assert leases.is_holder_gone(other)
    assert leases.is_holder_gone(None)


def test_lock_of_the_only_holder_is_free_at_once():
    with leases.hold_lease() as holder:
        assert not leases.is_holder_gone(holder)

    assert leases.is_holder_gone(holder)


def test_lock_is_taken_over_a_new_connection_where_the_former_one_broke():
    with leases.hold_lease():
        pass
    break_connections(for_locks=True)

    with leases.hold_lease() as holder:
        assert not leases.is_holder_gone(holder)


def test_holder_that_is_done_leaves_the_locks_of_others_alone():
    with leases.hold_lease() as holder:
        with leases.hold_lease():
            pass

        assert not leases.is_holder_gone(holder)
