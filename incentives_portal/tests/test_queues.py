"""Which task waits where: mails never behind pictures."""

import pytest
from celery import current_app
from django.conf import settings

from incentives_portal.embedded.quickstart import STOP_ORDER, parts


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("outbox.deliver", "portal"),
        ("outbox.relay", "portal"),
        ("documents.check_next", "documents"),
        ("documents.prepare_next", "documents"),
        ("documents.check_waiting", "documents"),
        ("documents.sweep", "documents"),
    ],
)
def test_task_waits_in_its_queue(task, queue):
    current_app.loader.import_default_modules()
    assert task in current_app.tasks

    route = current_app.amqp.router.route({}, task)

    assert (route.get("queue") or current_app.amqp.queues["portal"]).name == queue


def test_each_queue_gets_its_own_messages_only():
    keys = {queue.name: queue.routing_key for queue in settings.CELERY_TASK_QUEUES}

    assert keys == {"portal": "portal", "documents": "documents"}


def test_worker_that_is_told_no_queue_serves_both_mails_first():
    assert list(current_app.amqp.queues.consume_from) == ["portal", "documents"]
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["queue_order_strategy"] == "priority"


def test_everything_that_beat_starts_is_a_task():
    current_app.loader.import_default_modules()

    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(current_app.tasks)


def test_quickstart_has_a_worker_for_each_queue():
    running = {part.name: part for part in parts([], 0, {})}

    served = [part.command[part.command.index("-Q") + 1] for part in running.values() if "-Q" in part.command]
    assert sorted(served) == sorted(queue.name for queue in settings.CELERY_TASK_QUEUES)
    assert set(running) <= set(STOP_ORDER)
