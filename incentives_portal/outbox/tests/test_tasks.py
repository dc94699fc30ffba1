"""The tasks: thin, and short enough for the lease."""

import pytest

from incentives_portal.outbox import delivery, tasks
from incentives_portal.outbox.models import Message

pytestmark = pytest.mark.django_db


def test_relay_hands_out_what_is_due_in_small_portions(write, colleagues, broker_messages):
    ids = [message.pk for message in write(*colleagues(25))]

    tasks.relay()
    tasks.relay()

    assert broker_messages() == [[ids[:10]], [ids[10:20]], [ids[20:]]]


def test_deliver_sends(write, jana, mail_server):
    message = write(jana)[0]

    tasks.deliver([message.pk])

    assert Message.objects.get().state == "sent"


def test_deliver_of_a_row_that_is_gone_does_nothing(db, mail_server):
    tasks.deliver([4711])

    assert mail_server.mails == []


def test_task_ends_before_the_lease_of_its_last_message():
    assert tasks.deliver.soft_time_limit < tasks.deliver.time_limit < delivery.SENDING.total_seconds()


def test_tasks_have_the_names_of_the_schedule(settings):
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert tasks.relay.name in scheduled
    assert tasks.deliver.name == "outbox.deliver"
