"""A stored file that is not what was stored is neither handed out nor overlooked (U-21), nor can one person fill the disk (U-15, U-17)."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import CommandError, call_command
from django.http import Http404
from django.test import RequestFactory

from incentives_portal import clock
from incentives_portal.documents import services, serving, upload_validation
from incentives_portal.documents.models import DocumentVersion, PageImage
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.documents.upload_validation import UploadRefused
from incentives_portal.sandbox.parsing.reasons import Reason
from incentives_portal.tests.racing import at_once, while_locked

from . import samples

#: The last field of a form that was typed into, and its end.
TITLE = b"--x\r\nContent-Disposition: form-data; name=title\r\n\r\ntyped\r\n--x--\r\n"


@pytest.fixture
def keep(organisation, actor):
    def store(name: str = "a.csv", data: bytes = samples.CSV) -> DocumentVersion:
        return services.store(samples.upload(name, data), organisation=organisation, actor=actor)

    return store


def test_u21_download_of_a_file_with_one_flipped_byte_is_refused_and_logged(keep, actor, storage_folder, caplog):
    version = keep()
    check_version(version.pk)
    version.check_result.refresh_from_db()
    stored = storage_folder / version.storage_key
    stored.chmod(0o600)
    data = bytearray(stored.read_bytes())
    data[3] ^= 1
    stored.write_bytes(data)

    with pytest.raises(Http404, match="changed in storage"):
        serving.file_response(version, actor)

    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_u14_u21_command_names_changed_and_missing_files_and_fails(keep, storage_folder):
    good, changed, missing, drawn = keep("good.csv"), keep("b.csv"), keep("c\n.csv"), keep("d.pdf", samples.pdf())
    check_version(drawn.pk)
    said = StringIO()
    call_command("verify_documents", stdout=said)
    assert said.getvalue() == "All 4 versions are what was stored.\n"

    (storage_folder / changed.storage_key).write_bytes(samples.CSV + b"x")
    default_storage.delete(missing.storage_key)
    image = PageImage.objects.get()
    default_storage.delete(image.storage_key)
    said = StringIO()
    with pytest.raises(CommandError, match="3 stored files"):
        call_command("verify_documents", stdout=said)

    assert said.getvalue().splitlines() == [
        f"changed: {changed.storage_key} ('b.csv')",
        f"missing: {missing.storage_key} ('c.csv')",
        f"missing: {image.storage_key} ('d.pdf, page 1')",
    ]
    assert good.storage_key not in said.getvalue()


def test_u17_more_than_the_hourly_number_is_refused_with_a_message_until_the_hour_is_over(
    keep, settings, colleague, organisation
):
    settings.UPLOAD_FILES_PER_HOUR = 2
    keep(), keep()

    with pytest.raises(UploadRefused) as caught:
        keep("third.csv")
    assert (caught.value.file_name, caught.value.reason) == ("third.csv", Reason.QUOTA)
    services.store(
        samples.upload("a.csv", samples.CSV), organisation=organisation, actor=colleague
    )  # others are unaffected
    with clock.at(clock.now() + timedelta(hours=1, seconds=1)):
        keep("third.csv")


def test_u15_more_than_the_daily_bytes_is_refused(keep, settings):
    settings.UPLOAD_BYTES_PER_DAY = 2 * len(samples.CSV)
    keep()
    with clock.at(clock.now() + timedelta(hours=2)):
        keep()
        with pytest.raises(UploadRefused):
            keep()


@pytest.mark.django_db(transaction=True)
def test_u17_uploads_at_once_do_not_slip_past_the_quota_together(keep, settings, storage_folder):
    settings.UPLOAD_FILES_PER_HOUR = 2

    results = at_once(*[keep] * 5)

    refused = [result.reason for result in results if isinstance(result, UploadRefused)]
    assert (DocumentVersion.objects.count(), refused) == (2, [Reason.QUOTA] * 3)
    assert sum(path.is_file() for path in storage_folder.rglob("*")) == 2


class MeetingStorage(FileSystemStorage):
    """A slow one: a file is not stored before another one is on its way."""

    meeting = threading.Barrier(2)

    def _save(self, name, content):
        self.meeting.wait(timeout=10)
        return super()._save(name, content)


@pytest.mark.django_db(transaction=True)
def test_u17_uploads_of_one_person_do_not_wait_for_each_other_at_a_slow_storage(keep, settings, storage_folder):
    slow = {"BACKEND": f"{__name__}.MeetingStorage", "OPTIONS": {"location": str(storage_folder)}}
    settings.STORAGES = {**settings.STORAGES, "default": slow}

    results = at_once(keep, keep)

    assert [type(result) for result in results] == [DocumentVersion] * 2, results


@pytest.mark.django_db(transaction=True)
def test_u17_who_waits_too_long_for_the_own_other_upload_is_told_to_try_again(keep, actor):
    with pytest.raises(UploadRefused) as caught:
        while_locked(actor, keep)

    assert (caught.value.file_name, caught.value.reason) == ("a.csv", Reason.NOT_STORED)
    assert DocumentVersion.objects.count() == 0


def test_u04_too_large_file_is_cut_off_while_it_comes_and_the_rest_of_the_form_arrives(settings):
    settings.UPLOAD_MAX_BYTES = 200_000
    body = b"--x\r\nContent-Disposition: form-data; name=paper; filename=a.pdf\r\n\r\n" + b"y" * 3_000_000
    body += b"\r\n" + TITLE
    request = RequestFactory().generic("POST", "/", body, content_type="multipart/form-data; boundary=x")

    upload = request.FILES["paper"]
    try:
        assert 200_000 < upload.size < 400_000
        assert request.POST["title"] == "typed"
        with pytest.raises(UploadRefused) as caught:
            upload_validation.validate(upload)
        assert caught.value.reason == Reason.TOO_LARGE
    finally:
        upload.close()


@pytest.mark.parametrize("stranger", [False, True])
def test_u04_of_all_files_of_a_request_no_more_is_let_through_than_may_come_at_once(settings, actor, stranger):
    settings.UPLOAD_MAX_BYTES, settings.UPLOAD_MAX_TOTAL_BYTES = 200_000, 300_000
    part = b"--x\r\nContent-Disposition: form-data; name=%s; filename=%s.csv\r\n\r\n" + b"y" * 150_000 + b"\r\n"
    body = b"".join(part % (field, field) for field in (b"a", b"b", b"c")) + TITLE
    request = RequestFactory().generic("POST", "/", body, content_type="multipart/form-data; boundary=x")
    request.user = AnonymousUser() if stranger else actor
    try:
        sizes = [request.FILES[field].size for field in "abc"]
        assert request.POST["title"] == "typed"
        assert sizes == [0, 0, 0] if stranger else sizes[:2] == [150_000] * 2 and sizes[2] < 65_536
        # Each may belong to a field of its own, which counts its own ones only: nobody takes a part for the whole.
        with pytest.raises(UploadRefused) as caught:
            upload_validation.validate(request.FILES["c"])
        assert (caught.value.file_name, caught.value.reason) == ("c.csv", Reason.TOO_MUCH)
    finally:
        request.close()


def test_files_that_are_too_large_together_are_refused_from_there_on(settings):
    settings.UPLOAD_MAX_TOTAL_BYTES = 2 * len(samples.CSV)
    uploads = [samples.upload(f"{number}.csv", samples.CSV) for number in range(3)]

    good, refused = upload_validation.validate_all(uploads)

    assert [file.name for file in good] == ["0.csv", "1.csv"]
    assert [(refusal.file_name, refusal.reason) for refusal in refused] == [("2.csv", Reason.TOO_MUCH)]
