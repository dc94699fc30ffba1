"""Sessions that are over do not stay in the database for ever."""

from datetime import timedelta

import pytest
from celery import current_app
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from incentives_portal.accounts.tasks import clear_sessions
from incentives_portal.tests.world import sign_in


@pytest.mark.django_db
def test_sessions_that_are_over_are_deleted_and_others_stay(world):
    over, living = sign_in(Client(), world.owen), sign_in(Client(), world.mira)
    Session.objects.filter(pk=over.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))

    clear_sessions()

    assert [*Session.objects.values_list("pk", flat=True)] == [living.session.session_key]
    assert living.get("/profile/").status_code == 200


def test_beat_does_it_every_day():
    current_app.loader.import_default_modules()
    [entry] = [entry for entry in settings.CELERY_BEAT_SCHEDULE.values() if entry["task"] == "accounts.clear_sessions"]

    assert entry["task"] in current_app.tasks
    assert (entry["schedule"].hour, entry["schedule"].minute) == ({3}, {10})
