"""Uploads that nothing refers to are removed after a day, and never one that is referred to, whatever happens at the same moment."""

import os
import threading
import time
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import IntegrityError, InternalError, connection, transaction

from claims import services as claims
from claims.tests import builders as claim_builders
from incentives_portal import clock
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.documents import cleanup, quotas, upload_tokens
from incentives_portal.documents import services as documents
from incentives_portal.documents.models import Document, DocumentVersion, PageImage, Upload, VersionCheck
from incentives_portal.documents.tests import samples
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.tests.owner import as_owner
from incentives_portal.tests.racing import done_at_once
from incentives_portal.tests.world import NOW, make_world
from proofs.models import SentFile
from proofs.tests import builders as proofs

OLD = cleanup.GRACE + timedelta(hours=24, seconds=1)
#: A second before it expires.
LAST_MOMENT = timedelta(hours=24) - timedelta(seconds=1)


@pytest.fixture
def world(db):
    with clock.at(NOW):
        load_catalog()
        yield make_world()


def upload(actor, name="scan.csv", content=samples.CSV):
    return documents.store(samples.upload(name, content), organisation=actor.organisation, actor=actor)


def old_upload(actor, **given):
    with clock.at(clock.now() - OLD):
        return upload(actor, **given)


def sweep():
    return cleanup.sweep().documents


def is_there(version):
    return (
        DocumentVersion.objects.filter(pk=version.pk).exists(),
        Document.objects.filter(pk=version.document_id).exists(),
        default_storage.exists(version.storage_key),
    )


THERE, GONE = (True, True, True), (False, False, False)


def test_upload_of_a_form_that_was_never_completed_goes_with_its_pictures(world, django_capture_on_commit_callbacks):
    version = old_upload(world.jana, name="photo.png", content=samples.picture(kind="PNG"))
    check_version(version.pk)
    image = PageImage.objects.get(version=version)

    with django_capture_on_commit_callbacks(execute=True):
        assert sweep() == 1

    assert is_there(version) == GONE
    assert not default_storage.exists(image.storage_key)


def test_young_upload_stays(world):
    with clock.at(clock.now() - LAST_MOMENT):
        version = upload(world.jana)

    assert sweep() == 0
    assert is_there(version) == THERE


def test_setting_says_how_long(world, settings):
    settings.UPLOAD_KEEP_HOURS = 48
    old_upload(world.jana)

    assert sweep() == 0


def test_no_form_can_take_up_what_the_sweep_may_remove(world, settings):
    version = old_upload(world.jana)
    token = upload_tokens.token_for(version, actor=world.jana, organisation=world.jana.organisation)

    assert upload_tokens.versions_for([token], actor=world.jana, organisation=world.jana.organisation) == []


def test_what_is_referred_to_stays(world):
    with clock.at(clock.now() - OLD):
        claim = claim_builders.returned_claim(world)
        version = upload(world.jana)
        claims.add_comment(claim, actor=world.jana, comment="See the file.", versions=[version])
    before = set(DocumentVersion.objects.values_list("pk", flat=True))

    assert sweep() == 0
    assert set(DocumentVersion.objects.values_list("pk", flat=True)) == before
    assert len(before) > 1


def test_former_file_and_removed_document_stay_for_the_record(world):
    with clock.at(clock.now() - OLD):
        proof = proofs.make_proof(world)
        invoice = proofs.add_invoice(proof, world.jana, version=(former := upload(world.jana)))
        given = {"details": proofs.details(), "expenses": [], "version": upload(world.jana)}
        proofs.services.edit_invoice(invoice, actor=world.jana, expected_version=proofs.seen(proof), **given)
        removed = upload(world.jana)
        documents.remove(removed.document, world.jana)

    assert sweep() == 0
    assert is_there(former) == is_there(removed) == THERE


def test_file_that_is_gone_is_refused_in_words(world):
    proof = proofs.make_proof(world)
    version = old_upload(world.jana)
    sweep()

    with pytest.raises(RuleViolation, match="Choose it again"):
        proofs.add_document(proof, world.jana, version=version)


