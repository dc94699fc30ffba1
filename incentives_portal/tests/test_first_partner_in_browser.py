"""From an empty database to a partner's first plan, in a browser and without a shell: *First admin to first partner* of docs/operating.md.

What an operator types on the command line before it is what README and docs/operating.md say: the catalogue, the reasons, the first admin.
"""

import re
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from incentives_portal import clock

from .browser_walk import Walk
from .stack import Stack

ADMIN, PARTNER = "ada.first@halden.example", "paul.partner@northwind.example"
PASSWORD = "Correct-horse-battery-9"
ZONE = "Europe/Berlin"


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_first_admin_brings_the_first_partner_to_a_plan_without_a_shell(
    stack: Stack, page: Page, settings: Any
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    settings.EMAIL_BACKEND = "incentives_portal.outbox.backends.OutboxBackend"
    call_command("load_catalog", verbosity=0)
    call_command("load_reasons", verbosity=0)
    call_command("add_operator_admin", ADMIN, "Ada First", operator="Halden Software", verbosity=0)
    walk = Walk(page, stack)

    come_in(walk, stack.wait_for_mails(1, to=ADMIN)[0], ADMIN)
    set_up_a_program(walk)
    add_a_partner(walk)
    come_in(walk, stack.wait_for_mails(1, to=PARTNER, subject="choose your password")[0], PARTNER)
    start_a_plan(walk)

    assert walk.complaints == []


def come_in(walk: Walk, invitation: EmailMessage, email: str) -> None:
    """Follow the link of the mail, choose a password, sign in with it."""
    page = walk.page
    page.context.clear_cookies()
    link = re.search(r"https?://\S+/accounts/password/reset/key/\S+", invitation.get_content())
    assert link
    page.goto(link[0])
    walk.look()
    walk.fill("New Password", PASSWORD, exact=True)
    walk.fill("New Password (again)", PASSWORD)
    walk.click("Save the new password", role="button", inside="body")
    walk.click("Sign in", inside="body")
    walk.fill("Email", email)
    walk.fill("Password", PASSWORD, exact=True)
    walk.click("Sign in", role="button", inside="body")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def set_up_a_program(walk: Walk) -> None:
    """A calendar, a program with fund type and year, its market, and the usage period of today."""
    today, year = clock.today(ZONE), clock.today(ZONE).year
    add(walk, "Programs", "Calendars", {"Name": "Halden", "Time zone": ZONE})
    open_form(walk, "Programs", "Programs")
    write(walk, {"Code": "PARTNER", "name_en": "Partner Program"})
    choose(walk, {"Track": "Plans:", "Currency": "EUR", "Calendar": "Halden"})
    another(walk, "Add another Fund type")
    write(walk, {"fund_types-0-code": "marketing", "fund_types-0-name_en": "Marketing development"})
    another(walk, "Add another Program year")
    write(
        walk,
        {
            "years-0-label": f"Year {year}",
            "years-0-starts": f"{year}-01-01",
            "years-0-ends": f"{year}-12-31",
            "years-0-revise_until": str(date(year, 12, 31) + timedelta(days=30)),
        },
    )
    save(walk)
    open_form(walk, "Programs", "Markets")
    write(walk, {"Code": "europe", "name_en": "Europe"})
    choose(walk, {"Program": "Partner Program"})
    walk.page.locator("select[name=countries]").select_option(["DE", "NL"])
    save(walk)
    days = {
        "Earning: first day": today - timedelta(days=60),
        "Earning: last day": today - timedelta(days=31),
        "Usage: first day": today - timedelta(days=30),
        "Usage: last day": today + timedelta(days=30),
        "Claiming: first day": today - timedelta(days=30),
        "Claiming: last day": today + timedelta(days=60),
    }
    open_form(walk, "Programs", "Usage periods")
    choose(walk, {"Program": "Partner Program"})
    write(walk, {"Label": "This season", **{label: str(day) for label, day in days.items()}})
    write(walk, {"Usage: last day": str(today - timedelta(days=31))})
    see_what_is_wrong(walk, "usage_ends", "Each of the three periods must end after it starts.")
    write(walk, {"Usage: last day": str(days["Usage: last day"])})
    save(walk)


def see_what_is_wrong(walk: Walk, name: str, text: str) -> None:
    """Send the form, and find the words right above the field they are about."""
    with walk.page.expect_navigation():
        walk.page.get_by_role("button", name="Save", exact=True).click()
    walk.look()
    row = walk.page.locator(f".field-{name}")
    expect(row.locator(".errorlist")).to_have_text(text)
    said, field = row.locator(".errorlist li").bounding_box(), row.locator("input").first.bounding_box()
    assert said
    assert field
    assert abs(said["x"] - field["x"]) <= 1


def add_a_partner(walk: Walk) -> None:
    """The company with a location, the enrollment, a person, and the role with which the person may write plans."""
    page = walk.page
    open_form(walk, "People and organizations", "Organizations")
    choose(walk, {"Kind": "Partner"})
    write(walk, {"Name": "Northwind GmbH"})
    another(walk, "Add another Location")
    write(
        walk,
        {
            "locations-0-partner_id": "NW-1",
            "locations-0-name": "Northwind Berlin",
            "locations-0-country": "DE",
        },
    )
    save(walk)
    open_form(walk, "Programs", "Enrollments")
    choose(walk, {"Location": "Northwind Berlin", "Program": "Partner Program"})
    save(walk)
    with page.expect_navigation():
        page.get_by_role("link", name=re.compile("^ENR-")).first.click()
    with page.expect_navigation():
        page.get_by_role("link", name="Enroll", exact=True).click()
    with page.expect_navigation():
        page.get_by_role("button", name="Enroll", exact=True).click()
    expect(page.locator("#content")).to_contain_text("Enrolled")
    open_form(walk, "People and organizations", "People")
    choose(walk, {"Organization": "Northwind GmbH"})
    write(walk, {"Email": PARTNER, "Name": "Paul Partner"})
    save(walk)
    expect(page.locator(".messagelist")).to_contain_text(
        f"An email with a link to choose a password will be sent to {PARTNER}."
    )
    walk.look()
    open_form(walk, "Incentives roles", "Incentives roles")
    write(walk, {"Email": PARTNER})
    choose(walk, {"Program": "Partner Program", "Role": "Incentives admin"})
    save(walk)


def start_a_plan(walk: Walk) -> None:
    """What the partner is here for."""
    walk.click("Plans", inside="header")
    walk.click("Create plan", exact=False)
    walk.heading("New plan")
    walk.choose("Location", "Northwind Berlin")
    walk.choose("Fund type", "Marketing development")
    walk.choose("Program year", f"Year {clock.today(ZONE).year}")
    walk.choose("Currency", "EUR")
    walk.fill("Title", "The first plan of all")
    walk.fill("Requested amount", "1000")
    walk.fill("Reviewer email", ADMIN)
    walk.click("Save", role="button")
    walk.heading("The first plan of all")


def open_form(walk: Walk, app: str, model: str) -> None:
    """Go from the front page of the admin site to the form of a new row."""
    page = walk.page
    page.goto(f"{walk.stack.url}/admin/")
    row = page.locator("tr").filter(has=page.get_by_role("link", name=model, exact=True))
    section = page.locator(".module").filter(has=page.get_by_role("link", name=app, exact=True))
    with page.expect_navigation():
        section.locator(row).get_by_role("link", name="Add").click()


def add(walk: Walk, app: str, model: str, texts: dict[str, str]) -> None:
    open_form(walk, app, model)
    write(walk, texts)
    save(walk)


def write(walk: Walk, texts: dict[str, str]) -> None:
    for label, text in texts.items():
        control(walk, label).fill(text)


def choose(walk: Walk, options: dict[str, str]) -> None:
    for label, option in options.items():
        box = control(walk, label)
        words = [text.strip() for text in box.locator("option").all_inner_texts()]
        box.select_option(label=next(text for text in words if option in text))


def control(walk: Walk, label: str) -> Any:
    """By its name where several languages or rows share a label, by its label elsewhere."""
    named = walk.page.locator(f'#content [name="{label}"]')
    return named if named.count() else walk.page.locator("#content").get_by_label(f"{label}:", exact=True).first


def another(walk: Walk, text: str) -> None:
    walk.page.locator(".add-row a").get_by_text(text).click()


def save(walk: Walk) -> None:
    with walk.page.expect_navigation():
        walk.page.locator("input[name=_save]").click()
    refused = walk.page.locator("#content .errornote, #content .errorlist").all_inner_texts()
    assert refused == [], walk.page.url
    expect(walk.page.locator(".messagelist .success")).to_be_visible()
