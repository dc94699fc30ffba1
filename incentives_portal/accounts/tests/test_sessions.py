"""When a session begins and ends (A-07, A-08), and what its cookies are like (A-09)."""

import json
import os
import subprocess
import sys
import time

import pytest
import time_machine
from django.conf import settings as portal_settings
from django.contrib.messages import get_messages
from django.test import Client

from incentives_portal.accounts.models import User
from incentives_portal.accounts.session_store import SessionStore
from incentives_portal.accounts.tests.conftest import LOGIN, PASSWORD, WRONG, is_signed_in, sign_in
from incentives_portal.tests.world import sign_in as force_login

pytestmark = pytest.mark.django_db
MINUTE, HOUR = 60, 3600
NEW = "an even better one"


def session_of(client):
    return client.cookies[portal_settings.SESSION_COOKIE_NAME].value


def replayed(session):
    """Another browser with a copy of the cookie."""
    client = Client()
    client.cookies[portal_settings.SESSION_COOKIE_NAME] = session
    return client


@pytest.fixture
def now():
    with time_machine.travel(time.time(), tick=False) as moved:
        yield moved


def test_a07_signing_in_gives_a_new_id(owen):
    client = Client()
    client.get("/accounts/login/")
    store = client.session
    store["planted"] = True
    store.save()
    planted = session_of(client)

    sign_in(owen, client=client)

    assert session_of(client) != planted
    assert not is_signed_in(replayed(planted))
    assert is_signed_in(client)


def test_page_after_signing_in_has_no_sentence_in_the_language_of_the_browser(owen):
    """It was written before the language of the person was known: English on a German page."""
    client = Client()
    sign_in(owen, client=client)

    assert list(get_messages(client.get("/").wsgi_request)) == []


@pytest.mark.parametrize("key", ["a\x00b", "", "ü" * 40, "' OR '1'='1"])
def test_x08_a_cookie_that_no_session_can_have_is_no_session(key):
    store = SessionStore(key)

    assert (store.load(), store.session_key) == ({}, None)


def test_a07_signing_out_ends_the_session_everywhere(owen):
    client = Client()
    sign_in(owen, client=client)
    stolen = session_of(client)

    client.post("/accounts/logout/")

    assert not is_signed_in(replayed(stolen))


@pytest.mark.parametrize("way", ["changed by oneself", "reset by mail", "set by an admin"])
def test_a07_a_new_password_ends_every_other_session(owen, mailoutbox, way):
    client = Client()
    sign_in(owen, client=client)
    other = Client()
    sign_in(owen, client=other)

    if way == "changed by oneself":
        client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
        assert is_signed_in(client)
    elif way == "reset by mail":
        Client().post("/accounts/password/reset/", {"email": owen.email})
        path = mailoutbox[-1].body.split(portal_settings.PORTAL_URL)[1].split()[0]
        reset = Client()
        form = reset.get(path, follow=True).request["PATH_INFO"]
        reset.post(form, {"password1": NEW, "password2": NEW})
    else:
        owen.set_password(NEW)
        owen.save()

    assert not is_signed_in(replayed(session_of(other)))


def test_a07_whoever_is_switched_off_is_out_at_once(owen):
    client = Client()
    sign_in(owen, client=client)

    User.objects.filter(pk=owen.pk).update(is_active=False)

    assert not is_signed_in(replayed(session_of(client)))


def test_a08_half_an_hour_without_a_click_ends_the_session(owen, now):
    client = Client()
    sign_in(owen, client=client)

    now.shift(30 * MINUTE - 1)
    in_time = is_signed_in(client)
    now.shift(30 * MINUTE)

    assert (in_time, is_signed_in(client)) == (True, False)
    assert not is_signed_in(replayed(session_of(client)))
    assert "You were signed out after 30 minutes of inactivity." in client.get(LOGIN).content.decode()


def test_a08_twelve_hours_end_it_however_busy_one_is(owen, now):
    client = Client()
    sign_in(owen, client=client)

    seen = []
    for _quarter in range(49):
        seen.append(is_signed_in(client))
        now.shift(15 * MINUTE)

    assert seen == [True] * 48 + [False]


def test_a08_a_session_that_ended_does_not_come_back_by_waiting_for_a_click(owen, now):
    client = Client()
    sign_in(owen, client=client)
    stolen = session_of(client)
    now.shift(31 * MINUTE)

    assert [is_signed_in(replayed(stolen)) for _time in range(2)] == [False, False]


