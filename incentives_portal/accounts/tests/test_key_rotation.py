"""SECRET_KEY is changed: what the second step keeps encrypted comes along, and where it cannot, the page says so (O-07)."""

import json
import secrets
import time

import pytest
import time_machine
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.checks import Tags, run_checks
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory

from incentives_portal.accounts import encryption
from incentives_portal.accounts.second_factor import SignInCodeForm
from incentives_portal.accounts.tests.conftest import PASSWORD, code_of, is_signed_in
from incentives_portal.accounts.tests.test_second_factor import give, half_way, with_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    with time_machine.travel(time.time(), tick=False) as moved:
        yield moved


def with_codes(person):
    RecoveryCodes.activate(person)
    return Authenticator.objects.get(user=person, type="recovery_codes").wrap().get_unused_codes()


@pytest.fixture
def new_key(settings):
    """Change the key, and keep the earlier one in reserve."""

    def change(*, keep=True):
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS] if keep else []
        settings.SECRET_KEY = secrets.token_urlsafe(50)

    return change


def signed_in(person):
    client = Client(REMOTE_ADDR="192.0.2.1")
    client.force_login(person, backend="incentives_portal.accounts.backends.SignInBackend")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/"})
    return client


def test_o07_after_the_command_the_earlier_key_can_be_dropped(owen, mira, settings, new_key, now, capsys, security_log):
    secret, codes = with_app(owen), with_codes(owen)
    other = with_app(mira)
    new_key()

    call_command("reencrypt_second_factors")
    settings.SECRET_KEY_FALLBACKS = []

    assert "3 re-encrypted, 0 were under SECRET_KEY already." in capsys.readouterr().out
    assert security_log.of("factors.reencrypted")[0]["details"] == {"renewed": 3, "current": 0, "unreadable": 0}
    assert give(half_way(owen), code_of(secret)).status_code == 302
    assert give(half_way(owen), codes[0]).status_code == 302
    assert give(half_way(mira, ip="192.0.2.2"), code_of(other)).status_code == 302


def test_o07_a_second_run_changes_nothing_and_a_dry_one_neither(owen, new_key, capsys):
    with_app(owen)
    with_codes(owen)
    new_key()
    before = list(Authenticator.objects.order_by("pk").values_list("data", flat=True))

    call_command("reencrypt_second_factors", dry_run=True)
    dry = list(Authenticator.objects.order_by("pk").values_list("data", flat=True))
    call_command("reencrypt_second_factors")
    first = list(Authenticator.objects.order_by("pk").values_list("data", flat=True))
    call_command("reencrypt_second_factors")

    assert dry == before != first
    assert list(Authenticator.objects.order_by("pk").values_list("data", flat=True)) == first
    assert capsys.readouterr().out.splitlines() == [
        "2 need an earlier key, 0 do not.",
        "2 re-encrypted, 0 were under SECRET_KEY already.",
        "0 re-encrypted, 2 were under SECRET_KEY already.",
    ]


def test_o07_used_codes_stay_used(owen, settings, new_key, now):
    with_app(owen)
    code = with_codes(owen)[0]
    give(half_way(owen), code)
    new_key()
    call_command("reencrypt_second_factors")
    settings.SECRET_KEY_FALLBACKS = []

    assert "Incorrect code" in give(half_way(owen), code).content.decode()


def test_o07_migrated_codes_come_along(owen, settings, new_key):
    with_codes(owen)
    Authenticator.objects.update(
        data={"migrated_codes": [encryption.encrypt("12345678"), encryption.encrypt("87654321")]}
    )
    new_key()
    call_command("reencrypt_second_factors")
    settings.SECRET_KEY_FALLBACKS = []

    assert Authenticator.objects.get().wrap().get_unused_codes() == ["12345678", "87654321"]


def test_o07_what_no_key_reads_is_counted_and_left_as_it_is(owen, mira, new_key):
    with_app(owen)
    new_key(keep=False)
    with_app(mira)
    lost = Authenticator.objects.get(user=owen).data

    with pytest.raises(CommandError, match=r"^1 can be read with no key.*remove_second_factor"):
        call_command("reencrypt_second_factors")

    assert Authenticator.objects.get(user=owen).data == lost


