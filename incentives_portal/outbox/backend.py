"""Django's door into the outbox: whatever is sent through ``django.core.mail`` becomes rows first (``EMAIL_BACKEND``)."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from .services import queue_secret


class OutboxBackend(BaseEmailBackend):
    """Turns mails of libraries (password reset, address verification) into secret messages, one per recipient.

    Attachments are refused with ValueError: a message is words. Delivery goes through ``OUTBOX_EMAIL_BACKEND``.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            if mail.attachments:
                raise ValueError("The outbox carries no attachments.")
            html = next((part[0] for part in getattr(mail, "alternatives", []) if part[1] == "text/html"), "")
            for address in mail.recipients():
                queue_secret(address, subject=str(mail.subject), text=str(mail.body), html=str(html))
        return len(email_messages)
