"""After a restore nothing that waited is sent before somebody confirms; what begins to wait later goes as ever (fault table M-16)."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from incentives_portal import clock
from incentives_portal.installation import services as installations
from incentives_portal.installation.models import Installation
from incentives_portal.outbox import hold
from incentives_portal.outbox.delivery import deliver, lease_due, take_back_abandoned
from incentives_portal.outbox.enums import State
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.querysets import MAX_ATTEMPTS
from incentives_portal.outbox.services import queue_secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def restored(write, make_cause, colleagues):
    """Five messages in the states that a backup can hold, and the hold that a restore sets."""
    waiting = [write(person, about=make_cause())[0] for person in colleagues(4)]
    states = [
        {"state": State.QUEUED},
        {"state": State.RETRY, "attempts": 2},
        {"state": State.SENDING, "attempts": 1, "lease_until": clock.now() - timedelta(minutes=1)},
        {"state": State.SENT, "sent_at": clock.now()},
    ]
    for message, values in zip(waiting, states, strict=True):
        Message.objects.filter(pk=message.pk).update(**values)
    secret = queue_secret("p1@nordlicht.example", subject="Your password", text="A link")
    installations.installation()
    Installation.objects.update(mail_held_before=clock.now())
    return [*waiting, secret]


def states_of(messages):
    return [Message.objects.get(pk=message.pk).state for message in messages]


def work(messages):
    """The relay comes by twice, and workers are told of every row."""
    for _round in range(2):
        take_back_abandoned()
        deliver(lease_due())
        deliver([message.pk for message in messages])


def test_m16_nothing_that_waited_in_the_backup_is_sent_before_it_is_confirmed(restored, mail_server):
    work(restored)

    assert mail_server.mails == []
    assert hold.held().total == 4


def test_m16_what_begins_to_wait_after_the_restore_is_sent(restored, mail_server, write, make_cause, jana):
    new = [
        write(jana, about=make_cause())[0],
        queue_secret("p1@nordlicht.example", subject="Your password", text="A link"),
    ]

    work([*restored, *new])

    assert states_of(new) == ["sent", "sent"]
    assert len(mail_server.mails) == 2


def test_m16_after_confirmation_the_waiting_ones_are_sent_once(restored, mail_server):
    call_command("release_mail", "--yes", stdout=StringIO())
    work(restored)
    work(restored)

    assert states_of(restored) == ["sent", "sent", "sent", "sent", "failed"]
    assert {mail["Message-ID"] for mail in mail_server.mails} == {message.message_id for message in restored[:3]}
    assert len(mail_server.mails) == 3
    assert Message.objects.get(pk=restored[4].pk).text == ""
    assert hold.held() is None


def test_m16_what_was_sent_before_a_moment_is_taken_as_sent(restored, mail_server):
    moment = clock.now() - timedelta(hours=1)
    Message.objects.filter(pk__in=[message.pk for message in restored[:2]]).update(
        queued_at=moment - timedelta(minutes=1)
    )
    said = StringIO()

    call_command("release_mail", f"--sent-before={moment.isoformat()}", "--yes", stdout=said)
    work(restored)

    assert "1 messages are on their way, 2 are taken as sent, 1 about signing in are not sent." in said.getvalue()
    assert [mail["Message-ID"] for mail in mail_server.mails] == [restored[2].message_id]
    assert states_of(restored[:2]) == ["sent", "sent"]


def test_m16_what_is_sent_after_the_confirmation_has_all_its_attempts(restored, mail_server):
    """It had one left in the backup, and failed for good at a server that only asked to come again."""
    message = restored[1]
    Message.objects.filter(pk=message.pk).update(attempts=MAX_ATTEMPTS - 1)
    mail_server.at_rcpt = lambda address: "451 come again"

    hold.release()
    deliver([message.pk])

    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.RETRY, 1)


def test_command_says_how_many_and_since_when_and_asks(restored, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda question: "yes")
    said = StringIO()

    with pytest.raises(CommandError, match="mail is still held"):
        call_command("release_mail", stdout=said)

    assert "4 messages (2 queued, 1 retry, 1 sending)" in said.getvalue()
    assert "to 3 addresses" in said.getvalue()
    assert "1 of them are about signing in" in said.getvalue()
    assert hold.held().total == 4
    monkeypatch.setattr("builtins.input", lambda question: "4")
    call_command("release_mail", stdout=said)
    assert hold.held() is None


def test_command_without_a_hold_changes_nothing(write, jana):
    said = StringIO()
    call_command("release_mail", "--yes", stdout=said)

    assert said.getvalue() == "No mail is held.\n"


def test_held_messages_are_no_sign_of_a_worker_that_sleeps(restored):
    with clock.at(clock.now() + timedelta(hours=1)):
        assert Message.objects.oldest_waiting_seconds() == 0.0


def test_m16_a_comment_that_goes_with_another_one_shares_its_fate(restored, mail_server):
    """The first had been sent before the moment, the second was written after it: alone it would wait for ever."""
    moment = clock.now() - timedelta(hours=1)
    first, second = restored[:2]
    Message.objects.filter(pk=first.pk).update(queued_at=moment - timedelta(minutes=1), hold_until=moment)
    Message.objects.filter(pk=second.pk).update(sent_with=first.pk, hold_until=moment)

    hold.release(sent_before=moment)
    work(restored)

    assert states_of([first, second]) == ["sent", "sent"]
    assert [mail["Message-ID"] for mail in mail_server.mails] == [restored[2].message_id]
