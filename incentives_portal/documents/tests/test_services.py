import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery
from celery._state import get_current_app
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import IntegrityError, InternalError, OperationalError, connection, transaction

from incentives_portal.documents import services
from incentives_portal.documents.enums import CheckState, FileType
from incentives_portal.documents.errors import DocumentRemoved, UploadRefused, UploadsRefused
from incentives_portal.documents.models import Document, DocumentVersion, VersionCheck
from incentives_portal.documents.parsing.reasons import Reason
from incentives_portal.tests.racing import done_at_once

from . import samples


def stored_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_store_keeps_bytes_under_a_generated_name_with_hash_and_owner(organisation, actor, storage_folder):
    version = services.store(samples.upload("../Beleg 1.csv", samples.CSV), organisation=organisation, actor=actor)

    version.refresh_from_db()
    assert (version.document.organisation, version.document.uploaded_by, version.uploaded_by) == (
        organisation,
        actor,
        actor,
    )
    assert (version.number, version.original_name, version.type, version.size) == (
        1,
        "Beleg 1.csv",
        FileType.CSV,
        len(samples.CSV),
    )
    assert version.sha256 == hashlib.sha256(samples.CSV).hexdigest()
    assert stored_files(storage_folder) == [version.storage_key]
    assert "Beleg" not in version.storage_key
    assert samples.stored(version.storage_key) == samples.CSV
    assert version.check_result.state == CheckState.PENDING


def test_store_takes_a_file_that_django_spooled_to_disk(organisation, actor):
    with TemporaryUploadedFile("a.csv", "text/csv", len(samples.CSV), None) as upload:
        upload.write(samples.CSV)
        version = services.store(upload, organisation=organisation, actor=actor)

    assert samples.stored(version.storage_key) == samples.CSV


def test_store_refused_file_leaves_nothing_behind(organisation, actor, storage_folder):
    with pytest.raises(UploadRefused):
        services.store(samples.upload("a.pdf", b"<html>"), organisation=organisation, actor=actor)

    assert (Document.objects.count(), stored_files(storage_folder)) == (0, [])


def test_store_many_stores_all(organisation, actor, django_assert_num_queries):
    uploads = [samples.upload(f"{number}.csv", samples.CSV) for number in range(3)]

    with django_assert_num_queries(8):
        versions = services.store_many(uploads, organisation=organisation, actor=actor)

    assert [(version.original_name, version.number) for version in versions] == [
        ("0.csv", 1),
        ("1.csv", 1),
        ("2.csv", 1),
    ]
    assert len({version.document_id for version in versions}) == 3
    assert VersionCheck.objects.count() == 3


def test_store_many_with_refusals_names_them_all_and_stores_none(organisation, actor, storage_folder):
    uploads = [
        samples.upload("a.svg", b"<svg/>"),
        samples.upload("good.csv", samples.CSV),
        samples.upload("b.pdf", b""),
    ]

    with pytest.raises(UploadsRefused) as caught:
        services.store_many(uploads, organisation=organisation, actor=actor)

    assert [(refusal.file_name, refusal.reason) for refusal in caught.value.refusals] == [
        ("a.svg", Reason.TYPE),
        ("b.pdf", Reason.EMPTY),
    ]
    assert [message.split(" was")[0] for message in caught.value.messages] == ["“a.svg”", "“b.pdf”"]
    assert (Document.objects.count(), stored_files(storage_folder)) == (0, [])


def test_u14_store_deletes_the_file_again_when_the_rows_are_refused(actor, organisation, storage_folder):
    organisation.pk = None

    with pytest.raises(ValueError, match="unsaved"):
        services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)

    assert stored_files(storage_folder) == []


