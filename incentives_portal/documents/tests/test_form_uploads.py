"""How long a form waits for the verdict on its files, and when it does not wait at all."""

import threading
import time

import pytest
from django.db import connection, transaction

from incentives_portal import clock
from incentives_portal.documents import form_uploads, services, tasks
from incentives_portal.documents.enums import CheckState
from incentives_portal.documents.models import DocumentVersion, Upload
from incentives_portal.tests.racing import done_at_once

from . import samples


@pytest.fixture
def keep(organisation, actor):
    """Store a file of which no worker hears."""

    def store(name: str = "a.csv", data: bytes = samples.CSV) -> DocumentVersion:
        return services.store(samples.upload(name, data), organisation=organisation, actor=actor)

    return store


def waited(version: DocumentVersion) -> float:
    begun = time.monotonic()
    form_uploads.wait_for_verdicts([version], version.uploaded_by)
    return time.monotonic() - begun


def test_form_waits_no_longer_than_the_setting_says(keep, settings):
    settings.UPLOAD_WAIT_SECONDS = 0.4
    version = keep()

    assert 0.4 <= waited(version) < 2
    assert version.check_result.state == CheckState.PENDING
    assert "1 file is still being checked" in form_uploads.notice([version], version.uploaded_by)


def test_form_does_not_wait_for_what_is_settled(keep, settings):
    settings.UPLOAD_WAIT_SECONDS = 5
    version = keep()
    tasks.check_waiting()

    assert waited(version) < 2
    assert version.check_result.state == CheckState.CLEAN
    assert form_uploads.notice([version], version.uploaded_by) == ""


def test_form_does_not_wait_behind_many_files(keep, settings):
    settings.UPLOAD_WAIT_SECONDS, settings.UPLOAD_WAIT_QUEUE = 5, 2
    versions = [keep(f"{number}.csv") for number in range(4)]

    assert waited(versions[-1]) < 2


def test_form_does_not_wait_where_the_time_of_its_sender_is_spent(keep, settings):
    settings.UPLOAD_WAIT_SECONDS, settings.UPLOAD_HOUR_SECONDS = 5, 1
    version = keep()
    Upload.objects.update(milliseconds=1500, spent_at=clock.now())

    assert waited(version) < 2


@pytest.mark.django_db(transaction=True)
def test_verdict_that_comes_while_the_form_waits_is_seen(keep, settings):
    settings.UPLOAD_WAIT_SECONDS = 20
    version = keep("a.pdf", b"%PDF-1.7 x")

    done_at_once(lambda: waited(version), tasks.check_waiting)

    assert form_uploads.refusal_of(version) is not None


@pytest.mark.django_db(transaction=True)
def test_one_person_waits_once_at_a_time(keep, settings, actor):
    settings.UPLOAD_WAIT_SECONDS = 5
    version, held, over, took = keep(), threading.Event(), threading.Event(), []

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [form_uploads._WAITING, actor.pk])
            held.set()
            over.wait(10)

    def wait() -> None:
        held.wait(10)
        took.append(waited(version))
        over.set()

    done_at_once(hold, wait)

    assert took[0] < 2
