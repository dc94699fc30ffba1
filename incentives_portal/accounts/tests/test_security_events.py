"""What is logged, a test per kind; and that no secret ever is (O-11, X-14)."""

import re
import time
import uuid

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import OrganisationRole
from incentives_portal.accounts.services import (
    add_person,
    ask_for_columns,
    ask_for_erasure,
    change_person,
    confirm_change,
    give_role,
)
from incentives_portal.accounts.tests.conftest import PASSWORD, WRONG, code_of, sign_in
from incentives_portal.accounts.tests.test_columns import typed
from incentives_portal.accounts.tests.test_second_factor import NEW, give, half_way, set_up, with_app
from incentives_portal.cases.models import Event
from incentives_portal.logs import LineFormatter
from incentives_portal.tests.world import sign_in as force_login
from plans.tests import builders as plans

pytestmark = pytest.mark.django_db
committing = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now():
    with time_machine.travel(time.time(), tick=False) as moved:
        yield moved


@pytest.fixture
def approver(world):
    """The operator's incentives admin."""
    return force_login(Client(REMOTE_ADDR="192.0.2.9"), world.elif_)


# Signing in and out


def test_o11_a_sign_in_says_who_from_where_and_how(owen, security_log):
    answer = sign_in(owen, ip="203.0.113.4")

    [event] = security_log.of("sign_in")
    assert (event["user"], event["email"], event["organisation"]) == (
        str(owen.public_id),
        owen.email,
        "Brightwater IT Ltd",
    )
    assert (event["address"], event["outcome"], event["details"]) == (
        "203.0.113.4",
        "success",
        {"methods": ["password"]},
    )
    assert event["request_id"] == answer["X-Request-ID"]


