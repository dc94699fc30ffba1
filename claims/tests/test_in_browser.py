"""The review page and a form in a real browser: the documents of a claim are all in sight, and what is pasted is not cut off."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from incentives_portal.documents.tests import samples
from proofs.tests import builders as proofs

from . import builders

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAMES = [f"Kundenseminar Hamburg, Teilnehmerliste und Fotos {number}.pdf" for number in range(1, 7)]
IN_SIGHT = """tabs => tabs.filter(tab => {
    const box = tab.getBoundingClientRect(), list = tab.closest('ul').getBoundingClientRect();
    return box.right <= list.right + 1 && box.bottom <= list.bottom + 1 && box.right <= innerWidth;
}).length"""


@pytest.fixture
def go(page, live_server, client):
    """Open a path as a person who reads English."""

    def opened(person, path):
        person.language = "en"
        person.save(update_fields=["language"])
        client.force_login(person)
        cookies = [{"name": name, "value": one.value, "url": live_server.url} for name, one in client.cookies.items()]
        page.context.add_cookies(cookies)
        page.goto(f"{live_server.url}{path}")
        return page

    return opened


def test_documents_are_all_in_sight_the_one_that_is_shown_is_marked_and_no_mark_is_as_wide_as_a_page(world, go):
    claim = builders.ready_claim(world)
    table = proofs.file(world.jana, "costs.xlsx", samples.broad_workbook(1, 3))
    for version in [*(proofs.file(world.jana, name) for name in NAMES), table]:
        proofs.add_document(claim.proof, world.jana, version=version)
    builders.send(claim, world.jana)

    page = go(world.mira, f"{reverse('review:claim', args=[claim.public_id])}?doc={table.public_id}")

    tabs = page.locator(".doctabs a")
    assert tabs.evaluate_all(IN_SIGHT) == tabs.count() == 9
    current = page.locator(".doctabs a[aria-current]")
    expect(current).to_have_text("costs.xlsx")
    assert current.evaluate("tab => getComputedStyle(tab).boxShadow") != "none"
    widths = page.locator(".docpage svg").evaluate_all("icons => icons.map(icon => icon.getBoundingClientRect().width)")
    assert widths
    assert max(widths) <= 24


def test_what_is_pasted_is_counted_and_not_cut_off(world, go):
    page = go(world.jana, f"{reverse('plans:new')}?market={world.market.public_id}")
    box = page.get_by_label("Title")
    pasted = "Spring " * 20

    box.focus()
    page.keyboard.insert_text(pasted)

    expect(box).to_have_value(pasted)
    expect(box.locator("xpath=following-sibling::p[@role='status']")).to_have_text("140 / 120")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#error-summary")).to_contain_text("Title: use at most 120 characters. You entered 139.")
    expect(page.get_by_label("Title")).to_have_value(pasted)
