"""A mail server for tests: a real SMTP conversation on loopback, with the moods of real servers."""

import asyncio
import threading
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings

Answer = Callable[[str], str]
#: What stands above a mail about a case, and nothing else.
HEADERS = [
    "Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "References", "Subject", "To",
    "X-Auto-Response-Suppress", "X-Correlation-ID",
]  # fmt: skip


class MailServer:
    """Takes mail in a thread of its own. ``at_rcpt`` and ``at_data`` answer by address; "DROP" after the data hangs up without a word."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        #: To whom each mail was to go, as the conversation said it and whatever its headers say.
        self.recipients: list[list[str]] = []
        self.connections = self.dropped = 0
        self.at_rcpt: Answer = lambda address: "250 OK"
        self.at_data: Answer = lambda address: "250 OK"
        #: Seconds before the answer to a recipient, and before the answer after the text.
        self.delay_at_rcpt = self.delay = 0.0
        #: Set when a text has arrived, before it is answered.
        self.text_arrived = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self, port: int = 0) -> int:
        """Begin to listen, at any free port if none is given; returns the port."""
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(self._listen(port), self._loop)
        self._server = listening.result(timeout=5)
        return self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Refuse all from now on; safe to say twice."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    @property
    def received_by(self) -> list[str]:
        return [str(mail["To"]) for mail in self.mails]

    async def _listen(self, port: int) -> asyncio.Server:
        def conversation() -> SMTP:
            self.connections += 1
            return SMTP(self, hostname="mail.test", loop=self._loop)

        return await self._loop.create_server(conversation, "127.0.0.1", port)

    async def _close(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        await asyncio.sleep(self.delay_at_rcpt)
        answer = self.at_rcpt(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.at_data(envelope.rcpt_tos[0])
        if answer.startswith(("250", "DROP")):
            self.recipients.append(list(envelope.rcpt_tos))
            self.mails.append(message_from_bytes(envelope.content.replace(b"\r\n", b"\n"), policy=policy.default))
        self.text_arrived.set()
        await asyncio.sleep(self.delay)  # it has the mail, whether or not anybody waits for its answer
        if answer == "DROP":
            self.dropped += 1
            server.transport.abort()
        return answer


def wrong_with(mail: EmailMessage, address: str) -> list[str]:
    """What there is in a mail to the address, as it arrived, that nobody meant to write."""
    headers = sorted(mail.keys())
    found = [] if headers == HEADERS else [f"headers {headers}"]
    if str(mail["To"]) != address or str(mail["From"]) != settings.DEFAULT_FROM_EMAIL:
        found.append(f"from {mail['From']} to {mail['To']}")
    parts = [part.get_content_type() for part in mail.walk()]
    if parts != ["multipart/alternative", "text/plain", "text/html"]:
        found.append(f"parts {parts}")
    return found + [repr(defect) for part in mail.walk() for defect in part.defects]
