"""Files that take long to read, on the real stack: their sender keeps the words, nobody else waits, and the verdict is told later."""

import http.client
import io
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from claims.models import Claim
from claims.tests import builders
from incentives_portal.cases.models import Event
from incentives_portal.documents import upload_tokens
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.tests import samples
from incentives_portal.outbox.models import Message
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.tests.stack import HOST, Stack

from .browsing import Browser, fields_of, signed_in
from .world import World, make_world

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: What a form may take, whatever is in its files, and what a page of others may, on a machine of which the workers use all that is left.
FORM_SECONDS, PAGE_SECONDS = 5.0, 3.0
WORDS = "Here are the lists of all five shops, as we said on Monday."


def heavy_sheet() -> bytes:
    """495 KB that unpack to 84 MB of cells: seconds of reading."""
    row = b"<row>" + b"<c><v>1</v></c>" * 1000 + b"</row>"
    out = io.BytesIO(samples.xlsx())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        sheet = b'<worksheet xmlns="urn:s"><sheetData>' + row * 5_600 + b"</sheetData></worksheet>"
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return out.getvalue()


class Answer:
    """Status, body and seconds of a form with files."""

    def __init__(self, browser: Browser, path: str, fields: dict[str, str], **files: list[tuple[str, bytes]]) -> None:
        sent = {name: [SimpleUploadedFile(*file) for file in given] for name, given in files.items()}
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        headers = {"Host": browser.at.netloc, "Cookie": cookies, "Content-Type": MULTIPART_CONTENT}
        begun = time.monotonic()
        connection = http.client.HTTPConnection(HOST, browser.at.port, timeout=90)
        connection.request("POST", path, encode_multipart(BOUNDARY, fields | sent), headers)
        answer = connection.getresponse()
        self.status, self.body = answer.status, answer.read().decode()
        self.seconds = time.monotonic() - begun
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _equals, rest = cookie.partition("=")
            browser.cookies[name] = rest.partition(";")[0]
        connection.close()


@contextmanager
def watching(browser: Browser, path: str) -> Iterator[list[float]]:
    """How many seconds a page took that somebody else opened again and again."""
    seconds: list[float] = []
    over = False

    def look() -> None:
        while not over:
            begun = time.monotonic()
            browser.request(path)
            seconds.append(time.monotonic() - begun)
            time.sleep(0.1)

    thread = Thread(target=look)
    thread.start()
    try:
        yield seconds
    finally:
        over = True
        thread.join()


@pytest.fixture
def world(transactional_db: None) -> World:
    load_catalog()
    world = make_world()
    for person in (world.jana, world.owen):
        person.language = "en"
        person.save(update_fields=["language"])
    return world


def test_u17_heavy_files_of_one_person_cost_nobody_else_anything_and_lose_no_words(world, start_stack):
    claim = builders.submitted_claim(world)
    stack = start_stack()
    jana, owen = signed_in(stack.url, world.jana), signed_in(stack.url, world.owen)
    token = fields_of(jana.request(claim.get_absolute_url()))["csrfmiddlewaretoken"]

    bad_file_is_refused_at_its_field(jana, claim, token)
    with watching(owen, "/") as pages:
        four_files_sent_ahead_at_once(jana, world, token)
        five_files_of_one_comment(jana, claim, token)
        file_of_another_company_has_its_verdict(owen, world)
    assert max(pages) < PAGE_SECONDS, f"the pages of others took up to {max(pages):.1f} s"
    refusal_is_told(stack, world)


def bad_file_is_refused_at_its_field(jana: Browser, claim: Claim, token: str) -> None:
    """By an idle worker, at once: the web server has not looked into the file."""
    fields = {"csrfmiddlewaretoken": token, "comment": WORDS}
    answer = Answer(
        jana, comment_path(claim), fields, files=[("bad.pdf", b"%PDF-1.7 and no more"), ("list.csv", samples.CSV)]
    )
    assert answer.status == 422, answer.body[:300]
    assert "“bad.pdf” was not stored. The file is damaged or incomplete." in answer.body
    assert f"{WORDS}</textarea>" in answer.body
    assert answer.body.count('name="files-kept"') == 1
    assert answer.seconds < FORM_SECONDS


def four_files_sent_ahead_at_once(jana: Browser, world: World, token: str) -> None:
    """They held every visitor for 23 seconds."""
    slot = upload_tokens.slot_for(actor=world.jana, organisation=world.nordlicht)
    answers: list[Answer] = []
    sheet = heavy_sheet()

    def send(number: int) -> None:
        fields = {"csrfmiddlewaretoken": token, "slot": slot}
        answers.append(Answer(jana, "/uploads/", fields, file=[(f"{number}.xlsx", sheet)]))

    threads = [Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(answer.seconds for answer in answers) < FORM_SECONDS
    assert {answer.status for answer in answers} <= {200, 422}


def five_files_of_one_comment(jana: Browser, claim: Claim, token: str) -> None:
    """They killed the web worker; the answer was 500, and the words were lost."""
    fields = {"csrfmiddlewaretoken": token, "comment": WORDS}
    sheet = heavy_sheet()
    answer = Answer(jana, comment_path(claim), fields, files=[(f"shop-{number}.xlsx", sheet) for number in range(5)])

    assert answer.status == 302, answer.body[:300]
    assert answer.seconds < FORM_SECONDS
    event = Event.objects.get(case=claim.case, comment=WORDS)
    assert event.remarks.count() == 5
    page = jana.request(claim.get_absolute_url()).decode()
    assert "files are still being checked" in page or "Your other files will be checked starting at" in page


def file_of_another_company_has_its_verdict(owen: Browser, world: World) -> None:
    """While most of the nine wait: the organization that has used least comes first."""
    slot = upload_tokens.slot_for(actor=world.owen, organisation=world.owen.organisation)
    token = fields_of(owen.request("/profile/"))["csrfmiddlewaretoken"]
    begun = time.monotonic()
    answer = Answer(owen, "/uploads/", {"csrfmiddlewaretoken": token, "slot": slot}, file=[("list.csv", samples.CSV)])
    assert answer.status == 200, answer.body[:300]
    version = DocumentVersion.objects.get(uploaded_by=world.owen)
    while state_of(version) == "pending":
        assert time.monotonic() - begun < 40
        time.sleep(0.2)
    waiting = DocumentVersion.objects.filter(uploaded_by=world.jana, check_result__state="pending")
    assert waiting.exists(), "the file of the second company waited for all of the first"


def refusal_is_told(stack: Stack, world: World) -> None:
    """To who sent the files, once for each, with the reason."""
    heavy = DocumentVersion.objects.filter(original_name__startswith="shop-")
    end = time.monotonic() + 120
    while heavy.filter(check_result__state="pending").exists():
        assert time.monotonic() < end, stack.log("worker")[-3000:]
        time.sleep(0.5)
    refused = heavy.filter(check_result__state="refused").count()
    assert Message.objects.filter(code="claim_file_refused", recipient=world.jana).count() == refused


def comment_path(claim: Claim) -> str:
    return f"{claim.get_absolute_url()}comment/"


def state_of(version: DocumentVersion) -> str:
    return DocumentVersion.objects.with_checks().get(pk=version.pk).check_result.state
