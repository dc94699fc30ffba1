"""Uploading in a real browser: several at once with progress, a refusal that is explained, retry, remove, and nothing typed is lost."""

import re

import pytest
from django.db.models.functions import Now
from playwright.sync_api import expect

from incentives_portal.documents import tasks
from incentives_portal.documents.models import DocumentVersion, Upload
from incentives_portal.documents.tests import samples
from incentives_portal.tests.axe import violations

from . import builders

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_page(page, live_server, client, world, catalogue):
    """The page on which documents are added to a proof, as Jana; ``scripts`` False is a browser without JavaScript."""

    def go(path: str = "documents/add/", person=None):
        proof = builders.make_proof(world)
        person = person or world.jana
        person.language = "en"
        person.save(update_fields=["language"])
        client.force_login(person)
        name, morsel = next((name, morsel) for name, morsel in client.cookies.items() if "session" in name)
        page.context.add_cookies([{"name": name, "value": morsel.value, "url": live_server.url}])
        page.goto(f"{live_server.url}{proof.get_absolute_url()}{path}")
        return proof

    return go


def file(name: str, data: bytes) -> dict:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def test_several_files_go_ahead_and_the_bad_one_is_explained_and_removed(page, open_page):
    proof = open_page()
    expect(page.get_by_text("up to 20 MB each, 20 files and 100 MB at once")).to_be_visible()

    page.locator("input[type=file]").set_input_files(
        [file("advert.pdf", samples.pdf()), file("page.pdf", b"<html></html>"), file("list.csv", samples.CSV)]
    )
    rows = page.locator(".upload .files > li")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("stored", timeout=20_000)
    expect(rows.nth(2)).to_contain_text("stored", timeout=20_000)
    expect(rows.nth(1)).to_contain_text("“page.pdf” was not stored. The content does not match the file extension.")
    assert violations(page) == []

    page.get_by_role(
        "button", name="Upload and describe"
    ).click()  # is held back: a file that was meant to be sent is missing
    expect(page.locator(".upload-status")).to_have_text(
        "A file was not stored. Remove it or choose “Try again” if available, then send the form."
    )
    page.get_by_role("button", name="Remove page.pdf").click()
    page.get_by_role("button", name="Upload and describe").click()

    notes = page.get_by_label("What does it show?")
    expect(notes).to_have_count(2)
    notes.nth(0).fill("What was printed")
    page.get_by_role("button", name="Save", exact=True).click()  # the second note is missing
    expect(page.locator("#error-summary")).to_contain_text("Write a note that says what")
    expect(notes.nth(0)).to_have_value("What was printed")
    notes.nth(1).fill("Who got it")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("main")).to_contain_text("2 documents are saved.")

    assert proof.documents.count() == DocumentVersion.objects.count() == 2


def test_progress_of_a_file_is_shown_while_it_is_sent(page, open_page):
    open_page()
    page.evaluate("""() => {
        window.shown = [];
        const look = () => document.querySelectorAll("progress").forEach((bar) => shown.push(bar.value));
        const options = { subtree: true, attributeFilter: ["value"] };
        new MutationObserver(look).observe(document.querySelector(".upload"), options);
    }""")

    line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 60_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)
    page.locator("input[type=file]").set_input_files([file("list.csv", samples.CSV * 8000)])

    expect(page.locator("progress")).to_have_attribute("value", re.compile(r"^[2-9]\d(\.|$)"))
    row, bar = page.locator(".upload .files > li"), page.get_by_role("progressbar", name="list.csv")
    expect(bar).to_be_visible()
    expect(row).to_contain_text("uploading")
    expect(row).to_contain_text("stored", timeout=20_000)
    expect(page.locator(".upload-status")).to_have_text("list.csv: stored")
    expect(bar).to_be_hidden()
    shown = page.evaluate("shown")
    assert len(set(shown)) > 3
    assert shown == sorted(shown)
    assert shown[-1] == 100


def test_u19_broken_connection_leaves_what_was_typed_and_can_be_tried_again(page, open_page):
    open_page("invoices/add/")
    page.get_by_label("Supplier").fill("Bristol Post Media")
    page.route("**/uploads/", lambda route: route.abort())
    page.locator("input[type=file]").set_input_files([file("list.csv", samples.CSV)])
    row = page.locator(".upload .files > li")
    expect(row).to_contain_text("The connection was lost. The file was not stored.")
    expect(page.get_by_label("Supplier")).to_have_value("Bristol Post Media")
    assert DocumentVersion.objects.count() == 0

    page.unroute("**/uploads/")
    page.get_by_role("button", name="Try again list.csv").click()

    expect(row).to_contain_text("stored", timeout=20_000)
    expect(row.get_by_role("button", name="Try again list.csv")).to_be_hidden()
    expect(page.get_by_label("Supplier")).to_have_value("Bristol Post Media")
    assert DocumentVersion.objects.count() == 1


