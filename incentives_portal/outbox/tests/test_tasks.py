"""The tasks: thin, and their time limits."""

import logging
from datetime import timedelta
from unittest.mock import Mock

import pytest

from incentives_portal import clock
from incentives_portal.outbox import delivery, tasks
from incentives_portal.outbox.delivery import deliver
from incentives_portal.outbox.leases import lease_length
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.querysets import LONGEST_LEASE

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("number", "woken"), [(0, 0), (3, 1), (25, 3)])
def test_relay_wakes_as_many_workers_as_there_is_work_for(write, colleagues, broker_messages, number, woken):
    if number:
        write(*colleagues(number))

    tasks.relay()

    assert broker_messages() == [[[]]] * woken


def test_relay_takes_back_what_a_dead_worker_had_begun_and_nothing_else(write, colleagues):
    begun, handed_out = write(*colleagues(2))
    assert delivery._claim(begun.pk, 4711) is not None
    assert delivery.lease_due() == [handed_out.pk]

    with clock.at(clock.now() + 2 * LONGEST_LEASE):
        tasks.relay()

    assert list(Message.objects.order_by("pk").values_list("state", flat=True)) == ["retry", "queued"]


def test_line_to_a_broker_that_did_not_answer_is_not_used_again(monkeypatch):
    monkeypatch.setattr(tasks, "_send_in_batches", Mock(side_effect=OSError))
    former = tasks._line()

    tasks.notify_workers([1])

    assert tasks._line() is not former


def test_worker_goes_on_with_whatever_is_due(write, colleagues, mail_server):
    told, *others = write(*colleagues(25))

    tasks.deliver([told.pk])

    assert len(mail_server.mails) == 25
    assert mail_server.connections == 1
    assert set(Message.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_worker_begins_nothing_new_when_its_time_is_over(write, colleagues, mail_server, monkeypatch):
    monkeypatch.setattr(delivery, "STARTS_FOR", 0.35)
    mail_server.delay = 0.1
    write(*colleagues(10))

    tasks.deliver([])

    assert 2 <= len(mail_server.mails) <= 5
    assert set(Message.objects.values_list("state", flat=True)) == {"sent", "queued"}


def test_deliver_sends(write, jana, mail_server):
    message = write(jana)[0]

    tasks.deliver([message.pk])

    assert Message.objects.get().state == "sent"


def test_deliver_of_a_row_that_is_gone_does_nothing(db, mail_server):
    tasks.deliver([4711])

    assert mail_server.mails == []


def test_log_says_of_how_many_old_messages_the_text_was_removed(write, colleagues, mail_server, caplog):
    caplog.set_level(logging.INFO, logger=tasks.__name__)
    deliver([message.pk for message in write(*colleagues(3))])

    for _run in range(2):
        with clock.at(clock.now() + timedelta(days=10_000)):
            tasks.remove_old_bodies()

    assert [record.getMessage() for record in caplog.records if record.name == tasks.__name__] == [
        "The text of 3 old messages was removed"
    ]


def test_time_limits_fit_together(settings):
    """As the table in leases.py says: what is longest for one message, then the task, then the broker's patience."""
    conversation = 8 * settings.EMAIL_TIMEOUT  # greeting, EHLO twice around STARTTLS, AUTH, MAIL, RCPT, DATA
    longest = delivery.STARTS_FOR + conversation + settings.MAIL_DATA_TIMEOUT + delivery.OUTCOME_SECONDS
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]

    assert settings.MAIL_DATA_TIMEOUT >= 600
    assert longest <= tasks.deliver.soft_time_limit < tasks.deliver.time_limit < visibility
    assert lease_length() <= LONGEST_LEASE


def test_tasks_have_the_names_of_the_schedule(settings):
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert tasks.relay.name in scheduled
    assert tasks.deliver.name == "outbox.deliver"
