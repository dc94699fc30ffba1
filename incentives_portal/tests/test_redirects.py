"""Open redirects (A-12): forty payloads at every address that leads to where the request says; goal A2: 40/40 neutralised."""

import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from allauth.core.context import request_context
from django.conf import settings
from django.test import Client

from incentives_portal.accounts.views import back
from incentives_portal.tests.world import november, sign_in, world  # noqa: F401
from proofs.views.base import local_path

pytestmark = pytest.mark.django_db
PASSWORD = "a long and good one"
HOST = "testserver"

PAYLOADS = [
    "//evil.example", "//evil.example/", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "/\\/evil.example", "\\evil.example", "http://evil.example", "https://evil.example", "HTTPS://EVIL.EXAMPLE", "http:evil.example",
    "https:evil.example", "http:///evil.example", "https:/evil.example", "https:\\\\evil.example", "//evil%E3%80%82example",
    "//evil。example", "http://testserver@evil.example", "http://testserver:80@evil.example", "//testserver@evil.example",
    "http://evil.example#@testserver", "http://evil.example?testserver", "http://testserver.evil.example", "http://evil.example\\@testserver",
    "http://testserver%00.evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "file:///etc/passwd", "ftp://evil.example/", " //evil.example",
    "\t//evil.example", "/\t/evil.example", "/\n/evil.example", "//[::1]@evil.example",
]  # fmt: skip
#: The files that read where to lead from the request; a further one needs its address below.
READERS = {
    "incentives_portal/accounts/views.py",
    "incentives_portal/admin_site.py",
    "proofs/views/base.py",
}


@pytest.fixture
def owen(world):
    world.owen.set_password(PASSWORD)
    world.owen.save()
    return world.owen


def signed_in(owen):
    return sign_in(Client(), owen)


ADDRESSES = {
    "sign in": lambda owen, url: Client().post(
        "/accounts/login/", {"login": owen.email, "password": PASSWORD, "next": url}
    ),
    "sign in, in the address": lambda owen, url: Client().post(
        "/accounts/login/", {"login": owen.email, "password": PASSWORD}, query_params={"next": url}
    ),
    "sign in, signed in": lambda owen, url: signed_in(owen).get("/accounts/login/", {"next": url}),
    "sign up, signed in": lambda owen, url: signed_in(owen).get("/accounts/signup/", {"next": url}),
    "sign out": lambda owen, url: signed_in(owen).post("/accounts/logout/", {"next": url}),
    "sign out, signed out": lambda owen, url: Client().get("/accounts/logout/", {"next": url}),
    "new password": lambda owen, url: Client().post("/accounts/password/reset/", {"email": owen.email, "next": url}),
    "change password": lambda owen, url: signed_in(owen).post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": PASSWORD, "password2": PASSWORD, "next": url},
    ),
    "confirm": lambda owen, url: signed_in(owen).post("/accounts/reauthenticate/", {"password": PASSWORD, "next": url}),
    "confirm with a code": lambda owen, url: signed_in(owen).get("/accounts/2fa/reauthenticate/", {"next": url}),
    "passkey": lambda owen, url: signed_in(owen).get("/accounts/2fa/webauthn/login/", {"next": url}),
    "language": lambda owen, url: signed_in(owen).post("/profile/language/", {"language": "en", "next": url}),
    "admin site": lambda owen, url: Client().get("/admin/login/", {"next": url}),
}


def host_of(location):
    """Where a browser goes: it takes backslashes for slashes and leaves out control characters, as Python does not."""
    seen = re.sub(r"[\t\r\n]", "", location).strip("".join(map(chr, range(33)))).replace("\\", "/")
    if re.match(r"(?i)https?:(?!//)", seen):
        seen = re.sub(r"(?i)^https?:/?", "http://", seen)
    seen = re.sub(r"^/{2,}", "//", seen)
    end = urlsplit(urljoin(f"http://{HOST}/accounts/login/", seen))
    return end.scheme, end.hostname


def test_a12_there_are_forty():
    assert len(set(PAYLOADS)) == 40


def test_a12_no_other_file_reads_where_to_lead():
    rooms = [settings.BASE_DIR / name for name in ("incentives_portal", "plans", "proofs", "claims")]
    found = {
        str(path.relative_to(settings.BASE_DIR))
        for room in rooms
        for path in Path(room).rglob("*.py")
        if "tests" not in path.parts
        and re.search(r"""(GET|POST)(\.get\(|\[)["'](next|back|return|url)["']""", path.read_text())
    }

    assert found == READERS


@pytest.mark.parametrize("name", ADDRESSES)
def test_a12_nobody_is_led_away(owen, name, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    astray = []
    for payload in PAYLOADS:
        answer = ADDRESSES[name](owen, payload)
        if answer.status_code != 302 or host_of(answer.url) != ("http", HOST):
            astray.append((payload, answer.status_code, answer.headers.get("Location")))

    assert astray == []


@pytest.mark.parametrize("name", ["sign in", "sign in, signed in", "sign out", "language"])
def test_a12_but_to_where_one_wanted_to_go(owen, name):
    assert ADDRESSES[name](owen, "/plans/?page=2").url == "/plans/?page=2"


def test_a12_from_https_nobody_is_led_to_http(owen):
    answer = Client().post(
        "/accounts/login/", {"login": owen.email, "password": PASSWORD, "next": "http://testserver/plans/"}, secure=True
    )

    assert answer.url == "/"


def test_a12_through_the_admin_site_nobody_is_led_away_either(owen, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    for payload in PAYLOADS:
        door = Client().get("/admin/login/", {"next": payload}).url
        answer = Client().post(door, {"login": owen.email, "password": PASSWORD})

        assert host_of(answer.url) == ("http", HOST), payload


def test_a12_sending_again_leads_back_to_our_pages_only(rf):
    def led_to(payload):
        request = rf.post("/", {"next": payload})
        with request_context(request):
            return back(request, "outbox:notifications").url

    elsewhere = {payload for payload in PAYLOADS if led_to(payload) != "/notifications/"}
    assert [payload for payload in elsewhere if host_of(payload) != ("http", HOST)] == []
    assert led_to("/claims/?page=2") == "/claims/?page=2"


def test_a12_pages_of_proofs_lead_back_to_paths_only():
    assert [
        payload for payload in PAYLOADS if local_path(payload) and host_of(local_path(payload)) != ("http", HOST)
    ] == []
