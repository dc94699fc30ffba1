"""Which index of the table of messages answers which question, and how little stands in it: the table keeps the messages of years."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet

from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.outbox.enums import State
from incentives_portal.outbox.models import Message
from incentives_portal.tests.owner import as_owner

pytestmark = pytest.mark.django_db

CASE = uuid.UUID(int=7)
MANY = 600

#: Index → how many of the messages below stand in it, and the question that is put to it.
QUESTIONS: dict[str, tuple[int, Callable[[User], QuerySet[Message]]]] = {
    "message_waiting": (2, lambda _jana: Message.objects.due(clock.now()).order_by("next_at", "id")),
    "message_of_recipient": (MANY, lambda jana: Message.objects.visible_to(jana).for_list()[:25]),
    "message_of_case": (MANY - 1, lambda _jana: Message.objects.for_list().filter(case_public_id=CASE)[:50]),
    "message_unread": (1, lambda jana: Message.objects.visible_to(jana).unread().order_by()),
    "message_failed": (1, lambda _jana: Message.objects.failed_recently(clock.now() - timedelta(days=1)).order_by()),
    "message_sent_with": (1, lambda _jana: Message.objects.filter(sent_with=Message.objects.earliest("pk"))),
    "message_with_body": (1, lambda _jana: Message.objects.with_old_body(clock.now()).order_by("created")),
}


@pytest.fixture
def old_and_new(jana, mira) -> None:
    """Many messages that were sent and read and whose text is removed, and one of each other kind; few of them are Jana's."""
    now = clock.now()
    rows = [
        Message(
            cause=f"event:{number}",
            code="claims.commented",
            case_public_id=uuid.UUID(int=number // 20),
            recipient=mira if number % 30 else jana,
            address=mira.email,
            language="en",
            message_id=f"<{number}@localhost>",
            state=State.SENT,
            created=now - timedelta(days=number),
            sent_at=now,
            read_at=now,
            body_removed_at=now,
        )
        for number in range(MANY)
    ]
    waiting, collected, failed, unread, with_body, secret = rows[:6]
    waiting.state, failed.state, failed.failed_at = State.QUEUED, State.FAILED, now
    collected.state, collected.hold_until = State.QUEUED, now
    unread.read_at = with_body.body_removed_at = None
    secret.secret, secret.case_public_id, secret.read_at, secret.body_removed_at = True, None, None, None
    Message.objects.bulk_create(rows)
    Message.objects.filter(pk=collected.pk).update(sent_with=waiting)


@pytest.mark.parametrize("index", QUESTIONS)
def test_question_is_answered_from_an_index_that_holds_no_more_than_it_asks_for(old_and_new, jana, index):
    number, question = QUESTIONS[index]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE outbox_message")
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [index])
        assert cursor.fetchall() == [(number,)]

    assert re.findall(r"Index Scan (?:using|on) (\w+)", question(jana).explain()) == [index]


def test_every_index_has_its_question():
    assert {index.name for index in Message._meta.indexes} == QUESTIONS.keys()
