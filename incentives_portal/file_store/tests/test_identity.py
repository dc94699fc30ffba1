"""The cleanup takes files away only from the store of its own database, into the trash, and never very many at once (inspection, U-14)."""

import json
import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from incentives_portal import clock
from incentives_portal.documents import cleanup, services
from incentives_portal.documents.models import DocumentVersion, PageImage, SafeCopy
from incentives_portal.documents.tests import samples
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.file_store import stray_files, trash
from incentives_portal.file_store.identity import IDENTITY_FILE
from incentives_portal.installation import services as installations
from incentives_portal.installation.models import Installation

OLD = timedelta(days=3)


@pytest.fixture
def keep(organisation, actor):
    """Store an upload."""
    return lambda name="a.csv", data=samples.CSV: services.store(
        samples.upload(name, data), organisation=organisation, actor=actor
    )


def stray(number=1, folder="documents", age=OLD):
    """So many old files without a row; their keys."""
    keys = [default_storage.save(f"{folder}/{n:032x}", ContentFile(b"x")) for n in range(number)]
    then = time.time() - age.total_seconds()
    for key in keys:
        os.utime(default_storage.path(key), (then, then))
    return keys


def files():
    """Every key in the store but its identity."""
    root = default_storage.path("")
    found = [os.path.join(place, name) for place, _folders, names in os.walk(root) for name in names]
    return {os.path.relpath(path, root) for path in found} - {IDENTITY_FILE}


def identity():
    return json.loads(samples.stored(IDENTITY_FILE))["store"]


# Whose is the store?


def test_first_cleanup_makes_store_and_database_belong_together(db):
    assert cleanup.sweep().refused == ""

    row = installations.installation()
    assert (str(row.store), row.database) == (identity(), installations.database_fingerprint())
    assert cleanup.sweep().refused == ""
    assert identity() == str(row.store)


@pytest.mark.parametrize(
    ("break_it", "comment"),
    [
        (lambda: Installation.objects.update(store=None), "belongs to another installation"),
        (lambda: default_storage.delete(IDENTITY_FILE), "has no identity"),
        (
            lambda: Installation.objects.update(store="6d9d2f5e-1b1c-4bd0-8fe0-5dd3d3d5f6a1"),
            "that of this database is 6d9d",
        ),
        (lambda: Installation.objects.update(database="7/1"), "is a copy of the one"),
        (lambda: _overwrite(b"{}"), "cannot be read"),
    ],
    ids=["fresh database", "fresh store", "other store", "copy of the database", "spoilt"],
)
def test_u14_nothing_is_deleted_from_a_store_that_is_not_ones_own(keep, break_it, comment):
    version = keep()
    cleanup.sweep()
    lost = stray(3)
    break_it()

    with clock.at(clock.now() + OLD):
        swept = cleanup.sweep()

    assert comment in swept.refused
    assert (swept.documents, swept.files) == (0, 0)
    assert files() == {version.storage_key, *lost}
    assert installations.installation().last_cleanup["refused"] == swept.refused


def _overwrite(content):
    default_storage.delete(IDENTITY_FILE)
    default_storage.save(IDENTITY_FILE, ContentFile(content))


def test_adopting_a_store_takes_it_from_its_former_owner(keep, capsys):
    keep()
    cleanup.sweep()
    former = installations.installation()
    stray(3)
    _overwrite(json.dumps({"store": "6d9d2f5e-1b1c-4bd0-8fe0-5dd3d3d5f6a1"}).encode())

    call_command("adopt_storage", "--yes")

    assert cleanup.sweep().files == 3
    assert identity() not in (str(former.store), "6d9d2f5e-1b1c-4bd0-8fe0-5dd3d3d5f6a1")
    # The former owner's row still names the identity of before.
    Installation.objects.update(store=former.store, database=former.database)
    assert "No file is deleted" in cleanup.sweep().refused


def test_adopting_asks_first(db, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda question: "no")

    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("adopt_storage")

    assert not default_storage.exists(IDENTITY_FILE)


# Trash


