"""A backup is one moment of database and files while people work; it costs only what is new, and says what is wrong."""

import json
import os
import stat
import threading
import time
from datetime import timedelta
from io import StringIO

import psutil
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from incentives_portal import clock
from incentives_portal.backups import backing_up, client_programs, manifest
from incentives_portal.documents import cleanup
from incentives_portal.documents import services as documents
from incentives_portal.documents.models import DocumentVersion, PageImage, SafeCopy
from incentives_portal.documents.tests import samples
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.installation import services as installations
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.tests.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    load_catalog()
    return make_world()


@pytest.fixture
def upload(world):
    def store(name="a.csv", data=samples.CSV):
        organisation = world.jana.organisation
        return documents.store(samples.upload(name, data), organisation=organisation, actor=world.jana)

    return store


def silent(line):
    pass


def keys_of(backup):
    return {file.key for file in backup.files()}


def backed_up(destination, *options):
    said = StringIO()
    call_command("backup", str(destination), *options, stdout=said, stderr=said)
    return said.getvalue()


def test_backup_holds_every_row_and_file_with_its_hash(upload, destination):
    versions = [upload(), upload("b.pdf", samples.pdf())]
    check_version(versions[1].pk)
    made = {PageImage.objects.get().storage_key, *SafeCopy.objects.values_list("storage_key", flat=True)}

    said = backed_up(destination)

    backup = manifest.find_backup(destination)
    backup.verify_own_files()
    files = {file.key: file for file in backup.files()}
    assert files.keys() == {versions[0].storage_key, versions[1].storage_key} | made
    for key, file in files.items():
        content = backup.pooled(key).read_bytes()
        assert (len(content), content) == (file.size, samples.stored(key))
    assert files[versions[0].storage_key].sha256 == versions[0].sha256
    found = backup.manifest
    assert (found["tables"]["documents_documentversion"], found["tables"]["documents_pageimage"]) == (2, 1)
    assert found["installation"]["identity"] == str(installations.installation().identity)
    assert ["installation", "0001_initial"] in found["migrations"]
    assert found["files"]["missing"] == found["files"]["changed"] == []
    assert f"{2 + len(made)} files" in said
    last = installations.last_backup()
    assert (last["files"], last["problems"], last["destination"]) == (2 + len(made), 0, str(backup.folder))


def test_nobody_else_reads_a_backup(upload, destination):
    upload()
    backed_up(destination)

    everything = [destination, *destination.rglob("*")]
    others = stat.S_IRWXG | stat.S_IRWXO
    assert [path for path in everything if path.is_dir() and path.stat().st_mode & others] == []
    dump = manifest.find_backup(destination).dump
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600


def test_o06_what_comes_and_goes_while_it_runs_does_not_make_it_wrong(upload, destination):
    """After the dump a file is uploaded, and a forgotten one is swept: the backup is that of the dump's moment."""
    with clock.at(clock.now() - timedelta(days=3)):
        forgotten = upload("forgotten.csv")
    stays = upload("stays.csv")
    later = []

    def meanwhile(line):
        if line == "Copying the files":
            assert cleanup.sweep().documents == 1
            assert not default_storage.exists(forgotten.storage_key)
            later.append(upload("later.csv"))

    backup = backing_up.back_up(destination, meanwhile)

    assert keys_of(backup) == {forgotten.storage_key, stays.storage_key}
    assert backup.pooled(forgotten.storage_key).read_bytes() == samples.CSV
    assert backup.manifest["tables"]["documents_documentversion"] == 2
    assert set(DocumentVersion.objects.all()) == {stays, *later}
    assert backup.manifest["files"]["missing"] == []


def test_file_that_was_swept_and_deleted_from_the_trash_is_no_problem(upload, destination, settings):
    settings.UPLOAD_TRASH_DAYS = -1  # a trash that is emptied at once
    with clock.at(clock.now() - timedelta(days=3)):
        forgotten = upload("forgotten.csv")

    backup = backing_up.back_up(destination, lambda line: line == "Copying the files" and cleanup.sweep())

    assert keys_of(backup) == set()
    assert backup.manifest["files"]["removed_meanwhile"] == [forgotten.storage_key]
    assert backup.manifest["files"]["missing"] == []


def test_missing_and_changed_files_are_named_and_the_rest_is_backed_up(upload, destination):
    good, missing, changed = upload(), upload("b.csv"), upload("c.csv")
    default_storage.delete(missing.storage_key)
    os.chmod(default_storage.path(changed.storage_key), 0o600)
    with open(default_storage.path(changed.storage_key), "wb") as file:
        file.write(b"x")
    said = StringIO()

    with pytest.raises(CommandError, match="complete but for 1 files"):
        call_command("backup", str(destination), stdout=said, stderr=said)

    assert f"Missing in the file store: {missing.storage_key}" in said.getvalue()
    assert f"Changed in the file store: {changed.storage_key}" in said.getvalue()
    assert keys_of(manifest.find_backup(destination)) == {good.storage_key, changed.storage_key}
    assert installations.last_backup()["problems"] == 2


