import csv
import hashlib
import io
import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import Http404
from PIL import Image

from incentives_portal.documents import services, serving
from incentives_portal.documents.enums import CONTENT_SENTENCES, CheckState
from incentives_portal.documents.models import PageImage, VersionCheck
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.sandbox.parsing.reasons import Content, Reason

from . import corpus, samples
from .samples import body_of

SAFE_HEADERS = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


ENDINGS = {"JPEG": "jpg", "PNG": "png"}


@pytest.fixture
def keep(organisation, actor):
    def store(name: str, data: bytes):
        version = services.store(samples.upload(name, data), organisation=organisation, actor=actor)
        check_version(version.pk)
        version.check_result.refresh_from_db()
        return version

    return store


@pytest.mark.parametrize(
    ("name", "data", "media_type", "disposition"),
    [
        ("Rechnung 7.pdf", samples.pdf(), "application/pdf", 'attachment; filename="Rechnung 7.pdf"'),
        ("a.jpeg", samples.picture(), "image/jpeg", 'attachment; filename="a.jpeg"'),
        ("a.csv", samples.CSV, "text/csv", 'attachment; filename="a.csv"'),
        (
            '"; filename="x.html.xml',
            samples.XML,
            "application/xml",
            'attachment; filename="\\"; filename=\\"x.html.xml"',
        ),
        ("请求.csv", samples.CSV, "text/csv", "attachment; filename*=utf-8''%E8%AF%B7%E6%B1%82.csv"),
    ],
    ids=["pdf", "jpeg", "csv", "quotes", "chinese"],
)
def test_u10_file_is_served_as_attachment_with_exact_type_and_safe_headers(
    keep, actor, name, data, media_type, disposition
):
    response = serving.file_response(keep(name, data), actor)

    assert dict(response.items()) == {
        "Content-Type": media_type,
        "Content-Length": str(len(data)),
        "Content-Disposition": disposition,
        **SAFE_HEADERS,
    }
    assert body_of(response) == data


def test_u10_page_image_is_served_inline_as_png_with_safe_headers(keep, actor):
    response = serving.page_response(keep("a.pdf", samples.pdf()), 1, actor)

    body = body_of(response)
    assert dict(response.items()) == {
        "Content-Type": "image/png",
        "Content-Length": str(len(body)),
        "Content-Disposition": 'inline; filename="page-1.png"',
        **SAFE_HEADERS,
    }
    assert body.startswith(b"\x89PNG")


def test_refused_version_is_not_handed_out(keep, reviewer):
    version = keep("a.csv", samples.CSV)
    VersionCheck.objects.update(state=CheckState.REFUSED, reason=Reason.DAMAGED)
    version.check_result.refresh_from_db()

    with pytest.raises(Http404):
        serving.file_response(version, reviewer)


def test_missing_file_is_not_found_and_logged(keep, actor, caplog):
    version = keep("a.csv", samples.CSV)
    default_storage.delete(version.storage_key)

    with pytest.raises(Http404):
        serving.file_response(version, actor)

    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize(
    ("name", "data", "kind", "size"),
    [
        ("a.jpg", samples.photo_with_place(), "JPEG", (40, 80)),
        ("a.heic", corpus.heic(), "JPEG", (32, 64)),
        ("a.webp", samples.picture(kind="WEBP", exif=samples.place()), "PNG", (60, 40)),
    ],
    ids=["jpeg", "heic", "webp"],
)
def test_u16_the_operator_gets_a_picture_made_anew_and_its_own_organisation_the_original(
    keep, actor, reviewer, name, data, kind, size
):
    version = keep(name, data)

    assert b"canary" in data
    assert body_of(serving.file_response(version, actor)) == data
    response = serving.file_response(version, reviewer)
    served = body_of(response)
    assert b"canary" not in served
    picture = Image.open(io.BytesIO(served))
    assert (picture.size, dict(picture.getexif())) == (size, {})
    assert response["Content-Type"] == Image.MIME[picture.format]
    assert response["Content-Disposition"] == f'attachment; filename="a.{ENDINGS[picture.format]}"'


def test_k16_a_table_with_commands_is_handed_out_as_cells_of_text(keep, actor, reviewer):
    data = b"Name;Amount\r\n=cmd|'/C calc'!A0;-12,50\r\n@SUM(A1);+49 30 1234\r\n"
    version = keep("list.csv", data)

    response = serving.file_response(version, reviewer)

    served = body_of(response).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(served))) == [
        ["Name", "Amount"],
        ["'=cmd|'/C calc'!A0", "-12,50"],
        ["'@SUM(A1)", "+49 30 1234"],
    ]
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert body_of(serving.file_response(version, actor)) == data


def test_a_pdf_with_a_script_is_handed_out_without_it_and_the_download_is_logged(keep, reviewer, security_log):
    version = keep("a.pdf", corpus.pdf_with_hidden_script())

    served = body_of(serving.file_response(version, reviewer))

    assert served.startswith(b"%PDF")
    assert b"alert" not in served
    assert b"JavaScript" not in served
    [entry] = security_log.of("document.downloaded")
    assert entry["user"] == str(reviewer.public_id)
    assert entry["details"]["file"] == {"id": str(version.public_id)}
    assert "a.pdf" not in security_log.texts[0]


