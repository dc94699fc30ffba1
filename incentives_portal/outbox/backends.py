"""The mail backends: into the outbox (``EMAIL_BACKEND``), to the mail server (``OUTBOX_EMAIL_BACKEND``)."""

import smtplib
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as DjangoEmailBackend

from .services import queue_secret

_START_OF_TEXT = 354  # "Start mail input": the server's answer to DATA


class OutboxBackend(BaseEmailBackend):
    """Turn mails of libraries (password reset, address verification) into secret messages, one per recipient.

    Attachments raise ValueError: a message has no files.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            if mail.attachments:
                raise ValueError("The outbox carries no attachments.")
            html = next((part[0] for part in getattr(mail, "alternatives", []) if part[1] == "text/html"), "")
            for address in mail.recipients():
                queue_secret(address, subject=str(mail.subject), text=str(mail.body), html=str(html))
        return len(email_messages)


class _PatientMixin:
    """An SMTP connection that calls ``before_text`` before each text, and waits long for the answer to the text.

    Disconnecting before the text is safe: the message is sent again. After the text the server may have accepted the
    message, so that disconnecting would send it twice (RFC 5321, 4.5.3.2.6: ten minutes).
    """

    before_text: Callable[[], None]

    def getreply(self) -> Any:
        answer = super().getreply()  # type: ignore[misc]
        if self.sock is not None:  # type: ignore[attr-defined]
            timeout = settings.MAIL_DATA_TIMEOUT if answer[0] == _START_OF_TEXT else self.timeout  # type: ignore[attr-defined]
            self.sock.settimeout(timeout)  # type: ignore[attr-defined]
        return answer

    def data(self, message: Any) -> Any:
        self.before_text()
        return super().data(message)  # type: ignore[misc]


class _Smtp(_PatientMixin, smtplib.SMTP): ...


class _SmtpOverTls(_PatientMixin, smtplib.SMTP_SSL): ...


class EmailBackend(DjangoEmailBackend):
    """Django's SMTP backend with a timeout of minutes for the answer to the text, seconds for others."""

    def before_text(self) -> None:
        """Do nothing, before each message's text is sent. A function in its place prevents that by raising."""

    @cached_property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SmtpOverTls if self.use_ssl else _Smtp

    def open(self) -> bool | None:
        opened: bool | None = super().open()
        self.connection.before_text = lambda: self.before_text()
        return opened