def test_u04_files_that_a_form_holds_on_to_count_with_those_that_are_chosen_next(page, open_page, settings):
    settings.UPLOAD_MAX_TOTAL_BYTES = 2 * len(samples.CSV)
    open_page()
    page.evaluate("document.querySelector('[data-upload]').dataset.maxTotal = '1000'")  # the server has the last word
    page.locator("input[type=file]").set_input_files(
        [file(name, samples.CSV) for name in ("one.csv", "two.csv", "three.csv")]
    )
    expect(page.locator(".upload .files > li").filter(has_text="stored")).to_have_count(3, timeout=20_000)
    page.get_by_role("button", name="Upload and describe").click()
    expect(page.locator("#error-summary")).to_contain_text(
        "“three.csv” was not stored. Together, the files are too large. Send this file separately."
    )
    expect(page.get_by_role("checkbox", name="Keep one.csv")).to_be_checked()

    page.locator("input[type=file]").set_input_files([file("four.csv", samples.CSV)])
    expect(page.locator(".upload .files > li").last).to_contain_text("Too much at once. You can send up to 20 files")

    page.get_by_role("checkbox", name="Keep one.csv").uncheck()
    page.get_by_role("button", name="Remove four.csv").click()
    page.locator("input[type=file]").set_input_files([file("four.csv", samples.CSV)])
    expect(page.locator(".upload .files > li").last).to_contain_text("stored", timeout=20_000)


def test_u04_of_files_that_arrive_in_another_order_the_one_chosen_last_is_too_much(page, open_page, settings):
    settings.UPLOAD_MAX_TOTAL_BYTES = 2 * len(samples.CSV)
    open_page()
    page.evaluate("document.querySelector('[data-upload]').dataset.maxTotal = '1000'")  # the server has the last word
    held = []
    page.route("**/uploads/", lambda route: route.continue_() if held else held.append(route))
    page.locator("input[type=file]").set_input_files(
        [file(name, samples.CSV) for name in ("one.csv", "two.csv", "three.csv")]
    )
    rows = page.locator(".upload .files > li")
    expect(rows.filter(has_text="stored")).to_have_count(2, timeout=20_000)
    expect(rows.nth(0)).to_contain_text("uploading")  # the first is the last to arrive
    page.get_by_role("button", name="Upload and describe").click()
    held[0].continue_()

    expect(page.locator("#error-summary")).to_contain_text(
        "“three.csv” was not stored. Together, the files are too large.", timeout=20_000
    )
    expect(page.locator("main .files .name")).to_have_text(["one.csv", "two.csv"])


def test_too_large_file_is_refused_before_it_is_sent(page, open_page):
    open_page()
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/uploads/") else None)

    page.evaluate("document.querySelector('[data-upload]').dataset.maxBytes = '10'")
    page.locator("input[type=file]").set_input_files([file("list.csv", samples.CSV)])

    expect(page.locator(".upload .files > li")).to_contain_text("The file is too large. Each file can be up to 20 MB.")
    assert sent == []


def test_refused_file_is_forgotten_when_a_better_one_is_stored(page, open_page):
    open_page()
    rows = page.locator(".upload .files > li")
    page.locator("input[type=file]").set_input_files([file("bad.pdf", b"<html></html>"), file("list.csv", samples.CSV)])
    expect(rows.nth(1)).to_contain_text("stored", timeout=20_000)
    expect(rows.nth(0)).to_contain_text(
        "“bad.pdf” was not stored.", timeout=20_000
    )  # stays: it was chosen with the other

    page.locator("input[type=file]").set_input_files([file("good.pdf", samples.pdf())])

    expect(rows).to_have_count(2, timeout=20_000)
    expect(page.get_by_text("“bad.pdf” was not stored.")).to_have_count(0)
    page.get_by_role("button", name="Upload and describe").click()
    expect(page.get_by_label("What does it show?")).to_have_count(2)


def test_error_of_the_field_goes_when_a_file_is_stored(page, open_page):
    proof = open_page()
    page.goto(f"{page.url.partition('/proofs/')[0]}/proofs/{proof.public_id}/documents/add/")
    page.evaluate("document.querySelector('form.panel').noValidate = true")
    page.get_by_role("button", name="Upload and describe").click()
    expect(page.locator("#error-summary")).to_contain_text("Choose a file.")

    page.locator("input[type=file]").set_input_files([file("good.pdf", samples.pdf())])

    expect(page.locator(".upload .files > li")).to_contain_text("stored", timeout=20_000)
    expect(page.get_by_text("Choose a file.")).to_have_count(0)


