"""No address that somebody writes is fetched by the portal: not from a form, and not from a file that a worker draws (fault X-04)."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from incentives_portal.documents.enums import CheckState
from incentives_portal.documents.models import VersionCheck
from incentives_portal.documents.services import store
from incentives_portal.documents.tests import corpus, samples
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.documents.upload_validation import UploadRefused
from incentives_portal.tests.matrix.stage import Stage
from incentives_portal.tests.page_forms import FormPage, Sheet, ask_everything, form_pages

#: Controls into which an address can be typed.
TYPED = ("text", "textarea", "url", "search")


class Ear:
    """Listens on loopback and counts who comes."""

    def __init__(self, listening: socket.socket) -> None:
        self.heard = 0
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}/x.png"
        self._listening = listening
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                self._listening.accept()[0].close()
            except OSError:
                return
            self.heard += 1

    def hears(self) -> bool:
        """Whether one more who comes would be counted."""
        before = self.heard
        socket.create_connection(self._listening.getsockname()).close()
        until = time.monotonic() + 5
        while self.heard == before and time.monotonic() < until:
            time.sleep(0.01)
        return self.heard == before + 1


@pytest.fixture
def ear() -> Iterator[Ear]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield Ear(listening)


@pytest.mark.slow
def test_x04_no_address_that_is_typed_is_fetched(stage: Stage, ear: Ear) -> None:
    """Into every line of every form that the portal shows, the address at which the ear listens; what is refused, by single lines."""
    ask_everything(stage)
    accepted: set[tuple[str, str]] = set()
    for _name, form_page in form_pages(stage):
        form_page.client.defaults |= {"HTTP_REFERER": ear.address, "HTTP_X_FORWARDED_HOST": ear.address[7:-6]}
        for sheet in form_page.sheets():
            accepted |= {(form_page.url, name) for name in typed_into(form_page, sheet, ear.address)}

    assert ear.heard == 0
    assert ear.hears()
    assert len(accepted) > 50, sorted(accepted)
    assert any("asked-url" in name for _url, name in accepted), sorted(accepted)


def typed_into(form_page: FormPage, sheet: Sheet, address: str) -> list[str]:
    """Names of the controls with which the form was accepted."""
    names = [one.name for one in sheet.controls if one.kind in TYPED and not one.is_number]
    for some in (names, *([name] for name in names[:3] if len(names) > 1)):
        if some and form_page.post(sheet, sheet.kept() | dict.fromkeys(some, address)).status_code == 302:
            return some
    return []


def files_that_point_at(address: str) -> dict[str, bytes]:
    """Files that ask whoever opens them to fetch something; by their names, as they are uploaded."""
    url = address.encode()
    outside = f'<Relationships><Relationship Id="r1" Type="urn:x/%s" Target="{address}" TargetMode="External"/></Relationships>'
    picture, link = (outside % kind for kind in ("image", "hyperlink"))
    return {
        "link.pdf": corpus.pdf_of(b"<< /S /URI /URI (%s) >>" % url),
        "picture.pdf": corpus.pdf_of(
            b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /F << /FS /URL /F (%s) >> /Length 0 >>\nstream\n\nendstream"
            % url
        ),
        "drawn.pdf": samples.written_pdf(b"BT (%s) Tj ET" % url),
        "picture.docx": samples.docx(**{"word/_rels/document.xml.rels": picture.encode()}),
        "link.xlsx": samples.xlsx(**{"xl/worksheets/_rels/sheet1.xml.rels": link.encode()}),
        "scheme.xml": b'<?xml version="1.0"?><?xml-stylesheet href="%s" type="text/xsl"?>'
        b'<x xmlns:i="http://www.w3.org/2001/XInclude" xmlns:s="http://www.w3.org/2001/XMLSchema-instance"'
        b' s:noNamespaceSchemaLocation="%s"><i:include href="%s"/></x>' % (url, url, url),
        "formula.csv": b'Name;Amount\r\n=WEBSERVICE("%s");1\r\n' % url,
        "entity.xml": b'<!DOCTYPE x SYSTEM "%s"><x/>' % url,
        "template.docx": corpus.letter_with_template(address),
        "picture.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="%s"/></svg>' % url,
        "page.html": b'<!doctype html><img src="%s">' % url,
        "page.pdf": b'<!doctype html><img src="%s">' % url,
        "picture.jpg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="%s"/></svg>' % url,
    }


def test_x04_no_address_in_a_file_is_fetched_by_the_worker_that_draws_it(stage: Stage, ear: Ear) -> None:
    world = stage.world
    drawn, refused = {}, set()
    for name, content in files_that_point_at(ear.address).items():
        try:
            version = store(samples.upload(name, content), organisation=world.nordlicht, actor=world.jana)
        except UploadRefused:
            refused.add(name)
            continue
        check_version(version.pk)
        check = VersionCheck.objects.get(version=version)
        drawn[name] = (check.state, check.pages)

    assert ear.heard == 0
    assert ear.hears()
    assert refused == {"picture.svg", "page.html", "page.pdf", "picture.jpg"}
    assert {state for state, _pages in drawn.values()} == {CheckState.CLEAN}
    assert {name for name, (_state, pages) in drawn.items() if pages} == {"link.pdf", "picture.pdf", "drawn.pdf"}
