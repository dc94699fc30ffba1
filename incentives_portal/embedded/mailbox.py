"""The local mailbox: an SMTP server that delivers every message into one Maildir.

Recipients are ignored. Run as ``python -m incentives_portal.embedded.mailbox PORT FOLDER``; needs no Django.
"""

import asyncio
import mailbox
import re
import signal
import sys
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Mail:
    """A parsed mail; missing parts are empty."""

    key: str
    subject: str
    sender: str
    to: str
    sent_at: datetime | None
    text: str
    html: str


def mails(folder: Path) -> list[Mail]:
    """Return all mails, newest first by their date header.

    Arrival order would be wrong: workers send concurrently, and the demo has mails dated weeks ago.
    """
    box = _box(folder)
    return sorted((_read(key, box.get_bytes(key)) for key in box.iterkeys()), key=_when, reverse=True)


def mail(folder: Path, key: str) -> Mail:
    """Return one mail. Raises KeyError."""
    return _read(key, _box(folder).get_bytes(key))


async def serve(port: int, folder: Path) -> None:
    """Accept mail until SIGINT or SIGTERM."""
    _box(folder)
    loop = asyncio.get_running_loop()
    handler = Mailbox(folder)
    server = await loop.create_server(lambda: SMTP(handler, enable_SMTPUTF8=True, loop=loop), HOST, port)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with server:
        await ended.wait()


def _box(folder: Path) -> mailbox.Maildir:
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return mailbox.Maildir(folder)


def _when(mail: Mail) -> tuple[float, tuple[int, ...]]:
    """Return the sort key of a mail: its date, then its arrival. Without a date its arrival counts."""
    arrival = _arrival(mail.key)
    return mail.sent_at.timestamp() if mail.sent_at else float(arrival[0]), arrival


def _arrival(key: str) -> tuple[int, ...]:
    """Return when a message arrived: seconds, microseconds and the server's counter, from its file name."""
    found = re.match(r"(\d+)\.M(\d+)P\d+Q(\d+)", key)
    return tuple(map(int, found.groups())) if found else (0,)


def _read(key: str, content: bytes) -> Mail:
    message: EmailMessage = BytesParser(policy=policy.default).parsebytes(content)  # type: ignore[assignment]
    try:
        sent_at = parsedate_to_datetime(message["Date"]) if message["Date"] else None
    except ValueError:
        sent_at = None
    return Mail(
        key=key,
        subject=str(message["Subject"] or ""),
        sender=str(message["From"] or ""),
        to=str(message["To"] or ""),
        sent_at=sent_at,
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
