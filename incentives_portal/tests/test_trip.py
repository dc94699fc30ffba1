"""The main job on the real stack: plan → approval → proof of execution → claim → action required → rejection → dispute → approval.

A browser, gunicorn, a Celery worker, a broker and an SMTP server; after each step the mails that arrived are read. It is the trip of the
README's *Try it*, in the demo world, with the same people, names and figures: what is changed here is changed there. The numbered steps
are those of the documented *How to submit a plan* (ten) and *How to submit a PoE* (twelve). Passes on any date.
"""

import re
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from incentives_portal import clock
from incentives_portal.demo import organizations, papers

from .browser_walk import Walk
from .stack import Stack

OWEN, ELIF, MIRA, DANIEL = (
    "owen.hughes@brightwater.example",
    "elif.sander@halden.example",
    "mira.okafor@halden.example",
    "daniel.lindqvist@halden.example",
)
TITLE, CAMPAIGN, ACTIVITY = "Modern workplace in Bath", "Opening weeks", "Adverts in the Bath papers"
CLAIM = "Adverts, first half"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Real files, as a partner has them."""
    bill = papers.bill(
        supplier="Bath Post",
        supplier_address="2 Sample Parade, Bath",
        customer="Brightwater IT Ltd",
        number="BP-771",
        day=clock.today("UTC"),
        lines=[("Half page", "", Decimal(900))],
        tax_percent=Decimal(20),
    )
    words = {"text": "Ask us.", "brand": "Brightwater IT Ltd", "contact": "Bath", "product": "Halden Workplace"}
    made = {
        "invoice.pdf": bill,
        "advert.pdf": papers.paper("advert", headline="Work moves", **words),
        "advert-with-logo.pdf": papers.paper("advert", headline="Work moves on", **words),
        "page-in-the-paper.jpg": papers.photo("The advert on page seven"),
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in made}


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_main_job_from_plan_to_decision_with_its_mails(
    stack: Stack, page: Page, files: dict[str, Path], settings: Any
) -> None:
    # The web server checks passwords as in production; the quick hasher of the tests is not known there.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    call_command("seed_demo", verbosity=0)
    walk = Walk(page, stack)

    submit_a_plan(walk)
    approve_the_plan(walk)
    claim_url = submit_a_proof(walk, files)
    ask_for_a_better_document(walk)
    mend_and_resubmit(walk, claim_url, files)
    reject(walk)
    dispute(walk)
    decide_the_dispute(walk)
    read_the_end(walk, claim_url)

    assert walk.complaints == []


def submit_a_plan(walk: Walk) -> None:
    """How to submit a plan, steps 1 to 10."""
    page = walk.page
    walk.sign_in(OWEN)
    walk.click("Create plan")  # 1, 2: the market of the only program with plans
    walk.heading("New plan")
    for label, chosen in (("Location", "Bath (4471903)"), ("Fund type", "Marketing development"), ("Currency", "EUR")):
        expect(page.get_by_label(label, exact=True).locator("option:checked")).to_have_text(chosen)  # 3
    walk.fill("Title", TITLE)
    walk.fill("Requested amount", "2,500")
    walk.fill("Reviewer email", ELIF)
    walk.click("Save", role="button")  # 4
    walk.heading(TITLE)
    walk.click("New campaign", exact=False)  # 5
    walk.fill("Name", CAMPAIGN)
    walk.fill("Start date", today().isoformat())
    walk.fill("End date", today().isoformat())
    walk.click("Save", role="button")  # 6
    walk.click("New activity", exact=False)  # 7
    walk.choose("Activity type", "Print advertising")
    walk.fill("Name", ACTIVITY)
    walk.fill("Planned amount", "2,500")
    for country in ("United Kingdom", "Ireland"):
        page.get_by_label(country, exact=False).check()
    walk.click("Save", role="button")  # 8
    expect(page.get_by_role("row", name=re.compile(ACTIVITY))).to_contain_text("GB, IE")
    walk.click("Submit", exact=False)  # 9
    walk.click("Confirm", role="button")  # 10
    expect(page.locator("main .tag").first).to_have_text("Submitted")
    reference = re.search(r"PLN-\d{4}-\d{5}", page.locator("main").inner_text())
    assert reference
    assert TITLE in text_of(walk.stack.wait_for_mails(1, to=ELIF, subject=reference[0])[0])


def approve_the_plan(walk: Walk) -> None:
    """In the Django admin site: read the plan, take it up, approve it with an amount."""
    page = walk.page
    walk.sign_in(ELIF)
    walk.click("Administration", inside="header")
    waiting = page.locator("#content section").filter(has=page.get_by_role("heading", name="Unassigned"))
    with page.expect_navigation():
        waiting.get_by_role("link", name=TITLE, exact=True).click()
    walk.look()
    expect(page.locator("#content")).to_contain_text(ACTIVITY)
    walk.click("Start review", inside="#content", exact=False)
    walk.click("Start review", role="button", inside="#content", exact=False)
    walk.click("Approve", inside="#content", exact=False)
    page.get_by_label("Approved amount", exact=False).fill("2,500")
    page.locator("#content").get_by_label("Comment", exact=False).first.fill("Good, go ahead.")
    walk.click("Approve", role="button", inside="#content", exact=False)
    mail = walk.stack.wait_for_mails(1, to=OWEN, subject="for €2,500.00")[0]
    assert TITLE in text_of(mail)
    assert "Good, go ahead." in text_of(mail)


def submit_a_proof(walk: Walk, files: dict[str, Path]) -> str:
    """How to submit a PoE, steps 1 to 12."""
    page = walk.page
    walk.sign_in(OWEN)
    walk.click("Plans", inside="header")
    walk.click(TITLE)  # 1
    walk.click("Add PoE", exact=False)  # 2
    walk.heading("New proof of execution")
    walk.fill("Name", CLAIM)
    walk.fill("Date", today().isoformat())
    walk.fill("Amount", "900")  # 3
    walk.click("Save", role="button")  # 4
    walk.click("Create claim", exact=False)
    walk.heading("New proof of execution claim")
    walk.fill("Estimated impressions", "12,000")  # 5
    walk.click("Create claim", role="button")  # 6
    claim_url = page.url
    add_the_invoice(walk, files["invoice.pdf"])  # 7, 8
    walk.attach(files["advert.pdf"], files["page-in-the-paper.jpg"])  # 9
    walk.click("Upload and describe", role="button", exact=False)
    describe_the_files(walk)  # 10
    expect(page.locator("main")).to_contain_text(re.compile(r"(\d+) of \1 met"))  # 11: this activity has no metrics
    walk.click("Submit claim", exact=False)
    walk.click("Submit claim", role="button", exact=False)  # 12
    expect(page.locator("main .tag").first).to_have_text("Submitted")
    assert "Brightwater IT Ltd" in text_of(walk.stack.wait_for_mails(1, to=MIRA, subject=CLAIM)[0])
    return claim_url


def add_the_invoice(walk: Walk, file: Path) -> None:
    walk.click("Add invoice", exact=False)
    walk.attach(file)
    for label, text in (
        ("Supplier", "Bath Post"),
        ("Invoice number", "BP-771"),
        ("Invoice date", today().isoformat()),
        ("Net amount", "900"),
        ("Tax", "180"),
        ("Gross amount", "1,080"),
    ):
        walk.fill(label, text, exact=False)
    walk.choose("Expense type", "Advertising space", exact=False)
    walk.click("Save", role="button", exact=False)
    expect(walk.page.get_by_text("BP-771").first).to_be_visible()


def describe_the_files(walk: Walk) -> None:
    """A note to each file; the first one proves everything that wants a document."""
    page = walk.page
    notes = page.locator("main").get_by_label("What does it show?", exact=False)
    for number in range(notes.count()):
        notes.nth(number).fill(f"The advert as it was printed, part {number + 1}")
    for box in page.locator("main input[type=checkbox][name*=proves]").all():
        box.check()
    walk.click("Save", role="button", exact=False)


def ask_for_a_better_document(walk: Walk) -> None:
    """The reviewer takes the claim up and asks for more, pointing at one document."""
    page = walk.page
    open_on_the_review_page(walk, MIRA)
    walk.click("Start review", role="button", exact=False)
    see_the_pages(page)
    walk.click("Request action", exact=False)
    page.get_by_label("Reason", exact=False).first.select_option(index=1)
    walk.fill("Comment", "The logo cannot be read.", exact=False)
    walk.choose("Applies to", "advert.pdf", exact=False)
    walk.fill("What is wrong", "Please send this page again with the logo.", exact=False)
    walk.click("Request action", role="button", exact=False)
    text = text_of(walk.stack.wait_for_mails(1, to=OWEN, subject=f"Action required: claim {reference_of(walk)}")[0])
    assert "The logo cannot be read." in text
    assert "Please send this page again with the logo." in text


def see_the_pages(page: Page) -> None:
    """Open the page again, as it says, until the pages of its files are drawn: those of the whole demo stand before them in the queue."""
    end = time.monotonic() + 120
    while not page.locator("main img").count() and time.monotonic() < end:
        page.wait_for_timeout(500)
        page.reload()
    expect(page.locator("main img").first).to_be_visible()


def mend_and_resubmit(walk: Walk, claim_url: str, files: dict[str, Path]) -> None:
    """The partner finds the remark at the document, replaces the file, and submits again."""
    page = walk.page
    walk.sign_in(OWEN)
    returned = page.locator("main section").filter(has=page.get_by_role("heading", name="Sent back to you"))
    with page.expect_navigation():
        returned.get_by_role("link", name=CLAIM, exact=True).click()
    walk.look()
    expect(page.locator("main")).to_contain_text("The logo cannot be read.")
    row = page.locator("main .files > li", has_text="advert.pdf").first
    expect(row).to_contain_text("Please send this page again with the logo.")
    with page.expect_navigation():
        row.get_by_role("link", name=re.compile("Edit")).click()
    walk.look()
    walk.attach(files["advert-with-logo.pdf"])
    walk.click("Save", role="button", exact=False)
    page.goto(claim_url)
    walk.click("Resubmit", exact=False)
    walk.click("Resubmit", role="button", exact=False)
    expect(page.locator("main .tag").first).to_have_text("Submitted")


def reject(walk: Walk) -> None:
    page = walk.page
    open_on_the_review_page(walk, MIRA)
    walk.click("Start review", role="button", exact=False)
    walk.click("Reject", exact=False)
    page.get_by_label("Reason", exact=False).first.select_option(index=1)
    walk.fill("Comment", "This paper is not sold in your market.", exact=False)
    walk.click("Reject", role="button", exact=False)
    mail = walk.stack.wait_for_mails(1, to=OWEN, subject=f"Rejected: claim {reference_of(walk)}")[0]
    assert "This paper is not sold in your market." in text_of(mail)


def dispute(walk: Walk) -> None:
    walk.sign_in(OWEN)
    walk.click(CLAIM)  # under Recent decisions
    expect(walk.page.locator("main")).to_contain_text("This paper is not sold in your market.")
    walk.page.locator("#dispute textarea").fill("It is sold at every corner of Bath.")
    walk.click("Dispute", role="button", inside="#dispute", exact=False)
    mail = walk.stack.wait_for_mails(1, to=DANIEL, subject=f"Dispute: claim {reference_of(walk)}")[0]
    assert "It is sold at every corner of Bath." in text_of(mail)


def decide_the_dispute(walk: Walk) -> None:
    """Not by the reviewer who rejected: by another one."""
    open_on_the_review_page(walk, MIRA)
    expect(walk.page.get_by_text("You rejected this claim. Another person must decide the dispute.")).to_be_visible()
    expect(walk.page.locator("main").get_by_role("link", name=re.compile("Approve"))).to_have_count(0)
    open_on_the_review_page(walk, DANIEL, of="Disputes")
    walk.click("Approve", exact=False)
    walk.page.get_by_label("Approved amount", exact=False).fill("900")
    walk.click("Approve", role="button", exact=False)
    mail = walk.stack.wait_for_mails(1, to=OWEN, subject="dispute was decided")[-1]
    assert "€900.00" in text_of(mail)


def read_the_end(walk: Walk, claim_url: str) -> None:
    walk.sign_in(OWEN)
    walk.page.goto(claim_url)
    walk.look()
    expect(walk.page.locator("main .tag").first).to_have_text("Approved")
    walk.go("/notifications/")
    walk.go("/claims/")
    walk.go("/")


def open_on_the_review_page(walk: Walk, person: str, of: str = "") -> None:
    walk.sign_in(person)
    walk.click("Review queue", inside="header")
    if of:
        walk.click(of, exact=False)
    walk.click(CLAIM, inside="main table", exact=False)


def reference_of(walk: Walk) -> str:
    """The reference of the claim whose page is open."""
    reference = re.search(r"CLM-\d{4}-\d{5}", walk.page.locator("main").inner_text())
    assert reference
    return reference[0]


def today() -> date:
    return clock.today(organizations.ZONE)


def text_of(mail: object) -> str:
    """The plain text of a mail, its lines joined: where they break is not the point."""
    return " ".join(mail.get_body(("plain",)).get_content().split())  # type: ignore[attr-defined]
