"""Nobody sends more forms with files than a person can: one account cannot keep the web processes from the others."""

import pytest
from django.test import Client

from incentives_portal.documents import services, upload_tokens
from incentives_portal.documents.models import Upload
from incentives_portal.documents.upload_validation import UploadRefused

from . import samples

PATH = "/uploads/"


@pytest.fixture
def browser(actor) -> Client:
    client = Client()
    client.force_login(actor)
    return client


def send(browser: Client, actor, organisation):
    slot = upload_tokens.slot_for(actor=actor, organisation=organisation)
    return browser.post(PATH, {"slot": slot, "file": samples.upload("a.csv", samples.CSV)})


def test_u17_forms_beyond_the_limit_of_a_minute_are_turned_away_unread(
    browser, actor, colleague, organisation, settings, time_machine
):
    settings.UPLOAD_FORMS_PER_MINUTE = 3
    time_machine.move_to("2027-01-12T10:00:00Z", tick=False)
    browser.force_login(actor)

    assert [send(browser, actor, organisation).status_code for _form in range(5)] == [200, 200, 200, 429, 429]

    answer = send(browser, actor, organisation)
    assert answer.headers["Retry-After"] == "60"
    assert "Too many files in a short time" in answer.content.decode()
    assert Upload.objects.count() == 3
    other = Client()
    other.force_login(colleague)
    assert send(other, colleague, organisation).status_code == 200
    assert browser.get("/profile/").status_code == 200
    time_machine.move_to("2027-01-12T10:00:59Z", tick=False)
    assert send(browser, actor, organisation).status_code == 429
    time_machine.move_to("2027-01-12T10:01:00Z", tick=False)
    assert send(browser, actor, organisation).status_code == 200


def test_u17_forms_without_files_are_not_counted(browser, actor, settings):
    settings.UPLOAD_FORMS_PER_MINUTE = 0

    answer = browser.post("/profile/language/", {"language": "de", "next": "/"}, "application/x-www-form-urlencoded")

    assert answer.status_code == 302


def test_u17_refused_files_are_written_down_until_they_are_too_many(actor, organisation, settings):
    settings.UPLOAD_FILES_PER_HOUR = 3
    for _form in range(10):
        with pytest.raises(UploadRefused):
            services.store(samples.upload("a.exe", b"MZ"), organisation=organisation, actor=actor)

    assert Upload.objects.count() == 4
    with pytest.raises(UploadRefused, match="too many files"):
        services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)