def test_field_names_no_error_any_more_when_a_file_is_stored(page, open_page):
    open_page("invoices/add/")
    box = page.locator("input[type=file]")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#id_file_error")).to_contain_text("Choose a file.")
    assert "id_file_error" in box.get_attribute("aria-describedby")

    box.set_input_files([file("good.pdf", samples.pdf())])

    expect(page.locator("#id_file_error")).to_have_count(0, timeout=20_000)
    assert "id_file_error" not in box.get_attribute("aria-describedby")


def test_file_that_takes_long_to_check_says_so_and_then_what_became_of_it(page, open_page, world):
    open_page()
    who = {"owner": world.jana, "organisation": world.nordlicht}
    spent = Upload.objects.create(size=1, milliseconds=1_000_000, spent_at=Now(), **who)  # the time of the server
    page.locator("input[type=file]").set_input_files([file("list.csv", samples.CSV), file("bad.pdf", b"%PDF-1.7 x")])
    rows = page.locator(".upload .files > li")
    for number in range(2):
        expect(rows.nth(number)).to_contain_text("Your other files will be checked starting at", timeout=20_000)
    expect(page.get_by_role("progressbar", name="list.csv")).to_be_visible()
    assert violations(page) == []

    spent.delete()
    tasks.check_waiting()

    expect(rows.nth(0)).to_contain_text("stored", timeout=20_000)
    expect(rows.nth(1)).to_contain_text("“bad.pdf” was not stored. The file is damaged", timeout=20_000)
    expect(page.locator("[name=files-kept]")).to_have_count(1)


@pytest.mark.parametrize(
    ("path", "button", "content", "said", "is_kept"),
    [
        ("invoices/add/", "Save", samples.pdf(), "stored", True),  # all else is missing
        ("documents/add/", "Upload and describe", b"%PDF-1.7 x", "“a.pdf” was not stored. The file is damaged", False),
    ],
)
def test_file_that_a_form_kept_while_it_was_checked_says_what_became_of_it(
    page, open_page, world, path, button, content, said, is_kept
):
    open_page(path)
    who = {"owner": world.jana, "organisation": world.nordlicht}
    spent = Upload.objects.create(size=1, milliseconds=1_000_000, spent_at=Now(), **who)  # the time of the server
    page.locator("input[type=file]").set_input_files([file("a.pdf", content)])
    expect(page.locator(".upload .files > li")).to_contain_text(
        "Your other files will be checked starting at", timeout=20_000
    )
    page.get_by_role("button", name=button, exact=True).click()
    row = page.locator(".files > li").filter(has=page.get_by_role("checkbox", name="Keep a.pdf"))
    expect(row).to_contain_text("being checked")

    spent.delete()
    tasks.check_waiting()

    expect(row).to_contain_text(said, timeout=20_000)
    expect(row.get_by_role("checkbox", name="Keep a.pdf")).to_be_checked(checked=is_kept)
    expect(page.locator(".upload-status")).to_contain_text(said)
    assert violations(page) == []


def test_form_waits_for_its_files(page, open_page):
    open_page()
    held = []
    page.route("**/uploads/", lambda route: route.continue_() if held else held.append(route))
    page.locator("input[type=file]").set_input_files([file("list.csv", samples.CSV)])
    page.get_by_role("button", name="Upload and describe").click()
    expect(page.locator(".upload-status")).to_have_text("The form is sent as soon as the files are stored.")
    page.locator("input[type=file]").set_input_files([file("more.csv", samples.CSV)])
    expect(page.locator(".upload-status")).to_have_text(
        "more.csv: stored · The form is sent as soon as the files are stored.", timeout=20_000
    )

    held[0].continue_()

    expect(page.get_by_label("What does it show?")).to_have_count(2, timeout=20_000)


def test_refused_file_leaves_what_was_typed_in_a_form_without_scripts(browser, live_server, client, world, catalogue):
    proof = builders.make_proof(world)
    world.jana.language = "en"
    world.jana.save(update_fields=["language"])
    client.force_login(world.jana)
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    name, morsel = next((name, morsel) for name, morsel in client.cookies.items() if "session" in name)
    context.add_cookies([{"name": name, "value": morsel.value, "url": live_server.url}])
    page = context.new_page()
    try:
        page.goto(f"{live_server.url}{proof.get_absolute_url()}invoices/add/")
        page.get_by_label("Supplier").fill("Bristol Post Media")
        page.locator("input[type=file]").set_input_files(file("bill.pdf", b"<html></html>"))
        page.get_by_role("button", name="Save").click()

        expect(page.locator("#error-summary")).to_contain_text(
            "“bill.pdf” was not stored. The content does not match the file extension. Accepted: PDF, JPEG"
        )
        expect(page.get_by_label("Supplier")).to_have_value("Bristol Post Media")
    finally:
        context.close()
