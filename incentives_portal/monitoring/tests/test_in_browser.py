"""The System page as axe sees it: in both themes, on a phone, in German."""

import pytest

from incentives_portal.documents.models import VersionCheck
from incentives_portal.monitoring.rules import Found
from incentives_portal.monitoring.services import write_status
from incentives_portal.tests.axe import violations
from proofs.tests.builders import file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("theme", "width", "language"), [("light", 1280, "en"), ("dark", 390, "de")])
def test_system_pages_pass_axe(world, workers, page, live_server, client, theme, width, language):
    heard = []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 844})
    world.elif_.language = language
    world.elif_.save()
    VersionCheck.objects.filter(version=file(world.jana)).update(state="refused", reason="too_complex")
    write_status({"queues": {"portal": 2}}, [Found("worker_missing", {"queue": "documents"})])
    client.force_login(world.elif_)
    name, morsel = next((name, morsel) for name, morsel in client.cookies.items() if "session" in name)
    page.context.add_cookies([{"name": name, "value": morsel.value, "url": live_server.url}])

    for path in ("/system/", "/system/second-step/", "/system/second-step/?email=nobody@example.com"):
        page.goto(f"{live_server.url}{path}")

        assert page.locator("html").get_attribute("lang") == language
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [words for words in heard if "422" not in words] == []