def test_second_backup_fetches_what_is_new_and_mends_what_is_damaged(upload, destination):
    first, second = upload(), upload("b.pdf", samples.pdf())
    check_version(second.pk)
    backed_up(destination)
    pooled = manifest.find_backup(destination).pooled(first.storage_key)
    third = upload("c.csv", samples.CSV + b"x;1\r\n")

    backed_up(destination)
    assert manifest.find_backup(destination).manifest["files"]["fetched"] == 1
    pooled.write_bytes(b"rotten")
    said = backed_up(destination)

    newest = manifest.find_backup(destination)
    assert f"Damaged in the destination, fetched again: {first.storage_key}" in said
    assert pooled.read_bytes() == samples.CSV
    assert newest.manifest["files"]["fetched"] == 1
    assert third.storage_key in keys_of(newest)


def test_only_the_newest_are_kept_with_their_files(upload, destination):
    with clock.at(clock.now() - timedelta(days=3)):
        forgotten = upload("forgotten.csv")
    stays = upload("stays.csv")
    backed_up(destination)
    cleanup.sweep()
    backed_up(destination, "--keep=2")
    assert len(manifest.backups_in(destination)) == 2
    assert (destination / "files" / forgotten.storage_key).exists()

    said = backed_up(destination, "--keep=1")

    assert "Removed 2 older backups." in said
    assert len(manifest.backups_in(destination)) == 1
    files = {path.name for path in (destination / "files").rglob("*") if path.is_file()}
    assert files == {stays.storage_key.partition("/")[2]}


def test_password_stands_in_no_command_line(upload, destination):
    """Every process that is started while a backup runs is looked at."""
    upload()
    seen, over = set(), threading.Event()

    def look():
        while not over.is_set():
            for child in psutil.Process().children(recursive=True):
                try:
                    seen.add(" ".join(child.cmdline()))
                except psutil.Error:
                    continue
            time.sleep(0.005)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        backed_up(destination)
    finally:
        over.set()
        looking.join()

    password = connection.get_connection_params()["password"]
    assert any("pg_dump" in line for line in seen)
    assert [line for line in seen if password in line] == []
    assert client_programs.environment()["PGPASSWORD"] == password


def test_what_was_broken_off_is_no_backup(upload, destination):
    upload()

    def fail(line):
        if line == "Copying the files":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backing_up.back_up(destination, fail)
    assert manifest.backups_in(destination) == []
    assert installations.last_backup() is None
    half = destination / "2000-01-01T000000Z"
    half.mkdir()
    (half / manifest.DUMP).write_bytes(b"half a dump")

    with pytest.raises(manifest.Unusable, match="no complete backup"):
        manifest.find_backup(destination)


def test_two_at_once_and_a_place_within_the_store_are_refused(upload, destination):
    upload()

    def another(line):
        with pytest.raises(CommandError, match="Another backup"):
            call_command("backup", str(destination))

    backing_up.back_up(destination, another)
    with pytest.raises(CommandError, match="lies within the file store"):
        call_command("backup", default_storage.path("backups"))


def test_missing_client_programs_are_named_with_what_to_install(monkeypatch, settings, destination, tmp_path):
    settings.EMBEDDED_DATABASE = False
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(client_programs, "_DEBIAN", tmp_path)

    with pytest.raises(CommandError, match=r"apt-get install postgresql-client-\d+"):
        call_command("backup", str(destination))


def test_manifest_of_another_format_is_refused(destination):
    backup = backing_up.back_up(destination, silent)
    found = json.loads((backup.folder / manifest.MANIFEST).read_text())
    (backup.folder / manifest.MANIFEST).write_text(json.dumps({**found, "format": 99}))

    with pytest.raises(manifest.Unusable, match="of format 99"):
        manifest.find_backup(destination)


def test_damaged_manifest_of_an_older_backup_keeps_no_new_one_from_being_made(upload, destination):
    """It did, each night, with a traceback. What is not read is not pruned either: its files may be needed."""
    upload()
    backed_up(destination)
    (older,) = manifest.backups_in(destination)
    (older.folder / manifest.MANIFEST).write_text("{")

    with pytest.raises(CommandError, match="A backup was made, but older ones were not removed.*cannot be read"):
        backed_up(destination, "--keep=1")

    assert older.folder.is_dir()
    assert installations.last_backup()["files"] == 1
    made = manifest.newest_readable(destination)
    made.verify_own_files()
    assert len(keys_of(made)) == 1
