import hashlib
import threading
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from celery import Celery
from celery._state import get_current_app
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import IntegrityError, InternalError, OperationalError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from incentives_portal import clock
from incentives_portal.documents import checking, cleanup, quotas, services, tasks
from incentives_portal.documents.enums import CheckState, FileType
from incentives_portal.documents.models import Document, DocumentVersion, Upload, VersionCheck
from incentives_portal.documents.services import UploadGone
from incentives_portal.documents.upload_validation import UploadRefused, messages_of
from incentives_portal.sandbox.parsing.reasons import Reason
from incentives_portal.tests.owner import as_owner
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


def test_store_good_stores_all(organisation, actor, django_assert_num_queries):
    uploads = [samples.upload(f"{number}.csv", samples.CSV) for number in range(3)]

    with django_assert_num_queries(9):
        versions, refused = services.store_good(uploads, organisation=organisation, actor=actor)

    assert refused == []
    assert [(version.original_name, version.number) for version in versions] == [
        ("0.csv", 1),
        ("1.csv", 1),
        ("2.csv", 1),
    ]
    assert len({version.document_id for version in versions}) == 3
    assert VersionCheck.objects.count() == 3


def test_refused_files_are_named_and_the_good_one_is_stored(organisation, actor):
    uploads = [
        samples.upload("a.svg", b"<svg/>"),
        samples.upload("good.csv", samples.CSV),
        samples.upload("b.pdf", b""),
    ]

    stored, refused = services.store_good(uploads, organisation=organisation, actor=actor)

    assert [version.original_name for version in stored] == ["good.csv"]
    assert [(refusal.file_name, refusal.reason) for refusal in refused] == [
        ("a.svg", Reason.TYPE),
        ("b.pdf", Reason.EMPTY),
    ]
    assert [message.split(" was")[0] for message in messages_of(refused)] == ["“a.svg”", "“b.pdf”"]
    counted = [(upload.size, upload.version_id) for upload in Upload.objects.order_by("pk")]
    assert counted == [(6, None), (0, None), (len(samples.CSV), stored[0].pk)]


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
    settings, organisation, actor, storage_folder, caplog
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
    assert (
        caplog.text.count(f"The storage did not take a file of {len(samples.CSV)} bytes") == 1
    )  # the second is not tried


def test_remove_takes_out_of_use_and_keeps_the_bytes(organisation, actor, colleague):
    version = services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)

    services.remove(version.document, actor)
    services.remove(version.document, colleague)

    document = Document.objects.get()
    assert document.removed_at is not None
    assert document.removed_by == actor
    assert list(DocumentVersion.objects.current()) == []
    assert default_storage.exists(version.storage_key)


@pytest.mark.parametrize(
    "statement", ["UPDATE documents_documentversion SET size = 1", "DELETE FROM documents_documentversion"]
)
def test_u07_u13_database_refuses_to_change_or_delete_a_version(statement, organisation, actor):
    version = services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)
    services.attach([version], to="a test")

    for role, error in ((nullcontext, ProgrammingError), (as_owner, InternalError)):
        with pytest.raises(error), transaction.atomic(), role(), connection.cursor() as cursor:
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
        tasks.notify_workers(3)
    finally:
        usual.set_current()

    assert VersionCheck.objects.get().state == CheckState.PENDING
    assert [record.message.split(",")[0] for record in caplog.records] == ["The broker cannot be reached"]


# Attaching


@pytest.fixture
def version(organisation, actor) -> DocumentVersion:
    return services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)


def upload_of(version: DocumentVersion) -> tuple[str, bool]:
    """What the upload is attached to, and whether it expires."""
    upload = Upload.objects.get(version=version)
    return upload.attached_to, upload.expires_at is not None


@transaction.atomic
def attached(version: DocumentVersion, to: str = "proofs.invoice:7") -> None:
    services.attach([version], to=to)


def test_stored_file_expires_until_it_is_attached(version):
    assert upload_of(version) == ("", True)

    attached(version)

    assert upload_of(version) == ("proofs.invoice:7", False)


@pytest.mark.parametrize("again", ["proofs.invoice:7", "cases.event:8"])
def test_file_is_attached_once(version, again):
    attached(version)

    with pytest.raises(UploadGone, match="cannot be used here"):
        attached(version, again)
    assert upload_of(version) == ("proofs.invoice:7", False)


