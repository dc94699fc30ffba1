"""Bodies that no browser sends whole: too large, endless, or broken off. Raw sockets against the real stack."""

import json
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest

from claims.models import Claim
from claims.tests import builders
from incentives_portal.accounts.models import User
from incentives_portal.cases.models import Event as HistoryEvent
from incentives_portal.documents import upload_tokens
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.programs.catalog import load_catalog

from .browsing import Browser, fields_of, signed_in
from .stack import HOST, Stack
from .world import make_world

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MB = 1024 * 1024
#: Of one file, and of all that come at once, in the portal that is tried here.
FILE, TOTAL = 2 * MB, 6 * MB
QUICKLY = 5.0  # seconds, on a machine that does other things too
FLAT = 20 * MB  # drawing pages for the first time takes about seven
#: The largest table that one may send.
TABLE = (b"a;" + b"b" * 997 + b"\n") * 2097
BEGINNING = b"--x\r\nContent-Disposition: form-data; name=files; filename=a.csv\r\n\r\n"


class Line:
    """A raw connection to the web server."""

    def __init__(
        self, stack: Stack, browser: Browser, path: str, *headers: str, kind: str = "multipart/form-data; boundary=x"
    ) -> None:
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        self.socket = socket.create_connection((HOST, stack.port), timeout=30)
        head = [
            f"POST {path} HTTP/1.1",
            f"Host: localhost:{stack.port}",
            f"Cookie: {cookies}",
            f"Content-Type: {kind}",
            *headers,
        ]
        self.socket.sendall("\r\n".join([*head, "", ""]).encode())

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> str:
        """All that comes until the other side closes, which ends the connection."""
        got = b""
        with suppress(ConnectionResetError):
            while data := self.socket.recv(65536):
                got += data
        self.close()
        return got.decode()

    def close(self) -> None:
        self.socket.close()


class Watch:
    """The most memory and the most temporary files that the web server had, in bytes, above what it had before."""

    def __init__(self, processes: list[psutil.Process], folder: Path) -> None:
        self.processes, self.folder = processes, folder
        self.memory_before = self._memory()
        self.memory = self.files = 0

    def look(self) -> None:
        self.memory = max(self.memory, self._memory() - self.memory_before)
        self.files = max(self.files, sum(sizes_in(self.folder)))

    def _memory(self) -> int:
        return sum(process.memory_info().rss for process in self.processes)


def sizes_in(folder: Path) -> list[int]:
    """Sizes of the uploads that lie in the folder for temporary files; some go while one looks."""
    sizes = []
    for file in folder.glob("*.upload*"):
        with suppress(FileNotFoundError):
            sizes.append(file.stat().st_size)
    return sizes


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the web server, which has smaller limits than usual, puts temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    for name, value in {"TMPDIR": folder, "UPLOAD_MAX_BYTES": FILE, "UPLOAD_MAX_TOTAL_BYTES": TOTAL}.items():
        monkeypatch.setenv(name, str(value))
    return folder


@pytest.fixture
def watching(temporary: Path, start_stack: Callable[..., Stack]) -> tuple[Stack, Callable[[], Any]]:
    """The stack, and a context in which somebody watches its web server."""
    stack = start_stack()
    web = psutil.Process(stack.pid_of("web"))

    @contextmanager
    def watch() -> Iterator[Watch]:
        watch, over = Watch([web, *web.children(recursive=True)], temporary), Event()

        def look() -> None:
            while not over.wait(0.01):
                watch.look()

        thread = Thread(target=look)
        thread.start()
        try:
            yield watch
        finally:
            over.set()
            thread.join()

    return stack, watch


def body_of(fields: dict[str, str], files: dict[str, bytes]) -> bytes:
    """A form with one field for files, as a browser sends it without scripts."""
    parts = [f"Content-Disposition: form-data; name={name}\r\n\r\n{value}".encode() for name, value in fields.items()]
    for name, data in files.items():
        parts.append(f"Content-Disposition: form-data; name=files; filename={name}\r\n\r\n".encode() + data)
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"


def emptied(folder: Path) -> bool:
    """Whether no upload is left there, soon."""
    end = time.monotonic() + QUICKLY
    while sizes_in(folder) and time.monotonic() < end:
        time.sleep(0.05)
    return not sizes_in(folder)


def test_u04_u19_bodies_too_large_endless_or_broken_off_cost_little_and_leave_nothing(watching, temporary):
    stack, watch = watching
    load_catalog()
    world = make_world()
    world.jana.language = "en"
    world.jana.save(update_fields=["language"])
    claim = builders.submitted_claim(world)
    jana, stranger = signed_in(stack.url, world.jana), Browser(stack.url, {})
    comment = f"{claim.get_absolute_url()}comment/"
    token = fields_of(jana.request(claim.get_absolute_url()))["csrfmiddlewaretoken"]
    stranger_token = fields_of(stranger.request("/accounts/login/"))["csrfmiddlewaretoken"]
    before = DocumentVersion.objects.count()

    too_large_by_far(stack, watch, [(jana, comment), (stranger, "/accounts/login/")])
    endless(stack, watch, jana, comment)
    by_a_stranger(stack, watch, stranger, {"csrfmiddlewaretoken": stranger_token})
    assert DocumentVersion.objects.count() == before
    too_much_by_some(stack, watch, jana, comment, {"csrfmiddlewaretoken": token, "comment": "As we said on Monday"})
    assert emptied(temporary)
    comment_broken_off(stack, jana, claim, {"csrfmiddlewaretoken": token, "comment": "See the list"}, temporary)
    words_broken_off(stack, jana, claim, {"csrfmiddlewaretoken": token, "comment": "Not a cent more. " * 99})
    sent_ahead_broken_off(stack, jana, world.jana, {"csrfmiddlewaretoken": token}, temporary)


