import io

import pytest
from django.core.files.storage import default_storage
from django.http import Http404
from PIL import Image

from incentives_portal.documents import services, serving
from incentives_portal.documents.checking import check_version
from incentives_portal.documents.enums import CheckState
from incentives_portal.documents.models import PageImage, VersionCheck
from incentives_portal.documents.parsing.reasons import Reason

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
    keep, reviewer, name, data, media_type, disposition
):
    response = serving.file_response(keep(name, data), reviewer)

    assert dict(response.items()) == {
        "Content-Type": media_type,
        "Content-Length": str(len(data)),
        "Content-Disposition": disposition,
        **SAFE_HEADERS,
    }
    assert body_of(response) == data


def test_u10_page_image_is_served_inline_as_png_with_safe_headers(keep):
    response = serving.page_response(keep("a.pdf", samples.pdf()), 1)

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


def test_missing_file_is_not_found_and_logged(keep, reviewer, caplog):
    version = keep("a.csv", samples.CSV)
    default_storage.delete(version.storage_key)

    with pytest.raises(Http404):
        serving.file_response(version, reviewer)

    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize(
    ("name", "data", "size"),
    [
        ("a.jpg", samples.photo_with_place(), (40, 80)),
        ("a.heic", corpus.heic(), (32, 64)),
        ("a.webp", samples.picture(kind="WEBP", exif=samples.place()), (60, 40)),
    ],
    ids=["jpeg", "heic", "webp"],
)
def test_u16_partner_gets_the_picture_drawn_anew_and_the_operator_the_original(
    keep, reviewer, partner_reads, name, data, size
):
    version = keep(name, data)

    assert b"canary" in data
    assert body_of(serving.file_response(version, reviewer)) == data
    served = partner_reads(version)
    assert b"canary" not in served
    picture = Image.open(io.BytesIO(served))
    assert (picture.format, picture.size, picture.info, dict(picture.getexif())) == ("PNG", size, {}, {})
    response = serving.file_response(version, version.uploaded_by)
    body_of(response)
    assert response["Content-Disposition"] == 'attachment; filename="a.png"'


def test_u05_page_drawn_before_a_scanner_was_set_up_stays_closed_until_it_was_asked(keep, settings):
    version = keep("a.pdf", samples.pdf())
    settings.CLAMD_URL = "tcp://scanner.example:3310"

    with pytest.raises(Http404, match="still being checked"):
        serving.page_response(version, 1)


def test_u06_page_of_what_was_found_infected_later_stays_closed(keep):
    version = keep("a.pdf", samples.pdf())
    VersionCheck.objects.filter(version=version).update(state=CheckState.INFECTED, reason=Reason.INFECTED)
    version.check_result.refresh_from_db()

    with pytest.raises(Http404, match="malware"):
        serving.page_response(version, 1)
    assert PageImage.objects.filter(version=version).exists()


def test_page_that_there_is_not_does_not_exist(keep):
    with pytest.raises(Http404, match="no such page"):
        serving.page_response(keep("a.pdf", samples.pdf()), 2)
