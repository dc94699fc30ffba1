"""Files that go ahead of their form: who may send one for whom, and what is said of a bad one."""

import pytest
from django.test import Client

from incentives_portal.documents import services, tasks, upload_tokens
from incentives_portal.documents.models import Document, DocumentVersion, Upload

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
        "“a.svg” was not stored. This type of file is not accepted. Save it as a PDF or JPEG file and choose that file."
    )
    assert not Document.objects.exists()


def test_file_that_only_a_worker_can_refuse_is_refused_with_its_message(browser, actor, organisation):
    slot = upload_tokens.slot_for(actor=actor, organisation=organisation)

    answer = browser.post(PATH, {"slot": slot, "file": samples.upload("a.pdf", b"%PDF-1.7 and no more")})

    assert answer.status_code == 422
    assert answer.json()["message"] == "“a.pdf” was not stored. The file is damaged or incomplete."


def test_files_sent_ahead_for_one_form_are_counted_together(browser, actor, organisation):
    slots = [upload_tokens.slot_for(actor=actor, organisation=organisation) for _form in range(2)]
    for slot in (slots[0], slots[0], slots[1]):
        browser.post(PATH, {"slot": slot, "file": samples.upload("a.csv", samples.CSV)})

    first, second, third = Upload.objects.order_by("pk").values_list("batch", flat=True)
    assert first == second != third


@pytest.fixture
def waiting(actor, organisation) -> tuple[DocumentVersion, str]:
    """A file that no worker has looked at, and the token of its form."""
    version = services.store(samples.upload("a.pdf", b"%PDF-1.7 x"), organisation=organisation, actor=actor)
    return version, upload_tokens.token_for(version, actor=actor, organisation=organisation)


def test_page_asks_how_far_the_check_of_an_own_file_is(browser, waiting):
    _version, token = waiting
    answer = browser.get(f"{PATH}state/", {"token": token})
    assert (answer.status_code, answer.json()["state"]) == (200, "pending")
    assert answer.json()["notice"] == "", "the row says it once, in the words of the page"

    tasks.check_waiting()

    answer = browser.get(f"{PATH}state/", {"token": token})
    assert (answer.status_code, answer.json()["message"]) == (
        422,
        "“a.pdf” was not stored. The file is damaged or incomplete.",
    )


def test_nobody_asks_about_the_file_of_another(waiting, colleague):
    client = Client()
    client.force_login(colleague)

    assert [client.get(f"{PATH}state/", {"token": token}).status_code for token in (waiting[1], "", "forged")] == [
        403
    ] * 3


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