def test_file_that_expired_meanwhile_is_refused_kindly_before_and_after_cleanup(version):
    with clock.at(clock.now() + quotas.kept() + timedelta(seconds=1)):
        with pytest.raises(UploadGone, match="Choose it again"):
            attached(version)
        cleanup.sweep()
        with pytest.raises(UploadGone, match="Choose it again"):
            attached(version)


def test_refused_file_is_attached_nowhere_and_the_reason_is_said(version):
    VersionCheck.objects.update(state=CheckState.REFUSED, reason=Reason.MACROS)

    with pytest.raises(UploadGone, match="“a.csv” was not stored. The file contains macros"):
        attached(version)


def test_attaching_reads_no_verdict_of_other_files(version, organisation, actor):
    """What was refused after it had been attached stays for years: no comment with a file is to wait until all of that is read."""
    services.store(samples.upload("b.csv", samples.CSV), organisation=organisation, actor=actor)
    VersionCheck.objects.exclude(version=version).update(state=CheckState.REFUSED, reason=Reason.MACROS)

    with CaptureQueriesContext(connection) as asked:
        attached(version)

    (question,) = (query["sql"] for query in asked if f'FROM "{VersionCheck._meta.db_table}"' in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(question)
        assert cursor.fetchall() == []


@pytest.fixture
def while_attaching(version) -> Callable[[Callable[[], object]], object]:
    """Does something while somebody else has attached the file and not committed; what came of it, or the error."""

    def run(other: Callable[[], object]) -> object:
        taken, over, results = threading.Event(), threading.Event(), []

        def attach() -> None:
            with transaction.atomic():
                services.attach([version], to="proofs.invoice:7")
                taken.set()
                over.wait(2)  # with its lock the other cannot be done before

        def then() -> None:
            taken.wait(10)
            try:
                results.append(other())
            except UploadGone as gone:
                results.append(gone)
            over.set()

        done_at_once(attach, then)
        return results[0]

    return run


@pytest.mark.django_db(transaction=True)
def test_file_sent_with_two_forms_at_once_belongs_to_the_first(version, while_attaching):
    assert isinstance(while_attaching(lambda: attached(version, "cases.event:8")), UploadGone)
    assert upload_of(version) == ("proofs.invoice:7", False)


@pytest.mark.django_db(transaction=True)
def test_refusal_of_a_file_that_is_being_attached_is_announced(version, while_attaching, storage_folder):
    (storage_folder / version.storage_key).chmod(0o600)
    (storage_folder / version.storage_key).write_bytes(b"\0 is no table")
    heard: list[str] = []

    def hear(sender: object, version: DocumentVersion, reason: Reason, **_signal: object) -> None:
        heard.append(version.original_name)

    checking.file_refused.connect(hear)
    try:
        assert while_attaching(checking.check_next) is True
    finally:
        checking.file_refused.disconnect(hear)

    assert heard == ["a.csv"]


@pytest.mark.django_db(transaction=True)
def test_cleanup_leaves_what_is_being_attached(version):
    """The form came in the last second, and its transaction has not ended when the file expires."""
    taken, over, swept = threading.Event(), threading.Event(), []

    def attach() -> None:
        with transaction.atomic():
            services.attach([version], to="proofs.invoice:7")
            taken.set()
            over.wait(10)

    def sweep() -> None:
        taken.wait(10)
        with clock.at(clock.now() + quotas.kept() + timedelta(hours=1)):
            swept.append(cleanup.sweep().documents)
        over.set()

    done_at_once(attach, sweep)

    assert swept == [0]
    assert upload_of(version) == ("proofs.invoice:7", False)


def test_u17_refused_file_counts_for_a_day_after_its_bytes_are_gone(organisation, actor, settings):
    settings.UPLOAD_FILES_PER_HOUR, settings.UPLOAD_KEEP_HOURS = 2, 0
    send = partial(services.store, organisation=organisation, actor=actor)
    send(samples.upload("a.csv", samples.CSV))
    with pytest.raises(UploadRefused):
        send(samples.upload("b.svg", b"<svg/>"))
    with clock.at(clock.now() + timedelta(minutes=1)):
        cleanup.sweep()
        assert not DocumentVersion.objects.exists()
        with pytest.raises(UploadRefused) as caught:
            send(samples.upload("c.csv", samples.CSV))
    assert caught.value.reason == Reason.QUOTA

    with clock.at(clock.now() + timedelta(days=1, minutes=2)):
        cleanup.sweep()
        assert not Upload.objects.exists()
