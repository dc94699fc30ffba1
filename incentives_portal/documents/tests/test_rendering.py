import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from incentives_portal import clock
from incentives_portal.documents import checking, services, tasks
from incentives_portal.documents.enums import CheckState
from incentives_portal.documents.models import DocumentVersion, PageImage, VersionCheck
from incentives_portal.documents.querysets import LEASE, page_images_for
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.sandbox import runner
from incentives_portal.sandbox.parsing.reasons import Reason
from incentives_portal.sandbox.runner import Limits

from . import samples


@pytest.fixture
def keep(organisation, actor):
    """Store a file in the usual way."""

    def store(name: str, data: bytes) -> DocumentVersion:
        return services.store(samples.upload(name, data), organisation=organisation, actor=actor)

    return store


def image_of(page: PageImage) -> Image.Image:
    return Image.open(io.BytesIO(samples.stored(page.storage_key)))


def outcome(version: DocumentVersion) -> tuple[str, str, int]:
    check = VersionCheck.objects.get(version=version)
    return check.state, check.reason, check.pages


def test_pdf_of_three_pages_gives_three_images_in_order(keep):
    version = keep("a.pdf", samples.pdf(3))

    check_version(version.pk)

    assert outcome(version) == (CheckState.CLEAN, "", 3)
    pages = page_images_for([version])[version.pk]
    assert [(page.page, page.width) for page in pages] == [(1, 1400), (2, 1400), (3, 1400)]
    pictures = [image_of(page) for page in pages]
    assert [(picture.format, picture.size) for picture in pictures] == [
        ("PNG", (page.width, page.height)) for page in pages
    ]
    assert len({picture.tobytes() for picture in pictures}) == 3


def test_pdf_of_many_pages_gives_the_first_twenty(keep):
    version = keep("a.pdf", samples.pdf(23))

    check_version(version.pk)

    assert outcome(version) == (CheckState.CLEAN, "", 20)


def test_u08_u16_photo_is_turned_upright_and_loses_what_the_camera_wrote(keep):
    version = keep("a.jpg", samples.photo_with_place())

    check_version(version.pk)

    stored = samples.stored(PageImage.objects.get(version=version).storage_key)
    picture = Image.open(io.BytesIO(stored))
    assert picture.size == (40, 80)
    assert (dict(picture.getexif()), picture.info) == ({}, {})
    assert b"canary" not in stored


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("L", "JPEG"), ("RGBA", "PNG"), ("P", "PNG"), ("I;16", "PNG")]
)
def test_picture_of_any_kind_is_drawn(keep, mode, kind):
    version = keep(f"a.{kind.lower()}", samples.picture(3000, 1500, mode, kind))

    check_version(version.pk)

    assert outcome(version) == (CheckState.CLEAN, "", 1)
    assert (image_of(PageImage.objects.get()).mode, image_of(PageImage.objects.get()).size) == ("RGB", (1400, 700))


def test_page_of_absurd_shape_is_drawn_within_bounds_at_its_width(keep):
    version = keep("a.pdf", samples.written_pdf(media_box="0 0 1 14000"))

    check_version(version.pk)

    assert {(page.width, page.height) for page in PageImage.objects.all()} == {(8, 5600)}
    assert outcome(version) == (CheckState.CLEAN, "", 20)


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.xlsx", samples.xlsx()), ("a.docx", samples.docx()), ("a.xml", samples.XML), ("a.csv", samples.CSV)],
)
def test_tables_and_texts_are_clean_without_images(keep, name, data):
    version = keep(name, data)

    check_version(version.pk)

    assert outcome(version) == (CheckState.CLEAN, "", 0)
    assert page_images_for([version]) == {}


def test_drawing_that_runs_out_of_time_leaves_a_clean_document_with_what_was_drawn(keep, monkeypatch, storage_folder):
    version = keep("a.pdf", samples.written_pdf(b"0 0 m 150 190 l S\n" * 1_000_000))
    monkeypatch.setattr(runner.draw, "__defaults__", (Limits(memory=1_000_000_000, cpu=1, wall=30), None))

    check_version(version.pk)

    state, reason, pages = outcome(version)
    assert (state, reason) == (CheckState.CLEAN, "")
    assert VersionCheck.objects.get().is_partial
    assert len(list((storage_folder / "pages").glob("*"))) == pages


def test_version_is_drawn_once_however_often_it_is_asked_for(keep, storage_folder: Path):
    version = keep("a.pdf", samples.pdf())

    check_version(version.pk)
    check_version(version.pk)
    tasks.check_waiting()

    assert len(list((storage_folder / "pages").iterdir())) == 1


def test_version_in_the_hands_of_a_worker_is_left_alone_until_its_lease_ends(keep):
    version = keep("a.csv", samples.CSV)
    VersionCheck.objects.update(attempts=1, lease_until=clock.now() + LEASE)

    tasks.check_waiting()
    assert outcome(version)[0] == CheckState.PENDING

    with clock.at(clock.now() + LEASE + timedelta(seconds=1)):
        tasks.check_waiting()
    assert outcome(version)[0] == CheckState.CLEAN


def test_d07_lease_of_before_the_clock_was_set_back_holds_nobody_up(keep):
    version = keep("a.csv", samples.CSV)
    VersionCheck.objects.update(attempts=1, lease_until=clock.now() + timedelta(hours=1))

    tasks.check_waiting()

    assert outcome(version)[0] == CheckState.CLEAN


def test_version_at_which_workers_died_three_times_is_refused(keep):
    version = keep("a.pdf", samples.pdf())
    VersionCheck.objects.update(attempts=checking.MAX_ATTEMPTS)

    tasks.check_waiting()

    assert outcome(version) == (CheckState.REFUSED, Reason.TOO_COMPLEX, 0)


def test_sweep_goes_on_after_a_version_whose_file_is_missing(keep, caplog):
    missing, good = keep("a.pdf", samples.pdf()), keep("b.pdf", samples.pdf())
    default_storage.delete(missing.storage_key)

    tasks.check_waiting()

    assert (outcome(missing)[0], outcome(good)[0]) == (CheckState.PENDING, CheckState.CLEAN)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_worker_that_outlived_its_lease_leaves_the_result_of_the_other(keep, monkeypatch, storage_folder, caplog):
    version = keep("a.pdf", samples.pdf())
    draw = checking._draw

    def slow_draw(*arguments):
        pages = draw(*arguments)
        VersionCheck.objects.update(prepared_at=clock.now(), pages=0)
        return pages

    monkeypatch.setattr(checking, "_draw", slow_draw)
    check_version(version.pk)

    assert outcome(version) == (CheckState.CLEAN, "", 0)
    assert (PageImage.objects.count(), list((storage_folder / "pages").iterdir())) == (0, [])


def test_page_images_of_several_versions_come_in_one_query(keep, django_assert_num_queries):
    versions = [keep(f"{number}.pdf", samples.pdf(number)) for number in (1, 2)]
    tasks.check_waiting()

    with django_assert_num_queries(1):
        pages = page_images_for(versions)

    assert [len(pages[version.pk]) for version in versions] == [1, 2]
