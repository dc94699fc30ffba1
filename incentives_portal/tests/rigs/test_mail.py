"""The mail rig: real workers at a mail server that is slow, and how much several of them send together.

Run by its own command, which prints the figures: ``python -m pytest -m rig -n 0 -s incentives_portal/tests/rigs/test_mail.py``.
RIG_MAILS changes the number of mails whose throughput is measured.
"""

import logging
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as portal_settings
from django.db import connection

from incentives_portal.outbox.enums import State
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.services import queue_secret
from incentives_portal.outbox.tests.mail_server import MailServer
from incentives_portal.tests.owner import as_owner
from incentives_portal.tests.rigs.test_kill import Broker
from incentives_portal.tests.stack import Inbox, Stack, environment_of

pytestmark = [pytest.mark.rig, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MAILS = int(os.environ.get("RIG_MAILS", "800"))
AT_SLOW_SERVER = 10
SINK_SECONDS = 0.02
TIMES_WITH_TWO = 1.7
#: After the last mail, for so long it is watched whether one comes again.
WATCHED_SECONDS = 45


@dataclass
class MailRig:
    """Workers without a web server, a broker and a mail server."""

    stack: Stack
    mail: MailServer

    def start_workers(self, number: int, *, children: int) -> None:
        self.stack.environment["CELERY_CONCURRENCY"] = str(children)
        for name in self.names(number):
            self.stack.start_worker(name)
        for name in self.names(number):
            self.stack.wait_until(lambda name=name: "ready." in self.stack.log(name), name)

    def stop_workers(self, number: int) -> None:
        for name in self.names(number):
            self.stack.stop(name)
            (self.stack.folder / f"{name}.log").unlink()

    def names(self, number: int) -> list[str]:
        return [f"mail worker {position}" for position in range(number)]

    def wait_for(self, mails: int, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and len(self.mail.mails) < mails:
            time.sleep(0.05)


@pytest.fixture
def rig(transactional_db: None, tmp_path: Path) -> Iterator[MailRig]:
    broker, mail = Broker(tmp_path / "broker"), MailServer()
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    broker.start()
    environment = environment_of(0, broker.url, mail.start())
    stack = Stack(portal_settings.PORTAL_URL, tmp_path, environment, Inbox())
    try:
        yield MailRig(stack, mail)
    finally:
        stack.stop_all()
        broker.kill()
        mail.stop()


def queue_mails(number: int, name: str) -> None:
    for position in range(number):
        queue_secret(f"{name}-{position}@nordlicht.example", subject="Hello", text="Words. " * 100)
    # As autovacuum does in time: a table without statistics is slow to be searched.
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.mark.parametrize("seconds", [14, 20])
def test_n01_server_that_answers_late_gets_every_mail_once(rig: MailRig, seconds: int) -> None:
    rig.mail.delay = seconds
    queue_mails(AT_SLOW_SERVER, "slow")
    rig.start_workers(2, children=2)

    rig.wait_for(AT_SLOW_SERVER, AT_SLOW_SERVER * seconds + 60)
    time.sleep(WATCHED_SECONDS + seconds)

    arrived = Counter(str(mail["Message-ID"]) for mail in rig.mail.mails)
    states = Counter(Message.objects.values_list("state", flat=True))
    print(f"\nanswers after {seconds} s: {len(arrived)} of {AT_SLOW_SERVER} mails, {dict(states)}")
    print(f"delivered more than once: {sum(number > 1 for number in arrived.values())}")
    assert len(arrived) == AT_SLOW_SERVER
    assert set(arrived.values()) == {1}
    assert states == {State.SENT: AT_SLOW_SERVER}


def test_two_workers_send_nearly_twice_as_much_as_one(rig: MailRig) -> None:
    rig.mail.delay, speed = SINK_SECONDS, {}
    for workers in (1, 2):
        rig.mail.mails.clear()
        queue_mails(MAILS, f"fast-{workers}")  # all of them first: a worker sends faster than they can be queued
        rig.start_workers(workers, children=1)
        rig.wait_for(1, 30)
        begun, first = time.monotonic(), len(rig.mail.mails)
        rig.wait_for(MAILS, MAILS / 10 + 30)
        speed[workers] = (len(rig.mail.mails) - first) / (time.monotonic() - begun)
        assert len(rig.mail.mails) == MAILS
        rig.stop_workers(workers)
        print(
            f"\n{workers} worker(s) with one child, {SINK_SECONDS * 1000:.0f} ms a mail: {speed[workers]:.0f} a second"
        )

    print(f"two send {speed[2] / speed[1]:.2f} times what one sends")
    assert speed[2] >= TIMES_WITH_TWO * speed[1]
