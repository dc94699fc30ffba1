import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from incentives_portal.embedded import mailbox, refcount

# The page is there with embedded servers only.
with_page = pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="DATABASE_URL is set: there is no mailbox page")


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MAILBOX_FOLDER = tmp_path / "my mailbox"
    return settings.MAILBOX_FOLDER


@pytest.fixture
def port(folder: Path) -> Iterator[int]:
    """A mailbox that takes mail."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "incentives_portal.embedded.mailbox", str(port), str(folder)]
    process = subprocess.Popen(command, cwd=refcount.PROJECT)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield port
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def letter(subject: str, text: str = "Open http://localhost:8000/claims/ to read more.") -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = (
        subject,
        "portal@halden.example",
        "jana.petersen@nordlicht.example",
    )
    message["Date"] = "Fri, 20 Nov 2026 10:00:00 +0000"
    message.set_content(text)
    message.add_alternative("<p>Hello <script>alert(1)</script></p>", subtype="html")
    return message


def send(port: int, *messages: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for message in messages:
            server.send_message(message)


def test_every_mail_arrives_newest_first(port: int, folder: Path) -> None:
    send(port, letter("Prüfung: 你好"), letter("Second"))
    found = mailbox.mails(folder)
    assert [mail.subject for mail in found] == ["Second", "Prüfung: 你好"]
    assert found[1].to == "jana.petersen@nordlicht.example"
    assert "Open http://localhost:8000/claims/" in found[1].text
    assert "<script>" in found[1].html


@with_page
def test_page_shows_mails_without_signing_in_and_runs_nothing(port: int, folder: Path, client: Client) -> None:
    send(port, letter("Your claim", "Read <b>this</b>: http://localhost:8000/claims/"))
    assert "Your claim" in client.get("/mailbox/").content.decode()
    (mail,) = mailbox.mails(folder)
    page = client.get(f"/mailbox/{mail.key}/").content.decode()
    assert 'href="http://localhost:8000/claims/"' in page
    assert "&lt;b&gt;this&lt;/b&gt;" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


@with_page
def test_empty_mailbox_says_what_belongs_there(folder: Path, client: Client) -> None:
    assert "No emails yet" in client.get("/mailbox/").content.decode()


@with_page
@pytest.mark.parametrize("key", ["nothing", "..", "%2e%2e%2fsecret-key"])
def test_unknown_mail_is_not_found(folder: Path, client: Client, key: str) -> None:
    assert client.get(f"/mailbox/{key}/").status_code == 404


def test_mails_stand_in_the_order_of_their_dates_however_they_arrived(folder: Path) -> None:
    box = mailbox._box(folder)
    for day in (21, 23, 22):
        box.add(f"Subject: {day}\nDate: {day} Nov 2026 10:00:00 +0000\n\n".encode())
    assert [mail.subject for mail in mailbox.mails(folder)] == ["23", "22", "21"]


def test_mail_without_date_and_body_is_read(folder: Path) -> None:
    box = mailbox._box(folder)
    box.add(b"Subject: bare\nDate: yesterday\n\n")
    (mail,) = mailbox.mails(folder)
    assert (mail.subject, mail.sent_at, mail.html) == ("bare", None, "")
