import socket
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import Organisation, User
from incentives_portal.accounts.services import add_person, give_role
from incentives_portal.cases.messages import cause_of
from incentives_portal.cases.models import Case
from incentives_portal.cases.services import record_comment
from incentives_portal.cases.tests.builders import make_case
from incentives_portal.outbox import leases, tasks
from incentives_portal.outbox.letters import Cause, Letter, LetterWriter
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.services import queue

from .mail_server import MailServer


@pytest.fixture(autouse=True)
def broker_not_in_disgrace(monkeypatch):
    """No test inherits another one's line to a broker, nor the silence that a dead one caused."""
    monkeypatch.setattr(tasks, "_silent_until", 0.0)
    tasks._line.cache_clear()


@pytest.fixture(autouse=True)
def no_connection_left() -> Iterator[None]:
    """The connection for locks would keep the test database from being dropped."""
    yield
    leases.close()


@pytest.fixture
def operator(db) -> Organisation:
    return Organisation.objects.create(kind="operator", name="Halden Software")


@pytest.fixture
def partner(db) -> Organisation:
    return Organisation.objects.create(kind="partner", name="Nordlicht Systems GmbH")


@pytest.fixture
def mira(operator) -> User:
    """A reviewer."""
    person = add_person(operator, email="mira.okafor@halden.example", name="Mira Okafor")
    give_role(person, Role.OPERATOR_REVIEWER)
    return person


@pytest.fixture
def jana(partner) -> User:
    return add_person(
        partner, email="jana@nordlicht.example", name="Jana Petersen", language="de", time_zone="Europe/Berlin"
    )


@pytest.fixture
def case(partner) -> Case:
    return make_case(partner, "Cloud security roadshow Hamburg")


@pytest.fixture
def make_cause(case, mira) -> Callable[[], Cause]:
    """A comment of Mira's, another one each time."""
    number = count()
    return lambda: cause_of(
        record_comment(case, mira, f"The agenda is fine now, hall {next(number)}.", capability="claim.review")
    )


@pytest.fixture
def cause(make_cause) -> Cause:
    return make_cause()


@pytest.fixture
def colleagues(partner) -> Callable[[int], list[User]]:
    """So many people of the partner."""

    def make(number: int) -> list[User]:
        return [add_person(partner, email=f"p{n}@nordlicht.example", name=f"Person {n}") for n in range(number)]

    return make


def letter_about(cause: Cause) -> LetterWriter:
    """Writes a letter that is short and has everything that a mail needs."""
    return lambda person: Letter(
        subject=f"Comment on {cause.case_reference}",
        heading="There is a comment",
        paragraphs=["Mira Okafor wrote about your claim."],
        comment=cause.comment,
        link="/claims/1/",
        link_label="Open the claim",
    )


@pytest.fixture
def write(cause) -> Callable[..., list[Message]]:
    """Queue the short letter about the cause to these people."""
    return lambda *people, about=cause, code="claims.commented": queue(about, code, letter_about(about), people)


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    """A running mail server, to which the outbox delivers."""
    server = MailServer()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.start()
    settings.OUTBOX_EMAIL_BACKEND = "incentives_portal.outbox.backends.EmailBackend"
    settings.EMAIL_TIMEOUT, settings.MAIL_DATA_TIMEOUT = 2, 10
    yield server
    server.stop()


@pytest.fixture
def dead_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def broker_messages() -> Callable[[], list[Any]]:
    """Empties the queue of the broker in memory and returns the arguments of the tasks in it."""
    from celery import current_app

    def drain() -> list[Any]:
        found = []
        with current_app.connection_for_write() as connection, connection.SimpleQueue("portal") as waiting:
            while waiting.qsize():
                found.append(waiting.get(block=False).payload[0])
            waiting.clear()
        return found

    drain()
    return drain