@pytest.mark.parametrize(("failure", "left"), [(IntegrityError, 0), (OperationalError, 1)])
def test_u14_store_keeps_the_file_only_if_the_fate_of_the_commit_is_unknown(
    failure, left, organisation, actor, storage_folder, django_capture_on_commit_callbacks
):
    class Fails:
        def __call__(self, execute, sql, params, many, context):
            if sql.startswith('INSERT INTO "documents_versioncheck"'):
                raise failure("planted")
            return execute(sql, params, many, context)

    with connection.execute_wrapper(Fails()), pytest.raises(failure):
        services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)

    assert (DocumentVersion.objects.count(), len(stored_files(storage_folder))) == (0, left)


class FullStorage(FileSystemStorage):
    def _save(self, name, content):
        super()._save(name, content)
        raise OSError(28, "No space left on device")


def test_u15_store_with_a_full_disk_refuses_with_a_message_and_leaves_nothing(
    settings, organisation, actor, storage_folder
):
    full = {"BACKEND": f"{__name__}.FullStorage", "OPTIONS": {"location": str(storage_folder)}}
    settings.STORAGES = {**settings.STORAGES, "default": full}
    uploads = [samples.upload("a.csv", samples.CSV), samples.upload("b.csv", samples.CSV)]

    stored, refused = services.store_good(uploads, organisation=organisation, actor=actor)

    assert stored == []
    assert [(refusal.file_name, refusal.reason) for refusal in refused] == [
        ("a.csv", Reason.NOT_STORED),
        ("b.csv", Reason.NOT_STORED),
    ]
    assert (Document.objects.count(), stored_files(storage_folder)) == (0, [])


def test_u13_replace_adds_a_version_and_keeps_the_former(organisation, actor, colleague):
    first = services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)

    second = services.replace(first.document, samples.upload("b.xml", samples.XML), colleague)

    assert list(first.document.versions.values_list("number", "original_name", "uploaded_by")) == [
        (1, "a.csv", actor.pk),
        (2, "b.xml", colleague.pk),
    ]
    assert list(DocumentVersion.objects.current()) == [second]
    assert samples.stored(first.storage_key) == samples.CSV


def test_replace_removed_document_is_refused(organisation, actor, storage_folder):
    version = services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)
    services.remove(version.document, actor)

    with pytest.raises(DocumentRemoved):
        services.replace(version.document, samples.upload("b.csv", samples.CSV), actor)

    assert stored_files(storage_folder) == [version.storage_key]


def test_remove_takes_out_of_use_and_keeps_the_bytes(organisation, actor, colleague):
    version = services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)

    services.remove(version.document, actor)
    services.remove(version.document, colleague)

    document = Document.objects.get()
    assert document.removed_at is not None
    assert document.removed_by == actor
    assert list(DocumentVersion.objects.current()) == []
    assert default_storage.exists(version.storage_key)


@pytest.mark.django_db(transaction=True)
def test_two_replacements_at_once_become_two_versions(organisation, actor):
    first = services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)

    def replace(name: str) -> Callable[[], DocumentVersion]:
        return lambda: services.replace(first.document, samples.upload(name, samples.CSV), actor)

    done_at_once(replace("b.csv"), replace("c.csv"))

    assert sorted(first.document.versions.values_list("number", flat=True)) == [1, 2, 3]


@pytest.mark.parametrize(
    "statement", ["UPDATE documents_documentversion SET size = 1", "DELETE FROM documents_documentversion"]
)
def test_u07_u13_database_refuses_to_change_or_delete_a_version(statement, organisation, actor):
    services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)

    with pytest.raises(InternalError, match="append_only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert DocumentVersion.objects.get().size == len(samples.CSV)


@pytest.mark.django_db(transaction=True)
def test_store_while_the_broker_is_down_succeeds_and_waits_for_the_sweep(organisation, actor, caplog):
    usual = get_current_app()
    down = Celery("down", broker="redis://127.0.0.1:1/0", set_as_current=False)
    down.conf.broker_transport_options = {"socket_connect_timeout": 1, "max_retries": 0}
    down.set_current()
    try:
        services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)
    finally:
        usual.set_current()

    assert VersionCheck.objects.get().state == CheckState.PENDING
    assert [record.message.split(",")[0] for record in caplog.records] == ["The broker cannot be reached"]
