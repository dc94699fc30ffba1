"""The evening rig: one person floods the portal while mail server and virus scanner are slow; the pages of all others are measured.

Run by its own command, which prints the figures: ``python -m pytest -m rig -n 0 -s incentives_portal/tests/rigs/test_evening.py``.
EVENING_REQUESTS changes how many pages of others are asked for. Everything stays on this machine and ends by itself.
"""

import io
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from itertools import count, cycle, islice

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from incentives_portal.cases.models import Event
from incentives_portal.documents.enums import CheckState
from incentives_portal.documents.models import VersionCheck
from incentives_portal.documents.tests import samples
from incentives_portal.documents.tests.scanners import FakeScanner
from incentives_portal.outbox.enums import WAITING
from incentives_portal.outbox.models import Message
from incentives_portal.tests.browsing import Browser, Unexpected, signed_in
from incentives_portal.tests.stack import HOST

from .test_kill import Rig, p95, rig, token  # noqa: F401 - the fixture too

pytestmark = [pytest.mark.rig, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

REQUESTS = int(os.environ.get("EVENING_REQUESTS", "200"))
IDLE_REQUESTS = 60
#: What the bad evening of one person may cost the others.
TIMES_IDLE, P95_SECONDS = 3, 2.0
FORM_SECONDS = 5.0
FLOOD_SECONDS_AT_MOST = MEASURED_SECONDS_AT_MOST = 120
#: The flood goes on for so long, also where the pages are quicker.
FLOOD_SECONDS = 30
COMMENTS = 60
#: How long the mail server thinks about a mail, and the scanner about a file.
MAIL_SECONDS, SCAN_SECONDS = 14.0, 3.0
SETTLED_SECONDS = 240


def heavy_sheet() -> bytes:
    """Half a megabyte that unpacks to 120 MB of cells: seconds of reading."""
    row = b"<row>" + b"<c><v>1</v></c>" * 1000 + b"</row>"
    body = b'<worksheet xmlns="urn:s"><sheetData>' + row * 8_000 + b"</sheetData></worksheet>"
    out = io.BytesIO(samples.xlsx())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", body)
    return out.getvalue()


def heavy_pdf(pages: int = 20) -> bytes:
    """Some hundred kilobytes whose pages each draw a million lines: more than a minute of drawing."""
    lines = b"".join(b"%d 0 m %d 199 l S\n" % (number % 200, (number * 7) % 200) for number in range(1_000_000))
    kids = b" ".join(b"%d 0 R" % (number + 4) for number in range(pages))
    packed = zlib.compress(lines, 9)
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages),
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed),
        *[b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 3 0 R >>"] * pages,
    ]
    from incentives_portal.documents.tests.corpus import written

    return written(parts)


WORDS = "words-of-one-comment-of-the-flood"


