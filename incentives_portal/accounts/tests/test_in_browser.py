"""The second step in a real browser: passkeys with a virtual authenticator, an app, the codes; axe and the policy on every page."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from incentives_portal.accounts.tests.conftest import PASSWORD, code_of, with_password
from incentives_portal.tests.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def complaints(page):
    """What the console says, and what axe says of every page that was looked at."""
    heard = []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.fixture
def look(page, complaints):
    def at(heading):
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        complaints.extend(violations(page))

    return at


@pytest.fixture
def fingerprint(page):
    """A device with a fingerprint reader, as Chromium pretends to be one."""
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    made = browser.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )

    def verifies(verified):
        browser.send(
            "WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": verified}
        )

    return verifies


@pytest.fixture
def door(page, live_server, settings):
    """The portal under the name that passkeys need, and its form of signing in."""
    address = live_server.url.replace("127.0.0.1", "localhost")
    settings.PORTAL_URL = address

    def sign_in(person, path="/profile/"):
        page.context.clear_cookies()
        page.goto(f"{address}/accounts/login/?next={path}")
        page.get_by_label("Email").fill(person.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()

    sign_in.address = address
    return sign_in


def confirm(page):
    page.get_by_label("Password").fill(PASSWORD)
    with (
        page.expect_navigation()
    ):  # whoever looks before both style sheets are there sees Bootstrap's own check marks refused
        page.get_by_role("button", name="Confirm").click()


def add_passkey(page, look, passwordless=True):
    page.get_by_role("link", name="Two-step sign-in").click()
    look("Two-step sign-in")
    page.get_by_role("link", name="Add a passkey").click()
    look("Confirm your identity")
    confirm(page)
    look("Add a passkey")
    page.get_by_label("Name of the device").fill("My laptop")
    page.get_by_label("Use it to sign in instead of the password").set_checked(passwordless)
    page.get_by_role("button", name="Add a passkey").click()
    look("Recovery codes")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_passkey_is_added_and_signs_in_without_a_password(world, page, door, fingerprint, look, complaints, theme):
    page.emulate_media(color_scheme=theme)
    owen = with_password(world.owen)
    door(owen)
    add_passkey(page, look)
    page.goto(f"{door.address}/accounts/2fa/webauthn/")
    look("Passkeys")
    expect(page.get_by_text("Sign-in without the password")).to_be_visible()

    page.context.clear_cookies()
    page.goto(f"{door.address}/accounts/login/?next=/plans/")
    look("Sign in")
    page.get_by_role("button", name="Use a passkey").click()
    look("Plan management")

    assert page.url == f"{door.address}/plans/"
    assert complaints == []


def test_a_passkey_is_the_second_step_after_the_password(world, page, door, fingerprint, look, complaints):
    owen = with_password(world.owen)
    door(owen)
    add_passkey(page, look, passwordless=False)

    door(owen)
    look("Second step")
    page.get_by_role("button", name="Use a passkey").click()
    look("My profile")
    page.get_by_role("link", name="Two-step sign-in").click()
    page.get_by_role("link", name="Manage passkeys").click()
    page.get_by_role("link", name="Remove").click()
    confirm(page)
    look("Remove the passkey")
    page.get_by_role("button", name="Remove").click()
    look("Passkeys")

    assert not Authenticator.objects.exists()
    assert complaints == []


def test_a_passkey_that_the_device_refuses_is_said_in_words(world, page, door, fingerprint, look, complaints):
    owen = with_password(world.owen)
    door(owen)
    add_passkey(page, look)
    fingerprint(False)

    page.context.clear_cookies()
    page.goto(f"{door.address}/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("alert")).to_contain_text("The passkey was not used")
    assert violations(page) == []
    assert complaints == []


def test_an_app_is_set_up_and_its_code_signs_in(world, page, door, look, complaints, settings):
    settings.REQUIRE_MFA_FOR_STAFF = True
    mira = with_password(world.mira)
    door(mira, "/review/")
    look("Two-step sign-in")
    expect(page.get_by_text("Set up your second step first.")).to_be_visible()
    page.get_by_role("link", name="Set up an app").click()
    confirm(page)
    look("Set up an app")
    secret = page.locator("#authenticator_secret").inner_text()
    page.get_by_label("Code currently shown in the app").fill("000000")
    page.get_by_role("button", name="Set up the app").click()
    expect(page.locator("#error-summary")).to_contain_text("Incorrect code")
    look("Set up an app")
    assert page.locator("#authenticator_secret").inner_text() == secret
    page.get_by_label("Code currently shown in the app").fill(code_of(secret))
    page.get_by_role("button", name="Set up the app").click()
    look("Recovery codes")
    codes = page.locator(".codes code").all_inner_texts()

    door(mira, "/review/")
    look("Second step")
    page.get_by_label("Code from your app, or a recovery code").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#error-summary")).to_contain_text("Incorrect code")
    page.get_by_label("Code from your app, or a recovery code").fill(code_of(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/review/")
    door(mira, "/review/")
    page.get_by_label("Code from your app, or a recovery code").fill(codes[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/review/")

    assert complaints == []


def test_a08_a_form_that_was_open_too_long_comes_back(world, page, door, look, complaints, settings):
    owen = with_password(world.owen)
    door(owen)
    page.get_by_label("Name", exact=True).fill("Owen Hughes the Second")
    settings.SESSION_IDLE_MINUTES = 0
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile("/accounts/login/"))
    settings.SESSION_IDLE_MINUTES = 30

    look("Sign in")
    expect(page.get_by_text("What you typed was kept")).to_be_visible()
    page.get_by_label("Email").fill(owen.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    look("What you typed is still here")
    expect(page.get_by_text("Owen Hughes the Second")).to_be_visible()
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("Your profile was saved.")).to_be_visible()

    owen.refresh_from_db()
    assert owen.name == "Owen Hughes the Second"
    assert complaints == []


class Framing(BaseHTTPRequestHandler):
    """Another site of this machine: a browser asks before a page of the net may frame one from here. At /plain it has no policy."""

    portal = ""

    def do_GET(self) -> None:  # noqa: N802  (the library's name)
        frames = f'<iframe src="{self.portal}/accounts/login/"></iframe><iframe src="/plain"></iframe>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<p>shown" if self.path == "/plain" else frames.encode())

    def log_message(self, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def other_site(live_server):
    Framing.portal = live_server.url
    with ThreadingHTTPServer(("127.0.0.1", 0), Framing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a15_no_page_shows_in_a_frame_of_another_site(page, other_site):
    page.goto(other_site)

    refused, plain = page.frames[1:]
    refused.wait_for_url(
        re.compile(".+"), wait_until="commit"
    )  # the page around it does not wait for what is not shown
    assert [refused.url, plain.url] == ["chrome-error://chromewebdata/", f"{other_site}/plain"]