@pytest.mark.parametrize("away", [31 * MINUTE, 13 * HOUR, 60 * HOUR], ids=["lunch", "overnight", "weekend"])
def test_a08_what_was_typed_is_kept_for_its_person_and_sent_on_their_word(owen, now, away):
    client = Client()
    sign_in(owen, client=client)
    client.get("/profile/")
    now.shift(away)

    typed = {"name": "Owen “Ow” Hughes & Sons", "language": "en", "time_zone": "Europe/Berlin"}
    led = client.post("/profile/", typed)
    page = client.get(led.url).content.decode()
    owen.refresh_from_db()
    untouched = owen.name
    back = client.post(LOGIN, {"login": owen.email, "password": PASSWORD, "next": "/profile/resume/"}, follow=True)

    assert (led.status_code, untouched) == (302, "Owen Hughes")
    assert "What you typed was kept" in page
    assert "What you typed is still here" in back.content.decode()
    assert "Owen “Ow” Hughes &amp; Sons" in back.content.decode()
    client.get("/profile/")  # to look at it is not to send it
    kept = dict(client.session["typed_too_late"]["fields"])
    assert kept == typed
    client.post("/profile/", kept)
    owen.refresh_from_db()
    assert (owen.name, owen.time_zone) == (typed["name"], "Europe/Berlin")
    assert "typed_too_late" not in client.session


def test_a08_somebody_else_at_the_same_machine_does_not_see_it(owen, mira, now):
    client = Client()
    sign_in(owen, client=client)
    now.shift(31 * MINUTE)
    client.post("/profile/", {"name": "A secret of Owen", "language": "en", "time_zone": "UTC"})

    sign_in(mira, client=client)
    page = client.get("/profile/resume/", follow=True)

    assert page.request["PATH_INFO"] == "/"
    assert "A secret of Owen" not in page.content.decode()
    assert "typed_too_late" not in client.session


def test_a08_passwords_and_tokens_are_not_kept(owen, now):
    client = Client()
    sign_in(owen, client=client)
    now.shift(31 * MINUTE)

    client.post(
        "/accounts/password/change/",
        {"csrfmiddlewaretoken": "x", "oldpassword": PASSWORD, "password1": NEW, "password2": NEW},
    )

    assert "typed_too_late" not in client.session


def test_a08_what_another_site_sends_is_not_kept(owen, now):
    client = Client(enforce_csrf_checks=True)
    sign_in(owen, client=client)
    force_login(client, owen)
    now.shift(31 * MINUTE)

    answer = client.post("/profile/", {"name": "Mallory"}, headers={"origin": "https://evil.example"})

    assert answer.status_code == 403
    assert "typed_too_late" not in client.session


def test_a08_how_long_is_a_setting(owen, now, settings):
    settings.SESSION_IDLE_MINUTES = 5
    client = Client()
    sign_in(owen, client=client)
    now.shift(5 * MINUTE)

    assert not is_signed_in(client)


#


@pytest.fixture(scope="module")
def in_production():
    """The settings of cookies as they are with an address of https."""
    script = (
        "import json; from incentives_portal import settings as s; "
        "print(json.dumps({n: getattr(s, n) for n in dir(s) if 'COOKIE' in n or n in ('HTTPS', 'REQUIRE_MFA_FOR_STAFF')}))"
    )
    environment = {
        **os.environ,
        "PORTAL_URL": "https://portal.example",
        "SECRET_KEY": "x",
        "ALLOWED_HOSTS": "portal.example",
    }
    told = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=portal_settings.BASE_DIR, capture_output=True, check=True
    )
    return json.loads(told.stdout)


def test_a09_every_cookie_is_bound_to_the_host_and_closed_to_scripts(owen, in_production, settings, monkeypatch):
    from incentives_portal.accounts import session_store

    for name, value in in_production.items():
        setattr(settings, name, value)
    named = session_store.message_cookie_name(in_production["HTTPS"])
    monkeypatch.setattr(session_store._MessageCookie, "cookie_name", named)
    client, given = Client(), {}
    more = {"secure": True}

    for answer in (
        client.get(LOGIN, **more),
        client.post(LOGIN, {"login": owen.email, "password": WRONG}, **more),
        client.post(LOGIN, {"login": owen.email, "password": PASSWORD}, **more),
        client.post("/profile/", {"name": "Owen", "language": "en", "time_zone": "UTC"}, **more),
        client.post("/profile/language/", {"language": "de"}, **more),
    ):
        given |= {name: dict(morsel) for name, morsel in answer.cookies.items()}

    assert set(given) == {"__Host-session", "__Host-csrf", "__Host-messages"}
    for flags in given.values():
        assert (flags["secure"], flags["httponly"], flags["samesite"]) == (True, True, "Lax")
        assert (flags["path"], flags["domain"]) == ("/", "")
    assert given["__Host-session"]["max-age"] == ""


def test_a09_without_https_the_prefix_is_left_out_or_nobody_could_sign_in():
    assert not portal_settings.HTTPS
    assert portal_settings.SESSION_COOKIE_NAME == "portal-session"


@pytest.mark.parametrize("key", ['"abcdefgh\\000"', '"\\377\\376abcdefgh"', "x" * 5_000, "é" * 20])
def test_x08_cookie_of_a_session_that_is_no_key_is_nobodys(db, settings, key):
    answer = Client().get("/accounts/login/", headers={"cookie": f"{settings.SESSION_COOKIE_NAME}={key}"})

    assert answer.status_code == 200
