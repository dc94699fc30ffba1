"""The two doors of mail: into the outbox (``EMAIL_BACKEND``), and from it to the mail server (``OUTBOX_EMAIL_BACKEND``)."""

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
    """Turns mails of libraries (password reset, address verification) into secret messages, one per recipient.

    Attachments are refused with ValueError: a message is words.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            if mail.attachments:
                raise ValueError("The outbox carries no attachments.")
            html = next((part[0] for part in getattr(mail, "alternatives", []) if part[1] == "text/html"), "")
            for address in mail.recipients():
                queue_secret(address, subject=str(mail.subject), text=str(mail.body), html=str(html))
        return len(email_messages)


def _nothing() -> None: ...


class _PatientMixin:
    """A conversation that asks once more before the text goes out, and waits long for its answer.

    Before the text nothing is lost by giving up: the message is sent again. After it the server may have taken the message, and who hangs
    up sends it twice (RFC 5321, 4.5.3.2.6: ten minutes).
    """

    before_text: Callable[[], None] = staticmethod(_nothing)

    def getreply(self) -> Any:
        answer = super().getreply()  # type: ignore[misc]
        if self.sock is not None:  # type: ignore[attr-defined]
            patience = settings.MAIL_DATA_TIMEOUT if answer[0] == _START_OF_TEXT else self.timeout  # type: ignore[attr-defined]
            self.sock.settimeout(patience)  # type: ignore[attr-defined]
        return answer

    def data(self, message: Any) -> Any:
        self.before_text()
        return super().data(message)  # type: ignore[misc]


class _Smtp(_PatientMixin, smtplib.SMTP): ...


class _SmtpOverTls(_PatientMixin, smtplib.SMTP_SSL): ...


class EmailBackend(DjangoEmailBackend):
    """As Django's SMTP backend, with minutes of patience for the answer after the text, and seconds for every other one.

    ``before_text`` is called before each message's text goes out, and stops it by raising.
    """

    before_text: Callable[[], None] = staticmethod(_nothing)

    @cached_property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SmtpOverTls if self.use_ssl else _Smtp

    def open(self) -> bool | None:
        opened: bool | None = super().open()
        self.connection.before_text = lambda: self.before_text()
        return opened