def too_large_by_far(stack: Stack, watch: Any, whom: list[tuple[Browser, str]]) -> None:
    """50 GB are announced: refused before they come."""
    for browser, path in whom:
        begun = time.monotonic()
        with watch() as seen:
            line = Line(stack, browser, path, f"Content-Length: {50 * 1024 * MB}")
            line.send(BEGINNING)
            answer = line.answer()
        assert answer.startswith("HTTP/1.1 413"), answer[:200]
        assert "You can send up to 20 files and 6 MB at once." in answer
        assert (time.monotonic() - begun < QUICKLY, seen.files) == (True, 0)
        assert seen.memory < FLAT


def endless(stack: Stack, watch: Any, browser: Browser, path: str) -> None:
    """Chunk after chunk, until the other side has had enough."""
    chunk, sent, begun = secrets.token_bytes(65536), 0, time.monotonic()
    with watch() as seen:
        line = Line(stack, browser, path, "Transfer-Encoding: chunked")
        with suppress(BrokenPipeError, ConnectionResetError):
            line.send(b"%x\r\n%s\r\n" % (len(BEGINNING), BEGINNING))
            while time.monotonic() - begun < 4 * QUICKLY:
                line.send(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                sent += len(chunk)
        took = time.monotonic() - begun
        line.close()
    assert took < QUICKLY, f"still taken after {sent} bytes"
    assert seen.files == 0
    assert seen.memory < FLAT


def by_a_stranger(stack: Stack, watch: Any, stranger: Browser, fields: dict[str, str]) -> None:
    """The check of the token reads the form before anybody is asked who they are; files are not written for it."""
    with watch() as seen:
        answer = sent(stack, stranger, "/uploads/", body_of(fields, {"one.csv": TABLE, "two.csv": TABLE}))
    assert answer.startswith("HTTP/1.1 302"), answer[:200]
    assert seen.files == 0


def too_much_by_some(stack: Stack, watch: Any, browser: Browser, path: str, fields: dict[str, str]) -> None:
    """The form comes back with what was typed, and with what was too much by name."""
    files = {f"{name}.csv": TABLE for name in ("one", "two", "three", "four")} | {"five.csv": TABLE * 2}
    with watch() as seen:
        answer = sent(stack, browser, path, body_of(fields, files))
    assert answer.startswith("HTTP/1.1 422"), answer[:200]
    refused = re.findall(r"“(\w+)\.csv” was not stored\. (.+?\.)(?= Accepted|<)", answer)
    words = "Together, the files are too large. Send this file separately."
    assert set(refused) == {("four", words), ("five", words)}
    assert "As we said on Monday</textarea>" in answer
    assert TOTAL // 2 < seen.files <= TOTAL
    assert seen.memory < FLAT


def comment_broken_off(stack: Stack, browser: Browser, claim: Claim, fields: dict[str, str], temporary: Path) -> None:
    """Words and a document: neither is there without the other."""
    path, before, log = f"{claim.get_absolute_url()}comment/", written(), stack.log("web")
    body = body_of(fields, {"list.csv": TABLE})

    break_off(stack, browser, path, body)

    assert emptied(temporary)
    assert written() == before
    assert "Internal Server Error" not in stack.log("web").removeprefix(log)
    assert sent(stack, browser, path, body).startswith("HTTP/1.1 302")
    assert written() == (before[0] + 1, before[1] + 1)


def words_broken_off(stack: Stack, browser: Browser, claim: Claim, fields: dict[str, str]) -> None:
    """Nine tenths of what somebody says are not what was said, in either way of writing a form down."""
    path, before, log = f"{claim.get_absolute_url()}comment/", written(), stack.log("web")

    break_off(stack, browser, path, body_of(fields, {}))
    break_off(stack, browser, path, urlencode(fields).encode(), kind="application/x-www-form-urlencoded")

    assert written() == before
    assert "Internal Server Error" not in stack.log("web").removeprefix(log)


def sent_ahead_broken_off(
    stack: Stack, browser: Browser, person: User, fields: dict[str, str], temporary: Path
) -> None:
    """A file that goes ahead of its form."""
    who = {"actor": person, "organisation": person.organisation}
    body = body_of({**fields, "slot": upload_tokens.slot_for(**who)}, {"list.csv": TABLE}).replace(
        b"=files;", b"=file;"
    )
    documents, _events = written()

    break_off(stack, browser, "/uploads/", body)

    assert emptied(temporary)
    assert written()[0] == documents
    answer = sent(stack, browser, "/uploads/", body)
    assert answer.startswith("HTTP/1.1 200"), answer[:200]
    assert written()[0] == documents + 1
    token = json.loads(answer.partition("\r\n\r\n")[2])["token"]
    assert [version.size for version in upload_tokens.versions_for([token], **who)] == [len(TABLE)]


def sent(stack: Stack, browser: Browser, path: str, body: bytes) -> str:
    """The answer to a whole body."""
    line = Line(stack, browser, path, f"Content-Length: {len(body)}", "Connection: close")
    line.send(body)
    return line.answer()


def break_off(stack: Stack, browser: Browser, path: str, body: bytes, **kind: str) -> None:
    """Nine tenths of it, and the line is dead; returns when both web processes have been free again."""
    line = Line(stack, browser, path, f"Content-Length: {len(body)}", **kind)
    line.send(body[: len(body) * 9 // 10])
    time.sleep(0.3)  # it is being read
    line.close()
    time.sleep(0.7)


def written() -> tuple[int, int]:
    """How many versions of documents, and how many events, there are."""
    return DocumentVersion.objects.count(), HistoryEvent.objects.count()