def test_what_is_swept_lies_in_the_trash_for_two_weeks(keep, settings, django_capture_on_commit_callbacks):
    version = keep("photo.png", samples.picture(kind="PNG"))
    check_version(version.pk)
    image = PageImage.objects.get()
    made = [image.storage_key, *SafeCopy.objects.values_list("storage_key", flat=True)]
    (lost,) = stray(1)
    today = datetime.fromtimestamp(time.time(), UTC).date()

    with clock.at(clock.now() + OLD), django_capture_on_commit_callbacks(execute=True):
        swept = cleanup.sweep()

    assert (swept.documents, swept.files) == (1, 1)
    assert files() == {f"trash/{today}/{key}" for key in (version.storage_key, *made, lost)}

    folder = default_storage.path("trash")
    os.rename(f"{folder}/{today}", f"{folder}/{today - timedelta(days=settings.UPLOAD_TRASH_DAYS)}")
    cleanup.sweep()
    assert len(files()) == 2 + len(made)
    os.rename(
        f"{folder}/{today - timedelta(days=settings.UPLOAD_TRASH_DAYS)}",
        f"{folder}/{today - timedelta(days=settings.UPLOAD_TRASH_DAYS + 1)}",
    )
    cleanup.sweep()
    assert files() == set()
    assert os.listdir(folder) == []


def test_what_a_row_names_after_all_is_put_back(keep, capsys):
    version = keep()
    (lost,) = stray(1)
    trash.discard([version.storage_key, lost])

    call_command("cleanup_uploads", "--put-back")

    assert "Brought 1 files back" in capsys.readouterr().out
    assert samples.stored(version.storage_key) == samples.CSV
    assert trash.find(lost) is not None
    assert trash.find(version.storage_key) is None


def test_trash_of_a_strange_name_is_left_alone(db):
    default_storage.save("trash/not-a-day/documents/x", ContentFile(b"x"))

    assert cleanup.sweep().refused == ""
    assert files() == {"trash/not-a-day/documents/x"}


# Ceiling, dry run, cursor


def test_u14_older_dump_does_not_cost_the_files_that_were_written_after_it(keep, caplog):
    """As it was found: of 545 stored files 85 came after the dump, and the first cleanup destroyed them."""
    version = keep()
    DocumentVersion.objects.bulk_create(
        DocumentVersion(
            document=version.document, number=number, storage_key=f"documents/named-{number}", sha256="0" * 64,
            size=1, type=version.type, original_name="a.csv", uploaded_by=version.uploaded_by,
        )
        for number in range(2, 460)
    )  # fmt: skip
    later = stray(85)

    swept = cleanup.sweep()

    assert (swept.documents, swept.files) == (0, 0)
    assert "85 stored files have no row, and one run may take away 22" in swept.refused
    assert files() >= set(later)
    with pytest.raises(CommandError, match="85 stored files"):
        call_command("cleanup_uploads")
    assert "The cleanup of files stopped" in caplog.text


def test_force_takes_away_what_the_ceiling_held_back(db, capsys):
    stray(30)

    with pytest.raises(CommandError, match="one run may take away 20: none was"):
        call_command("cleanup_uploads")
    assert len([key for key in files() if key.startswith("documents/")]) == 30
    call_command("cleanup_uploads", "--force")

    assert "0 documents and 30 files" in capsys.readouterr().out
    assert len([key for key in files() if key.startswith("trash/")]) == 30


def test_dry_run_says_what_would_go_and_changes_nothing(keep, capsys, caplog):
    caplog.set_level("INFO")
    keep()
    keys = stray(30)
    before = files()

    with clock.at(clock.now() + OLD):
        call_command("cleanup_uploads", "--dry-run")

    assert "Would remove 1 documents and 30 files" in capsys.readouterr().out
    assert all(key in caplog.text for key in keys)
    assert files() == before
    assert DocumentVersion.objects.count() == 1
    assert installations.installation().last_cleanup is None


def test_large_store_is_walked_over_several_runs(db, monkeypatch):
    """Each run looks at one batch; the third begins where the second ended, and the fifth from the beginning."""
    monkeypatch.setattr(stray_files, "_SECONDS", -1)
    monkeypatch.setattr(stray_files, "_BATCH", 4)
    documents, pages = stray(6), stray(6, folder="pages")

    swept, cursors = [], []
    for _run in range(5):
        swept.append(cleanup.sweep().files)
        cursors.append(installations.installation().cleanup_cursor)

    assert swept == [4, 2, 4, 2, 0]
    assert cursors == [documents[3], documents[5], pages[3], pages[5], ""]


def test_young_file_without_a_row_stays(db):
    (young,) = stray(1, age=timedelta(hours=24))

    assert cleanup.sweep().files == 0
    assert files() == {young}


def test_dry_run_takes_no_store_that_is_nobodys(db):
    """It wrote the identity into the store and the database: a look with wrong settings would have made a foreign bucket one's own."""
    assert cleanup.sweep(dry_run=True).refused == ""

    assert not default_storage.exists(IDENTITY_FILE)
    assert installations.installation().store is None