def test_o11_behind_a_proxy_the_address_is_that_of_the_rate_limits(owen, security_log, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    sign_in(owen, ip="10.0.0.1", headers={"x-forwarded-for": "198.51.100.1, 203.0.113.7"})

    assert security_log.of("sign_in")[0]["address"] == "203.0.113.7"


def test_o11_a_wrong_password_names_the_account_that_was_tried(owen, security_log):
    Client().post("/accounts/login/", {"login": owen.email.upper(), "password": WRONG}, REMOTE_ADDR="192.0.2.1")

    [event] = security_log.of("sign_in.failed")
    assert (event["outcome"], event["user"], event["address"]) == ("failure", None, "192.0.2.1")
    assert event["details"] == {"target": {"id": str(owen.public_id), "email": owen.email}}


def test_o11_what_was_typed_instead_of_an_address_is_not_logged(db, security_log):
    for name in ("my.password@brightwater.example", "my.password@brightwater.example", "other@brightwater.example"):
        Client().post("/accounts/login/", {"login": name, "password": WRONG})

    first, second, third = (event["details"]["unknown"] for event in security_log.of("sign_in.failed"))
    assert first == second != third
    assert "my.password" not in "".join(security_log.texts)


def test_o11_too_many_tries_are_logged_with_the_account(owen, security_log):
    for _n in range(12):
        sign_in(owen, WRONG)

    events = security_log.of("rate_limited")
    assert [event["details"] for event in events] == [
        {"limit": "login_failed", "target": {"id": str(owen.public_id), "email": owen.email}}
    ] * 2
    assert {event["outcome"] for event in events} == {"refused"}
    assert len(security_log.of("sign_in.failed")) == 10


def test_o11_a_page_that_answers_too_many_is_logged_as_well(owen, security_log):
    for _n in range(21):
        answer = Client().post("/accounts/password/reset/", {"email": owen.email}, REMOTE_ADDR="192.0.2.1")

    assert answer.status_code == 429
    assert security_log.of("rate_limited")[-1]["details"]["view"] == "account_reset_password"


def test_o11_signing_out_and_a_session_that_ran_out(owen, security_log, settings):
    client = Client()
    sign_in(owen, client=client)
    client.post("/accounts/logout/")
    with time_machine.travel(time.time(), tick=False) as now:
        sign_in(owen, client=client)
        now.shift(settings.SESSION_IDLE_MINUTES * 60 + 1)
        client.get("/")

    assert [event["action"] for event in security_log.entries] == [
        "sign_in",
        "sign_out",
        "sign_in",
        "session.expired",
    ]
    assert {event["user"] for event in security_log.entries} == {str(owen.public_id)}


def test_o11_a_reset_is_logged_when_asked_for_and_when_done(owen, security_log, mailoutbox, settings):
    client = Client()
    client.post("/accounts/password/reset/", {"email": owen.email})
    client.post("/accounts/password/reset/", {"email": "nobody@brightwater.example"})
    path = mailoutbox[0].body.split(settings.PORTAL_URL)[1].split()[0]
    form = client.get(path, follow=True).request["PATH_INFO"]
    client.post(form, {"password1": NEW, "password2": NEW})

    known, unknown = security_log.of("password.reset_requested")
    assert (known["user"], known["details"]["target"]["email"]) == (None, owen.email)
    assert set(unknown["details"]) == {"unknown"}
    assert [event["user"] for event in security_log.of("password.reset")] == [str(owen.public_id)]


def test_o11_a_changed_password_and_a_wrong_old_one(owen, security_log):
    client = Client()
    sign_in(owen, client=client)
    client.post("/accounts/password/change/", {"oldpassword": WRONG, "password1": NEW, "password2": NEW})
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    [failed], [changed] = security_log.of("sign_in.failed"), security_log.of("password.changed")
    assert failed["user"] == changed["user"] == str(owen.public_id)


# The second step


@committing
def test_o11_factors_added_used_failed_and_removed(owen, security_log, now):
    client = Client()
    sign_in(owen, client=client)
    secret, _page = set_up(client)
    now.shift(30)
    later = half_way(owen)
    give(later, f"{(int(code_of(secret)) + 1) % 10**6:06d}")
    give(later, code_of(secret))
    client.post("/accounts/2fa/totp/deactivate/")

    events = [(event["action"], event["details"].get("factor")) for event in security_log.entries]
    assert [event for event in events if event[0].startswith(("factor", "recovery"))] == [
        ("factor.added", "totp"),
        ("recovery_codes.generated", None),
        ("recovery_codes.viewed", None),
        ("factor.failed", "totp"),
        ("factor.used", "totp"),
        ("factor.removed", "totp"),
        ("factor.removed", "recovery_codes"),
    ]
    assert {event["user"] for event in security_log.entries} == {str(owen.public_id)}
    assert [event["details"]["methods"] for event in security_log.of("sign_in")] == [["password"], ["password", "totp"]]


@committing
def test_o11_recovery_codes_made_anew_shown_and_used(owen, security_log, now):
    with_app(owen)
    RecoveryCodes.activate(owen)
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    client = half_way(owen)
    give(client, code)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/"})
    client.post("/accounts/2fa/recovery-codes/generate/")
    client.get("/accounts/2fa/recovery-codes/")

    assert security_log.of("factor.used")[0]["details"]["factor"] == "recovery_codes"
    assert len(security_log.of("recovery_codes.generated")) == 1
    assert len(security_log.of("recovery_codes.viewed")) == 1


def test_o11_codes_that_are_guessed_are_a_rate_limit(owen, security_log, now):
    secret = with_app(owen)
    wrong = f"{(int(code_of(secret)) + 1) % 10**6:06d}"
    client = half_way(owen)
    for _n in range(11):
        give(client, wrong)

    assert len(security_log.of("factor.failed")) == 10
    [event] = security_log.of("rate_limited")
    assert (event["user"], event["details"]) == (str(owen.public_id), {"limit": "second_step"})


def test_o11_a_passkey_that_is_refused(owen, security_log):
    answer = Client().post(reverse("mfa_login_webauthn"), {"credential": '{"id": "x"}'})

    assert answer.url == "/accounts/login/"
    assert [event["details"] for event in security_log.of("factor.failed")] == [{"factor": "webauthn"}]


def test_o11_a_second_step_that_the_operator_removed(owen, security_log, django_capture_on_commit_callbacks):
    with_app(owen)
    with django_capture_on_commit_callbacks(execute=True):
        call_command("remove_second_factor", owen.email)

    [event] = security_log.of("factor.removed")
    assert event["details"] == {
        "target": {"id": str(owen.public_id), "email": owen.email},
        "by": "remove_second_factor",
    }


# Users and roles


def test_o11_what_an_admin_changes_of_a_person_is_logged_with_old_and_new(
    world, approver, security_log, django_capture_on_commit_callbacks
):
    url, person = reverse("admin:accounts_user_change", args=[world.owen.pk]), world.owen
    for change in (
        {"is_active": ""},
        {"is_active": "on"},
    ):
        with django_capture_on_commit_callbacks(execute=True):
            data = {name: value for name, value in {**typed(approver.get(url)), **change}.items() if value != ""}
            assert approver.post(url, data).status_code == 302

    events = security_log.entries
    assert [event["action"] for event in events] == ["user.disabled", "user.enabled"]
    assert {event["email"] for event in events} == {world.elif_.email}
    assert {event["address"] for event in events} == {"192.0.2.9"}
    assert {event["details"]["target"]["id"] for event in events} == {str(person.public_id)}


def test_o11_a_confirmed_address_is_logged_with_old_and_new(world, security_log, django_capture_on_commit_callbacks):
    request = ask_for_columns(world.owen, {"email": "owen@brightwater.example"}, actor=world.elif_)
    with django_capture_on_commit_callbacks(execute=True):
        confirm_change(request, actor=world.emre)

    [event] = security_log.of("user.email_changed")
    assert (event["details"]["old"], event["details"]["new"]) == (world.owen.email, "owen@brightwater.example")


def test_o11_roles_given_and_taken_in_the_admin_site(world, approver, security_log, django_capture_on_commit_callbacks):
    url = reverse("admin:accounts_user_change", args=[world.owen.pk])
    lines = {"organisation_roles-TOTAL_FORMS": "1", "organisation_roles-0-user": str(world.owen.pk)}
    for change in (
        {**lines, "organisation_roles-0-role": "partner.billing_admin"},
        {"organisation_roles-0-DELETE": "on"},
    ):
        with django_capture_on_commit_callbacks(execute=True):
            assert approver.post(url, {**typed(approver.get(url)), **change}).status_code == 302

    given, removed = security_log.entries
    target = {"id": str(world.owen.public_id), "email": world.owen.email}
    assert (given["action"], given["details"]) == (
        "role.given",
        {"target": target, "role": "partner.billing_admin", "scope": "organisation"},
    )
    assert (removed["action"], removed["details"]["role"]) == ("role.removed", "partner.billing_admin")


def test_o11_services_and_commands_are_logged_as_well(world, security_log, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        person = add_person(world.nordlicht, email="new@nordlicht.example", name="New")
        give_role(person, Role.PARTNER_BILLING_ADMIN)
        give_role(person, Role.PARTNER_BILLING_ADMIN)
        call_command("add_operator_admin", "first@halden.example", "First")

    assert [event["action"] for event in security_log.entries] == ["user.added", "role.given"] * 2
    assert {(event["user"], event["address"]) for event in security_log.entries} == {(None, None)}


@committing
def test_o11_what_was_rolled_back_did_not_happen(world, security_log):
    with transaction.atomic():
        give_role(world.owen, Role.PARTNER_BILLING_ADMIN)
        transaction.set_rollback(True)

    assert security_log.entries == []
    assert not OrganisationRole.objects.filter(user=world.owen).exists()


def test_o11_signing_in_and_saving_a_profile_change_nothing_of_a_person(
    owen, security_log, django_capture_on_commit_callbacks, django_assert_num_queries
):
    client = Client()
    with django_capture_on_commit_callbacks(execute=True):
        sign_in(owen, client=client)
        client.post("/profile/", {"name": "Owen H.", "language": "de", "time_zone": "UTC"})
        # With reading the old name, recording the change, and the digests of the old name, the new one, and of who it is.
        with django_assert_num_queries(6):
            owen.save(update_fields=["name"])

    assert [event["action"] for event in security_log.entries] == ["sign_in"]


# Refusals


def test_o11_a_page_of_others_is_a_refusal(owen, security_log):
    client = force_login(Client(), owen)
    answer = client.get("/admin/?q=what+I+typed")

    [event] = security_log.of("request.refused")
    assert answer.status_code == 403
    assert (event["user"], event["outcome"]) == (str(owen.public_id), "refused")
    assert event["details"] == {"method": "GET", "path": "/admin/", "view": "admin:index"}


def test_o11_an_object_that_is_not_there_for_this_person(world, security_log):
    wanted = uuid.uuid4()
    force_login(Client(), world.owen).get(f"/claims/{wanted}/")
    force_login(Client(), world.owen).get("/nothing/here/")
    Client().get(f"/claims/{wanted}/")

    [event] = security_log.of("request.object_not_found")
    assert (event["user"], event["details"]["objects"]) == (str(world.owen.public_id), [str(wanted)])


def test_o11_a_form_without_its_token(owen, security_log):
    client = force_login(Client(enforce_csrf_checks=True), owen)
    answer = client.post("/profile/", {"name": "Another"})

    [event] = security_log.of("request.csrf_failed")
    assert answer.status_code == 403
    assert event["details"] == {
        "reason": "CSRF cookie not set.",
        "method": "POST",
        "path": "/profile/",
        "view": "accounts:profile",
    }
    assert security_log.of("request.refused") == []


# Secrets


@committing
def test_o11_x14_no_secret_and_nothing_typed_stands_in_any_log(
    world, security_log, access_log, caplog, mailoutbox, settings, now
):
    """Every way of above, once, with canaries for everything that must not be written down."""
    caplog.set_level("DEBUG")
    world.elif_.set_password("Zaunkoenig-im-Nest-27")
    world.elif_.save()
    person, old, new, wrong = world.elif_, "Zaunkoenig-im-Nest-27", "Zaunkoenig-neu-28", "Zaunkoenig-falsch-29"
    client = Client()
    sign_in(person, wrong, client=client)
    Client().post("/accounts/login/", {"login": f"{old}@halden.example", "password": wrong})
    sign_in(person, old, client=client)
    first_session = client.cookies[settings.SESSION_COOKIE_NAME].value
    secret, page = set_up(client, old)
    codes = re.findall(r"<code>(\d{8})</code>", page)
    client.get("/accounts/2fa/recovery-codes/download/")
    client.post("/accounts/password/change/", {"oldpassword": wrong, "password1": new, "password2": new})
    client.post("/accounts/password/reset/", {"email": person.email})
    token_path = mailoutbox[-1].body.split(settings.PORTAL_URL)[1].split()[0]
    reader = Client()
    form = reader.get(f"{token_path}?next=Zaunkoenig-query", follow=True).request["PATH_INFO"]
    reader.post(form, {"password1": new, "password2": new})
    reader.get(token_path)
    reader.delete(token_path)
    now.shift(60)
    later = half_way_with(person, new)
    good = code_of(secret)
    give(later, "135246")
    give(later, codes[3])
    give(half_way_with(person, new), good)
    plan = plans.submitted_plan(world, title="Zaunkoenig-Titel")
    force_login(Client(), world.jana).post(f"{plan.get_absolute_url()}comment/", {"comment": "Zaunkoenig-Kommentar"})
    later.get(f"/claims/{uuid.uuid4()}/", {"q": "Zaunkoenig-Suche"})
    Client(enforce_csrf_checks=True).post("/profile/", {"name": "Zaunkoenig-Name"})

    logged = "\n".join(LineFormatter("{message}", style="{").format(record) for record in caplog.records)
    written = "\n".join([*security_log.texts, *access_log.texts, logged])
    token = token_path.rstrip("/").rpartition("/")[2]
    sessions = [first_session, *(each.cookies[settings.SESSION_COOKIE_NAME].value for each in (client, later))]
    forbidden = [old, new, wrong, secret, *codes, good, "135246", token, token.partition("-")[2], *sessions]
    forbidden += ["Zaunkoenig", settings.SECRET_KEY, client.cookies[settings.CSRF_COOKIE_NAME].value]
    assert [canary for canary in forbidden if canary in written] == []
    assert len(codes) == 10
    assert Event.objects.filter(comment="Zaunkoenig-Kommentar").exists()
    assert "/accounts/password/reset/key/-/" in "".join(access_log.texts)
    assert {"sign_in", "factor.used", "password.reset", "request.object_not_found", "request.csrf_failed"} <= {
        event["action"] for event in security_log.entries
    }


def half_way_with(person, password):
    client = Client()
    sign_in(person, password, client=client)
    return client


def test_o11_erasure_is_logged_without_the_erased_address(world, security_log, django_capture_on_commit_callbacks):
    gone = change_person(world.owen, is_active=False)
    asked = ask_for_erasure(gone, actor=world.elif_)
    with django_capture_on_commit_callbacks(execute=True):
        confirm_change(asked, actor=world.emre)

    (event,) = [event for event in security_log.entries if event["action"].startswith("user.")]
    assert event["action"] == "user.erased"
    assert world.owen.email not in str(security_log.entries)