def test_the_original_is_handed_out_after_a_page_that_names_what_is_in_it_and_that_is_logged(
    keep, reviewer, security_log, rf
):
    data = corpus.pdf_with_hidden_script()
    version = keep("a.pdf", data)

    def ask(method: str):
        request = getattr(rf, method)("/")
        request.user = reviewer
        return serving.original_response(request, version, back="/claims/")

    page = ask("get").content.decode()
    assert str(CONTENT_SENTENCES[Content.SCRIPTS]) in page
    assert security_log.texts == []
    assert body_of(ask("post")) == data
    [entry] = security_log.of("document.original_downloaded")
    assert (entry["user"], entry["details"]["sha256"]) == (str(reviewer.public_id), version.sha256)


def test_the_content_of_a_table_is_shown_escaped_and_cut_after_some_rows(keep, reviewer, rf, monkeypatch):
    monkeypatch.setattr(serving, "SHOWN_ROWS", 2)
    version = keep("list.csv", b"Name;<script>alert(1)</script>\r\na;b\r\nc;d\r\n")
    request = rf.get("/")
    request.user = reviewer

    page = serving.content_response(request, version, back="/claims/").content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<td>b</td>" in page
    assert "<td>d</td>" not in page
    assert "The file has more rows. Download it to read them." in page
    assert re.search(r'<a class="btn" href="\.\./">.*Download list\.csv</a>', page, re.DOTALL)


def test_u17_page_with_many_broad_sheets_stays_small(keep, reviewer, rf):
    version = keep("list.xlsx", samples.broad_workbook(sheets=5, rows=200))
    request = rf.get("/")
    request.user = reviewer

    page = serving.content_response(request, version, back="/claims/").content.decode()

    assert 10_000 < page.count("<td>") < 25_000
    assert page.count("The file has more rows") == 5


def test_the_content_of_a_picture_is_no_page(keep, reviewer, rf):
    request = rf.get("/")
    request.user = reviewer

    with pytest.raises(Http404):
        serving.content_response(request, keep("a.png", samples.picture(kind="PNG")), back="/claims/")


def test_without_a_copy_nothing_is_handed_out_to_others_but_words(keep, actor, reviewer):
    version = keep("a.csv", samples.CSV)
    version.safe_copies.all().delete()

    with pytest.raises(Http404, match="A safe copy of this file could not be created"):
        serving.file_response(version, reviewer)
    version.check_result.prepared_at = None
    with pytest.raises(Http404, match="is being prepared"):
        serving.file_response(version, reviewer)
    assert body_of(serving.file_response(version, actor)) == samples.CSV


@pytest.mark.parametrize(
    ("kind", "media_type", "content"),
    [
        ("picture", "text/html", b"<script>alert(1)</script>"),
        ("page", "text/html", b"<script>alert(1)</script>"),
        ("table", "application/json", b"<script>alert(1)</script>"),
        ("table", "application/json", b'{"sheets": [{"rows": "x"}], "more": false}'),
        ("text", "application/json", b"[]"),
    ],
    ids=["media-type", "kind", "no-json", "no-table", "no-text"],
)
def test_what_a_reader_under_foreign_command_hands_out_as_a_copy_is_not_served(
    keep, reviewer, kind, media_type, content
):
    version = keep("a.csv", samples.CSV)
    key = default_storage.save("copies/hostile", ContentFile(content))
    version.safe_copies.update(
        kind=kind, media_type=media_type, storage_key=key, sha256=hashlib.sha256(content).hexdigest()
    )

    with pytest.raises(Http404, match="A safe copy of this file could not be created"):
        serving.file_response(version, reviewer)


def test_u21_a_copy_that_was_changed_in_the_storage_is_not_served(keep, reviewer, storage_folder):
    version = keep("a.csv", samples.CSV)
    (storage_folder / version.safe_copies.get().storage_key).write_bytes(b"changed")

    with pytest.raises(Http404, match="was changed"):
        serving.file_response(version, reviewer)


def test_u05_page_drawn_before_a_scanner_was_set_up_stays_closed_until_it_was_asked(keep, settings, actor):
    version = keep("a.pdf", samples.pdf())
    settings.CLAMD_URL = "tcp://scanner.example:3310"

    with pytest.raises(Http404, match="still being checked"):
        serving.page_response(version, 1, actor)


def test_u06_page_of_what_was_found_infected_later_stays_closed(keep, actor):
    version = keep("a.pdf", samples.pdf())
    VersionCheck.objects.filter(version=version).update(state=CheckState.INFECTED, reason=Reason.INFECTED)
    version.check_result.refresh_from_db()

    with pytest.raises(Http404, match="malware"):
        serving.page_response(version, 1, actor)
    assert PageImage.objects.filter(version=version).exists()


def test_that_somebody_else_begins_to_read_a_file_is_logged(keep, actor, reviewer, security_log):
    version = keep("a.pdf", samples.pdf(pages=2))

    body_of(serving.page_response(version, 1, actor))
    body_of(serving.page_response(version, 2, reviewer))
    assert security_log.of("document.read") == []
    body_of(serving.page_response(version, 1, reviewer))

    [entry] = security_log.of("document.read")
    assert entry["details"]["sha256"] == version.sha256


def test_page_that_there_is_not_does_not_exist(keep, actor):
    with pytest.raises(Http404, match="This page does not exist"):
        serving.page_response(keep("a.pdf", samples.pdf()), 2, actor)