def test_o07_the_check_says_how_many_still_need_the_earlier_key(owen, mira, settings, new_key):
    def said():
        return [(found.id, found.msg.split()[0]) for found in run_checks(tags=[Tags.database], databases=["default"])]

    with_app(owen)
    with_codes(owen)
    assert said() == []
    new_key()
    with_app(mira)
    assert said() == [("accounts.W001", "2")]
    settings.SECRET_KEY_FALLBACKS = []
    assert said() == [("accounts.W002", "2")]
    Authenticator.objects.filter(user=owen).delete()
    assert said() == []


def test_o07_the_check_asks_no_database_that_it_was_not_told_of(owen, new_key, django_assert_num_queries):
    with_app(owen)
    new_key()

    with django_assert_num_queries(0):
        assert run_checks(tags=[Tags.database]) == []


# The earlier key was dropped too soon


def test_o07_a_code_that_cannot_be_checked_is_said_to_be_one(owen, new_key, now, security_log):
    secret = with_app(owen)
    new_key(keep=False)
    client = half_way(owen)

    answer = give(client, code_of(secret))

    assert answer.status_code == 200
    assert "the portal can no longer read part of your second step" in answer.content.decode()
    assert not is_signed_in(client)
    assert [event["user"] for event in security_log.of("factor.unreadable")] == [str(owen.public_id)]


def test_o07_an_app_that_cannot_be_read_closes_nothing_for_codes_that_can(owen, new_key, now):
    with_app(owen)
    new_key(keep=False)
    codes = with_codes(owen)
    client, wrong = half_way(owen), half_way(owen)

    assert give(wrong, "00000000").status_code == 200
    assert give(client, codes[0]).status_code == 302
    assert is_signed_in(client)
    assert give(half_way(owen), codes[0]).status_code == 200, "it was used"


def test_o07_a_passkey_is_not_asked_for_a_code(owen, new_key, now):
    Authenticator.objects.create(user=owen, type=Authenticator.Type.WEBAUTHN, data={})
    with_app(owen)
    new_key(keep=False)

    with request_context(RequestFactory().post("/")):
        form = SignInCodeForm(user=owen, data={"code": "00000000"})

        assert [*form.errors] == ["code"]


def test_o07_guessing_is_limited_all_the_same(owen, new_key, now):
    with_app(owen)
    new_key(keep=False)
    client = half_way(owen)

    pages = [give(client, f"{n:08d}").content.decode() for n in range(11)]

    assert ["Too many" in page for page in pages] == [False] * 10 + [True]


@pytest.mark.parametrize("path", ["", "recovery-codes/", "recovery-codes/download/", "recovery-codes/generate/"])
def test_o07_pages_about_codes_that_cannot_be_read_say_what_helps(owen, new_key, path, security_log):
    with_app(owen)
    with_codes(owen)
    new_key(keep=False)
    client = signed_in(owen)

    answer = client.get(f"/accounts/2fa/{path}")

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Your second step cannot be read" in page
    assert 'action="/accounts/2fa/recovery-codes/generate/"' in page
    assert len(security_log.of("factor.unreadable")) == 1


def test_o07_from_that_page_one_helps_oneself(owen, new_key, now):
    with_app(owen)
    with_codes(owen)
    new_key(keep=False)
    client = signed_in(owen)

    client.post("/accounts/2fa/recovery-codes/generate/")
    shown = client.get("/accounts/2fa/recovery-codes/")
    index = client.get("/accounts/2fa/")
    client.post("/accounts/2fa/totp/deactivate/")

    assert (shown.status_code, index.status_code) == (200, 200)
    assert not Authenticator.objects.exists()


def test_o07_a_german_reads_it_in_german(world, new_key):
    world.jana.set_password(PASSWORD)
    world.jana.save()
    with_codes(world.jana)
    with_app(world.jana)
    new_key(keep=False)

    assert "Ihr zweiter Schritt ist nicht lesbar" in signed_in(world.jana).get("/accounts/2fa/").content.decode()


def test_o07_confirming_with_a_code_that_cannot_be_read(owen, new_key, now):
    secret = with_app(owen)
    new_key(keep=False)
    client = Client()
    client.force_login(owen, backend="incentives_portal.accounts.backends.SignInBackend")

    answer = client.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret), "next": "/"})

    assert answer.status_code == 200
    assert "can no longer read" in answer.content.decode()


def test_o07_nothing_encrypted_holds_the_key_that_made_it(owen, settings):
    with_app(owen)

    assert settings.SECRET_KEY not in json.dumps(Authenticator.objects.get().data)
