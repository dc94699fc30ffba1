"""Files that go ahead of their form: who may send one for whom, and what is said of a bad one."""

import pytest
from django.test import Client

from incentives_portal.documents import upload_tokens
from incentives_portal.documents.models import Document

from . import samples

PATH = "/uploads/"


@pytest.fixture
def browser(actor) -> Client:
    client = Client()
    client.force_login(actor)
    return client


def test_good_file_is_stored_and_its_token_brings_it_into_the_form(browser, actor, organisation):
    slot = upload_tokens.slot_for(actor=actor, organisation=organisation)

    answer = browser.post(PATH, {"slot": slot, "file": samples.upload("../a.csv", samples.CSV)})

    assert (answer.status_code, answer.json()["name"]) == (200, "a.csv")
    found = upload_tokens.versions_for([answer.json()["token"]], actor=actor, organisation=organisation)
    assert [version.original_name for version in found] == ["a.csv"]


def test_bad_file_is_refused_with_its_message(browser, actor, organisation):
    slot = upload_tokens.slot_for(actor=actor, organisation=organisation)

    answer = browser.post(PATH, {"slot": slot, "file": samples.upload("a.svg", b"<svg/>")})

    assert answer.status_code == 422
    assert answer.json()["message"] == (
        "“a.svg” was not stored. This type of file is not accepted. Save it as PDF or JPEG and choose that file."
    )
    assert not Document.objects.exists()


def test_nobody_sends_without_a_slot_of_their_own(browser, actor, colleague, organisation):
    slots = ["", "forged", upload_tokens.slot_for(actor=colleague, organisation=organisation)]
    codes = [
        browser.post(PATH, {"slot": slot, "file": samples.upload("a.csv", samples.CSV)}).status_code for slot in slots
    ]
    guest = Client().post(PATH, {"slot": upload_tokens.slot_for(actor=actor, organisation=organisation)})

    assert (codes, guest.status_code) == ([403, 403, 403], 302)
    assert not Document.objects.exists()


def test_u18_without_a_token_against_forgery_nothing_is_stored(actor, organisation):
    client = Client(enforce_csrf_checks=True)
    client.force_login(actor)
    slot = upload_tokens.slot_for(actor=actor, organisation=organisation)

    answer = client.post(PATH, {"slot": slot, "file": samples.upload("a.csv", samples.CSV)})

    assert answer.status_code == 403
    assert not Document.objects.exists()