class Flood:
    """What one person sends all evening, from a process of its own, and how the portal answered.

    In this process it would slow down whoever measures the pages of the others.
    """

    def __init__(self, browser: Browser, comment: str) -> None:
        self._browser, self._comment = browser, comment
        context = multiprocessing.get_context("fork")
        self._over, self._answers = context.Event(), context.Queue()
        contents = {"table.xlsx": heavy_sheet(), "drawing.pdf": heavy_pdf()}
        self.sizes = {name: len(content) // 1024 for name, content in contents.items()}
        self._bodies = {name: self._body([(name, content)] * 5) for name, content in contents.items()}
        self._bodies["comment"] = self._body([])
        self._process = context.Process(target=self._run)

    def begin(self) -> None:
        self._process.start()

    def end(self) -> tuple[Counter[str], dict[str, float], list[str]]:
        """Answers by kind and status, the longest of each kind in seconds, and words that got no answer."""
        self._over.set()
        answers, longest, lost = self._answers.get(timeout=FLOOD_SECONDS_AT_MOST)
        self._process.join(FLOOD_SECONDS_AT_MOST)
        return answers, longest, lost

    def _body(self, files: list[tuple[str, bytes]]) -> bytes:
        uploads = [SimpleUploadedFile(f"{number}-{name}", content) for number, (name, content) in enumerate(files)]
        return encode_multipart(BOUNDARY, {**token(self._browser), "comment": WORDS, "files": uploads})

    def _run(self) -> None:
        """Two windows with heavy tables, one with heavy PDFs, one that comments."""
        self.answers: Counter[str] = Counter()
        self.longest: dict[str, float] = {}
        self.lost: list[str] = []
        windows = [("table.xlsx", 1), ("table.xlsx", 2), ("drawing.pdf", 3), ("comment", 4)]
        threads = [threading.Thread(target=self._window, args=window) for window in windows]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._answers.put((self.answers, self.longest, self.lost))

    def _window(self, kind: str, window: int) -> None:
        """The same form again and again, each time with other words; comments without files come to an end."""
        head, tail = self._bodies[kind].split(WORDS.encode())
        for number in count(1):
            if self._over.is_set() or (kind == "comment" and number > COMMENTS):
                return
            words, begun = f"{window}-{number}", time.monotonic()
            status = self._send(head + words.encode() + tail)
            self.answers[f"{kind}: {status}"] += 1
            self.longest[kind] = max(self.longest.get(kind, 0), time.monotonic() - begun)
            if not status:
                self.lost.append(words)

    def _send(self, body: bytes) -> int:
        """The status of the answer; 0 where there was none."""
        try:
            self._browser.send_body(self._comment, body, MULTIPART_CONTENT, expected=302)
        except Unexpected as answer:
            return answer.status
        except (OSError, HTTPException):
            return 0
        return 302


@contextmanager
def slow_scanner() -> Iterator[str]:
    """A scanner that takes seconds for each file and finds nothing; its address."""

    def answer(_scanner: FakeScanner, _content: bytes) -> bytes:
        time.sleep(SCAN_SECONDS)
        return b"stream: OK\0"

    listener = socket.create_server((HOST, 0))
    running = FakeScanner(listener, answer)
    try:
        yield f"tcp://{HOST}:{listener.getsockname()[1]}"
    finally:
        running.close()


def pages_of_others(rig: Rig) -> list[Callable[[], bytes]]:  # noqa: F811 - the fixture, as an argument
    """Lists, a case, the queue and the home pages of people who have nothing to do with the flood."""
    owen, mira, elif_ = (signed_in(rig.stack.url, user) for user in (rig.world.owen, rig.world.mira, rig.world.elif_))
    return [
        lambda: owen.request(reverse("claims:list")),
        lambda: mira.request(reverse("review:queue")),
        lambda: owen.request("/"),
        lambda: mira.request("/"),
        lambda: elif_.request("/"),
        lambda: owen.request(reverse("plans:list")),
    ]


def measured(pages: list[Callable[[], bytes]], number: int) -> list[float]:
    """Seconds that each of so many pages took, in turn. After some minutes the rest is not asked for."""
    took: list[float] = []
    for page in islice(cycle(pages), number):
        if sum(took) > MEASURED_SECONDS_AT_MOST:
            print(f"\nafter {sum(took):.0f} s only {len(took)} of {number} pages had been answered")
            break
        begun = time.perf_counter()
        page()
        took.append(time.perf_counter() - begun)
    return took


def test_one_persons_evening_costs_the_others_little(rig: Rig) -> None:  # noqa: F811
    with slow_scanner() as scanner:
        rig.stack.environment |= {"CLAMD_URL": scanner, "MAIL_COLLECT_MINUTES": "1"}
        rig.stack.stop("worker")
        rig.stack.stop("web")
        # As README says: files have workers of their own, which let all others go first.
        rig.stack.start_worker("worker", queues="portal")
        rig.stack.start_worker("documents", queues="documents", niceness=10)
        rig.stack.start_web()
        rig.stack.wait_until(rig.stack.answers, "web")
        pages = pages_of_others(rig)
        measured(pages, 2 * len(pages))  # warm
        idle = statistics.median(measured(pages, IDLE_REQUESTS))

        flood, begun = begin_flood(rig), time.monotonic()
        took = measured(pages, REQUESTS)
        while time.monotonic() - begun < FLOOD_SECONDS:
            took += measured(pages, len(pages))
        answers, longest, lost = flood.end()
        print(
            f"\nothers' pages: idle median {idle * 1000:.0f} ms; in the flood {len(took)} pages, median"
            f" {statistics.median(took) * 1000:.0f} ms, p95 {p95(took) * 1000:.0f} ms, longest {max(took):.1f} s"
        )
        print(f"the person's own answers: {dict(answers)}; longest: {longest}; lost: {lost}")
        rig.mail.delay = 0.02
        print(what_came_of_it(rig))
        assert p95(took) < P95_SECONDS
        assert statistics.median(took) <= TIMES_IDLE * idle
        assert lost == []
        assert not [answer for answer in answers if answer.endswith((": 500", ": 502", ": 0"))]
        assert {kind for kind, seconds in longest.items() if seconds >= FORM_SECONDS} == set()
        assert_files_and_mails(rig)


def begin_flood(rig: Rig) -> Flood:  # noqa: F811
    browser = signed_in(rig.stack.url, rig.world.jana)
    browser.request(rig.case.get_absolute_url())  # gives the token
    rig.mail.delay = MAIL_SECONDS
    flood = Flood(browser, reverse("claims:comment", args=[rig.case.public_id]))
    print(f"\nthe flood sends, in KB: {flood.sizes}")
    connection.close()  # a process that is forked must not have it
    flood.begin()
    return flood


def what_came_of_it(rig: Rig) -> str:  # noqa: F811
    """Waits until mails and files are settled, at most for some minutes."""
    end = time.monotonic() + SETTLED_SECONDS
    while time.monotonic() < end:
        waiting = Message.objects.filter(state__in=WAITING).count()
        if not waiting:
            break
        time.sleep(1)
    states = Counter(VersionCheck.objects.values_list("state", flat=True))
    comments = Event.objects.filter(case=rig.case.case, code="cases.commented").count()
    return f"mails waiting {waiting}, sent {len(rig.mail.mails)}; files {dict(states)}; comments {comments}"


def assert_files_and_mails(rig: Rig) -> None:  # noqa: F811
    """Nothing was sent twice, sixty comments are few mails, and what waits to be read may be read later."""
    sent = Counter(str(mail["Message-ID"]) for mail in rig.mail.mails)
    assert [message_id for message_id, number in sent.items() if number > 1] == []
    assert not Message.objects.filter(state__in=WAITING).exists()
    to_one = Counter(str(mail["To"]) for mail in rig.mail.mails)
    assert max(to_one.values(), default=0) <= COMMENTS / 6
    unreadable = VersionCheck.objects.filter(state=CheckState.REFUSED)
    assert not unreadable.exclude(version__original_name__contains="table").exists()


def test_readiness_asked_by_thirty_at_once_stalls_nobody(rig: Rig) -> None:  # noqa: F811
    """Thirty load balancers ask /readyz all the time; today's answer costs half a second each."""
    pages, over = pages_of_others(rig), threading.Event()
    measured(pages, 2 * len(pages))
    idle = statistics.median(measured(pages, IDLE_REQUESTS))
    command = [sys.executable, "-c", _ASKING, rig.stack.url]
    asking = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        took = measured(pages, REQUESTS)
    finally:
        over.set()
        asking.terminate()
        asking.wait()
    print(
        f"\nidle {idle * 1000:.0f} ms; while thirty ask /readyz five times a second: median"
        f" {statistics.median(took) * 1000:.0f} ms, p95 {p95(took) * 1000:.0f} ms"
    )
    assert statistics.median(took) <= TIMES_IDLE * idle
    assert p95(took) < P95_SECONDS


#: Thirty cases that ask until they are ended, at most for two minutes.
_ASKING = """
import sys, threading, time, urllib.error, urllib.request
def ask():
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(sys.argv[1] + "/readyz", timeout=30).close()
        except OSError:
            pass
        time.sleep(0.2)
threads = [threading.Thread(target=ask, daemon=True) for _ in range(30)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