def stored(name, age):
    key = default_storage.save(f"documents/{name}", ContentFile(b"x"))
    then = time.time() - age.total_seconds()
    os.utime(default_storage.path(key), (then, then))
    return key


def test_file_without_a_row_goes_when_it_is_old(world):
    lost, fresh = stored("lost", OLD), stored("fresh", quotas.kept())
    version = upload(world.jana)
    os.utime(default_storage.path(version.storage_key), (0, 0))

    assert cleanup.sweep().files == 1

    assert [default_storage.exists(key) for key in (lost, fresh, version.storage_key)] == [False, True, True]


def test_empty_storage_is_no_error(db):
    assert cleanup.sweep() == cleanup.Swept(0, 0)


def test_command_says_what_it_removed(world, capsys):
    old_upload(world.jana)

    call_command("cleanup_uploads")

    assert "Removed 1 documents and 0 files" in capsys.readouterr().out


# At the same moment


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["proof", "comment"])
def test_upload_that_is_being_attached_is_not_lost(transactional_db, request, way):
    """The writer has begun in the last moment and not committed when the file expires: its row cannot be seen yet."""
    world = request.getfixturevalue("world")
    claim, now = claim_builders.draft_claim(world), clock.now()
    with clock.at(now - LAST_MOMENT):
        version = upload(world.jana)
    attached, swept, results = threading.Event(), threading.Event(), {}

    def attach():
        with clock.at(now), transaction.atomic():
            if way == "proof":
                proofs.add_document(claim.proof, world.jana, version=version)
            else:
                claims.add_comment(claim, actor=world.jana, comment="See the file.", versions=[version])
            attached.set()
            swept.wait(1)

    def remove():
        attached.wait(10)
        with clock.at(now + timedelta(seconds=2)):
            results["swept"] = sweep()
        swept.set()

    done_at_once(attach, remove)

    assert results == {"swept": 0}
    assert is_there(version) == THERE


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_remove_each_document_once(transactional_db, request):
    world = request.getfixturevalue("world")
    for _number in range(5):
        old_upload(world.jana)

    assert sum(done_at_once(sweep, sweep)) == 5
    assert not Document.objects.exists()


def remove_as_somebody_would(version):
    """Call the function of the database that the cleanup calls, whatever the portal thinks of it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT remove_unattached_versions(%s)", [[version.pk]])
        removed = cursor.fetchone()[0]
        Upload.objects.filter(version=version).update(version=None, expires_at=None, attached_to="")
        VersionCheck.objects.filter(version=version).delete()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return removed


def test_function_of_the_database_removes_what_is_attached_to_nothing(world):
    version = upload(world.jana)

    assert remove_as_somebody_would(version) == 1
    assert is_there(version)[:2] == (False, False)


@pytest.mark.parametrize("expires", [True, False])
def test_function_of_the_database_leaves_what_was_attached(world, expires):
    version = upload(world.jana)
    documents.attach([version], to="a test")
    if not expires:  # neither attached nor expiring: what a removed document has
        Upload.objects.filter(version=version).update(attached_to="")

    with connection.cursor() as cursor:
        cursor.execute("SELECT remove_unattached_versions(%s)", [[version.pk]])
        assert cursor.fetchone() == (0,)
    assert is_there(version)[:2] == (True, True)


def test_function_of_the_database_leaves_what_was_sent_in_though_somebody_detached_it(world):
    claim = claim_builders.submitted_claim(world)
    version = SentFile.objects.filter(proof=claim.proof).earliest("pk").version
    Upload.objects.filter(version=version).update(attached_to="", expires_at=clock.now())

    with pytest.raises(IntegrityError):
        remove_as_somebody_would(version)
    assert is_there(version)[:2] == (True, True)


def test_owner_removes_no_version_that_was_attached(world):
    version = upload(world.jana)
    documents.attach([version], to="a test")

    refused = pytest.raises(InternalError, match="an upload was attached")
    with refused, transaction.atomic(), as_owner():
        DocumentVersion.objects.filter(pk=version.pk)._raw_delete("default")
