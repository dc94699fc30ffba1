"""Mails of libraries become secret rows first."""

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.test import Client
from django.urls import reverse
from django.utils import translation

from incentives_portal.outbox.models import Message
from incentives_portal.outbox.services import queue_secret

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_portals_own_backend(settings):
    """Django's test runner puts another one in its place."""
    settings.EMAIL_BACKEND = "incentives_portal.outbox.backends.OutboxBackend"


def test_mail_becomes_a_secret_row(jana, broker_messages, django_capture_on_commit_callbacks):
    mail = EmailMultiAlternatives(
        "Reset your\npassword", "https://portal/reset/x", "a@b.example", ["Jana@Nordlicht.example"]
    )
    mail.attach_alternative("<p>https://portal/reset/x</p>", "text/html")

    with translation.override("de"), django_capture_on_commit_callbacks(execute=True):
        assert get_connection().send_messages([mail]) == 1

    row = Message.objects.get()
    assert (row.secret, row.case_public_id, row.recipient, row.state, row.language) == (
        True,
        None,
        jana,
        "queued",
        "de",
    )
    assert (row.subject, row.text) == ("Reset your password", "https://portal/reset/x")
    assert row.html == "<p>https://portal/reset/x</p>"
    assert broker_messages() == [[[row.pk]]]


def test_mail_to_many_becomes_a_row_each(db):
    recipients = [f"p{number}@example.com" for number in range(70)]

    EmailMessage("x", "y", "a@b.example", recipients).send()

    assert list(Message.objects.order_by("pk").values_list("address", flat=True)) == recipients


def test_secret_to_an_address_that_is_none_is_kept_without_its_body(db):
    message = queue_secret(
        "jana@nordlicht.example\r\nBcc: victim@example.com", subject="Reset", text="SECRET", html="SECRET"
    )

    assert (message.state, message.failure_reason, message.text, message.html) == ("no_address", "address", "", "")


def test_attachments_are_refused(db):
    mail = EmailMessage("x", "y", "a@b.example", ["c@d.example"])
    mail.attach("x.txt", "x", "text/plain")

    with pytest.raises(ValueError, match="attachments"):
        mail.send()


def test_password_reset_goes_through_the_outbox(jana):
    Client().post(reverse("account_reset_password"), {"email": "jana@nordlicht.example"})

    row = Message.objects.get()
    assert (row.secret, row.recipient, row.address) == (True, jana, "jana@nordlicht.example")
    assert "/accounts/password/reset/key/" in row.text


def test_secret_rows_are_no_notifications(jana):
    queue_secret("jana@nordlicht.example", subject="Reset", text="SECRET")

    assert list(Message.objects.visible_to(jana)) == []
