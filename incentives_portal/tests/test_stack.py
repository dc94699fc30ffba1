"""The real stack itself: what the tests of other apps take for granted."""

import re
import signal
import urllib.request
from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage

from incentives_portal.outbox.backends import OutboxBackend
from incentives_portal.tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def queue_mail(subject: str) -> None:
    EmailMessage(subject, "Text", to=["jana.petersen@nordlicht.example"], connection=OutboxBackend()).send()


def test_mail_arrives_at_another_time_and_after_the_death_of_the_worker(start_stack: Callable[..., Stack]) -> None:
    stack = start_stack(clock=-30 * 86400)
    queue_mail("First")
    (mail,) = stack.wait_for_mails(1, to="jana.petersen@nordlicht.example", subject="First")
    assert "Text" in mail.get_content()

    stack.stop("worker", signal.SIGKILL)
    queue_mail("Second")
    stack.start_worker()
    stack.wait_for_mails(1, subject="Second")
    assert len(stack.mails()) == 2


def test_web_server_has_the_test_database_and_compressed_static_files(stack: Stack) -> None:
    with urllib.request.urlopen(f"{stack.url}/accounts/login/") as answer:
        page = answer.read().decode()
    stylesheet = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', page)
    assert stylesheet
    request = urllib.request.Request(stack.url + stylesheet[1], headers={"Accept-Encoding": "br"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] == "br"
        assert "immutable" in answer.headers["Cache-Control"]
