"""The reviewer's document beside the claim in a real browser: which one is shown is read at a glance, and an icon stays an icon."""

import io

import pikepdf
import pytest
from playwright.sync_api import expect

from claims import services
from incentives_portal.documents.tests import samples
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.tests.axe import violations
from proofs.tests import builders as proofs

from . import builders

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IS_IN_VIEW = """tab => {
    const box = tab.getBoundingClientRect(), list = tab.closest(".doctabs").getBoundingClientRect();
    return box.left >= list.left - 1 && box.right <= list.right + 1;  // parts of a pixel
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_of_many_documents_the_one_that_is_shown_is_named_and_in_view(world, page, live_server, client, width):
    claim = builders.claim_under_review(world)
    names = [f"photo of hall {number}.pdf" for number in range(12)]
    versions = [proofs.file(world.jana, name) for name in names[:-1]] + [
        proofs.file(world.jana, names[-1], with_a_script())
    ]
    versions.append(proofs.file(world.jana, "leads.csv", samples.CSV))
    services.add_comment(claim, actor=world.jana, comment="The hall and the leads.", versions=versions)
    for version in versions[-2:]:
        check_version(version.pk)
    world.mira.language = "en"
    world.mira.save(update_fields=["language"])
    client.force_login(world.mira)
    name, morsel = next((name, morsel) for name, morsel in client.cookies.items() if "session" in name)
    page.context.add_cookies([{"name": name, "value": morsel.value, "url": live_server.url}])
    page.set_viewport_size({"width": width, "height": 844})

    page.goto(f"{live_server.url}/review/{claim.public_id}/?doc={versions[-2].public_id}")

    expect(page.locator(".doctools")).to_contain_text("photo of hall 11.pdf · Page 1 of 1")
    assert left_of(page, ".docview details") == left_of(page, ".docpage img"), (
        "what is noted about a file stands above it"
    )
    assert page.locator(".doctabs [aria-current]").evaluate(IS_IN_VIEW)
    assert page.evaluate("scrollY") == 0, "only the list of documents is moved, not the page"
    assert violations(page) == []

    page.goto(f"{live_server.url}/review/{claim.public_id}/?doc={versions[-1].public_id}")

    assert page.locator(".doctabs [aria-current]").evaluate(IS_IN_VIEW)
    for icon in page.locator(".docpage svg").all():
        assert icon.bounding_box()["width"] < 32
    assert page.locator(".docpage svg").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def with_a_script() -> bytes:
    """A PDF about which something is noted."""
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(samples.pdf())) as file:
        file.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        file.save(written)
    return written.getvalue()


def left_of(page, what: str) -> float:
    """Where the text or the picture begins."""
    return page.locator(what).first.evaluate(
        "e => e.getBoundingClientRect().left + parseFloat(getComputedStyle(e).paddingLeft)"
    )
