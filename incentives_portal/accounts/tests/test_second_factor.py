"""The second step: set up, asked for, not to be guessed or replayed (A-06), and demanded of the operator's people (A-04, A-05)."""

import re
import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from incentives_portal.accounts import second_factor
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import Organisation, OrganisationKind, OrganisationRole, User
from incentives_portal.accounts.second_factor import AddPasskeyForm, RenamePasskeyForm, SecondFactorAdapter
from incentives_portal.accounts.services import add_person
from incentives_portal.accounts.tests.conftest import LOGIN, PASSWORD, code_of, is_signed_in, sign_in

pytestmark = pytest.mark.django_db
#: allauth says that a factor was added when the transaction is committed.
committing = pytest.mark.django_db(transaction=True)
STEP = "/accounts/2fa/authenticate/"
NEW = "an even better one"


@pytest.fixture
def now():
    with time_machine.travel(time.time(), tick=False) as moved:
        yield moved


@pytest.fixture
def demanded(settings):
    settings.REQUIRE_MFA_FOR_STAFF = True


def with_app(person):
    """The secret of an app that the person has set up."""
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def half_way(person, ip="192.0.2.1"):
    """A browser in which the password was right."""
    client = Client(REMOTE_ADDR=ip)
    assert sign_in(person, client=client, ip=ip).url == STEP
    return client


def give(client, code):
    return client.post(STEP, {"code": code})


def set_up(client, password=PASSWORD):
    """Set up an app as a person does, and return its secret and the page that follows."""
    confirm = client.get("/accounts/2fa/totp/activate/", follow=True)
    client.post("/accounts/reauthenticate/", {"password": password, "next": "/accounts/2fa/totp/activate/"})
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r'id="authenticator_secret">(\w+)<', page)[1]
    done = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)}, follow=True)
    assert "Confirm your identity" in confirm.content.decode()
    return secret, done.content.decode()


@committing
def test_an_app_is_set_up_from_the_profile_and_asked_for_at_the_next_sign_in(owen, mailoutbox, now):
    client = Client()
    sign_in(owen, client=client)
    assert reverse("mfa_index") in client.get("/profile/").content.decode()

    secret, page = set_up(client)
    now.shift(30)
    later = half_way(owen)
    half = is_signed_in(later)
    give(later, code_of(secret))

    assert "Recovery codes" in page
    assert len(re.findall(r"<code>\d{8}</code>", page)) == 10
    assert (half, is_signed_in(later)) == (False, True)
    assert [mail.subject for mail in mailoutbox] == ["Halden Incentives: your sign-in details were changed"]
    assert "An authenticator app was set up for your account." in mailoutbox[0].body


def test_the_password_is_asked_for_before_anything_changes(owen):
    client = Client()
    sign_in(owen, client=client)
    with_app(owen)

    for page in ("totp/deactivate", "recovery-codes/generate", "webauthn/add"):
        assert client.post(f"/accounts/2fa/{page}/").url.startswith("/accounts/reauthenticate/")
    assert Authenticator.objects.count() == 1


def test_secrets_are_not_in_the_database_as_they_are(owen):
    secret = with_app(owen)
    RecoveryCodes.activate(owen)

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert all(code not in stored for code in Authenticator.objects.get(type="recovery_codes").wrap().generate_codes())


def test_a_new_secret_key_reads_what_the_earlier_one_wrote(owen, settings, now):
    secret = with_app(owen)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = (
        [settings.SECRET_KEY],
        "another key of the portal, long enough to be one",
    )

    assert give(half_way(owen), code_of(secret)).status_code == 302


def test_code_is_typed_on_a_keyboard_of_digits_or_filled_in_by_the_browser(owen):
    with_app(owen)

    field = half_way(owen).get(STEP).context["form"]["code"]

    assert field.field.widget.attrs.items() >= {"autocomplete": "one-time-code", "inputmode": "numeric"}.items()


def test_a06_a_code_is_good_for_one_sign_in_only(owen, now):
    secret = with_app(owen)
    code = code_of(secret)

    first = give(half_way(owen), code)
    second = give(half_way(owen, ip="192.0.2.2"), code)
    now.shift(29 - time.time() % 30)
    third = give(half_way(owen), code)

    assert (first.status_code, second.status_code, third.status_code) == (302, 200, 200)
    assert "Incorrect code" in second.content.decode()


def test_a06_ten_wrong_codes_and_the_right_one_is_not_looked_at(owen, now):
    secret = with_app(owen)
    clients = [half_way(owen, ip=f"192.0.2.{n}") for n in range(3)]
    right = code_of(secret)
    wrong = f"{(int(right) + 1) % 10**6:06d}"

    for n in range(10):
        give(clients[n % 3], wrong)
    refused = give(clients[0], right)
    now.shift(15 * 60 + 1)
    accepted = give(half_way(owen, ip="192.0.2.9"), code_of(secret))

    assert "Too many failed sign-in attempts. Wait 15 minutes" in refused.content.decode()
    assert accepted.status_code == 302


def test_a06_a_recovery_code_opens_once(owen, now):
    with_app(owen)
    RecoveryCodes.activate(owen)
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]

    assert give(half_way(owen), code).status_code == 302
    assert give(half_way(owen), code).status_code == 200


def test_a06_recovery_codes_are_not_guessed_either(owen, now):
    with_app(owen)
    RecoveryCodes.activate(owen)
    client = half_way(owen)

    pages = [give(client, f"{n:08d}").content.decode() for n in range(11)]

    assert ["Too many" in page for page in pages] == [False] * 10 + [True]


def test_a06_the_password_alone_does_not_stay_half_way_for_ever(owen, now):
    secret = with_app(owen)
    client = half_way(owen)
    now.shift(16 * 60)

    assert give(client, code_of(secret)).url == LOGIN
    assert not is_signed_in(client)


def test_a04_after_a_reset_the_second_step_is_still_asked_for(owen, mailoutbox, settings):
    with_app(owen)
    client = Client()
    client.post("/accounts/password/reset/", {"email": owen.email})
    path = mailoutbox[-1].body.split(settings.PORTAL_URL)[1].split()[0]
    form = client.get(path, follow=True).request["PATH_INFO"]
    client.post(form, {"password1": NEW, "password2": NEW})

    assert not is_signed_in(client)
    assert sign_in(owen, NEW, client=client).url == STEP


def test_a02_who_knows_no_password_cannot_use_up_the_codes_of_a_victim(owen, now):
    secret = with_app(owen)
    for n in range(30):
        stranger = Client(REMOTE_ADDR=f"198.51.100.{n}")
        sign_in(owen, "wrong", client=stranger, ip=f"198.51.100.{n}")
        give(stranger, "000000")

    assert give(half_way(owen), code_of(secret)).status_code == 302


# Demanded of the operator's people


@committing
def test_the_operator_s_people_set_one_up_before_anything_else(mira, demanded, now):
    client = Client()
    sign_in(mira, client=client)

    led = {
        path: client.get(path).headers.get("Location") for path in ("/", "/review/", "/profile/", "/claims/", "/help/")
    }
    posted = client.post("/profile/", {"name": "Mira", "language": "en", "time_zone": "UTC"})
    page = client.get("/accounts/2fa/").content.decode()

    mira.refresh_from_db()
    assert set(led.values()) == {"/accounts/2fa/"}
    assert (posted.headers["Location"], mira.name) == ("/accounts/2fa/", "Mira Okafor")
    assert "Set up your second step first." in page
    set_up(client)
    assert client.get("/review/").status_code == 200


@committing
def test_a05_the_admin_site_is_behind_the_same_door(world, demanded, now):
    world.elif_.set_password(PASSWORD)
    world.elif_.save()
    client = Client()
    sign_in(world.elif_, client=client)

    assert client.get("/admin/").headers["Location"] == "/accounts/2fa/"
    assert client.get("/admin/accounts/user/").headers["Location"] == "/accounts/2fa/"
    set_up(client)
    assert client.get("/admin/").status_code == 200


def test_partners_choose(owen, demanded):
    client = Client()
    sign_in(owen, client=client)

    assert is_signed_in(client)


def test_a_session_from_before_the_factor_does_not_become_stronger_by_it(mira, demanded, now):
    old = Client()
    sign_in(mira, client=old)
    secret = with_app(mira)

    answer = old.get("/review/")

    assert answer.url.startswith(LOGIN)
    assert "_auth_user_id" not in old.session
    client = half_way(mira)
    give(client, code_of(secret))
    assert client.get("/review/").status_code == 200


def test_not_demanded_nothing_is_asked(mira, settings):
    settings.REQUIRE_MFA_FOR_STAFF = False
    client = Client()
    sign_in(mira, client=client)

    assert client.get("/review/").status_code == 200


@pytest.mark.parametrize(
    ("role", "asked", "is_demanded"),
    [
        (Role.PARTNER_GLOBAL_ADMIN, True, True),
        (Role.PARTNER_ACCOUNT_ADMIN, True, True),
        (Role.PARTNER_BILLING_ADMIN, True, False),
        (Role.PARTNER_GLOBAL_ADMIN, False, False),
    ],
)
def test_a_setting_demands_it_of_the_admins_of_partners(db, settings, role, asked, is_demanded):
    settings.REQUIRE_MFA_FOR_STAFF, settings.REQUIRE_MFA_FOR_PARTNER_ADMINS = True, asked
    partner = Organisation.objects.create(kind=OrganisationKind.PARTNER, name="Nordlicht")
    person = add_person(partner, email="ada@nordlicht.example", name="Ada")
    OrganisationRole.objects.create(user=person, role=role)

    assert second_factor.must_prove(User.objects.get(pk=person.pk)) is is_demanded


def test_what_is_needed_meanwhile_is_open(mira, demanded):
    client = Client()
    sign_in(mira, client=client)

    assert client.post("/profile/language/", {"language": "de"}).url == "/"
    assert client.get("/accounts/reauthenticate/").status_code == 200
    assert client.get("/accounts/logout/").status_code == 200


# Lost


def test_the_operator_removes_what_was_lost_and_writes_to_the_person(owen, mira, capsys, caplog, mailoutbox):
    with_app(owen)
    with_app(mira)

    call_command("remove_second_factor", owen.email.upper())

    assert "now signs in with only the password" in capsys.readouterr().out
    [letter] = mailoutbox
    assert (letter.to, letter.subject) == ([owen.email], "Your second sign-in step was removed")
    assert "If you did not request this" in letter.body
    assert f"The second step of person {owen.public_id} was removed by the operator" in caplog.messages
    assert sign_in(owen).url == "/"
    assert Authenticator.objects.get().user == mira, "hers is still there"


@pytest.mark.parametrize("address", ["owen.hughes@brightwater.example", "nobody@brightwater.example"])
def test_there_is_nothing_to_remove(owen, address):
    with pytest.raises(CommandError):
        call_command("remove_second_factor", address)


@committing
def test_whoever_removes_the_last_factor_sets_up_another_before_anything_else(mira, demanded, now):
    client = Client()
    sign_in(mira, client=client)
    secret, _page = set_up(client)
    inside = client.get("/review/").status_code
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/2fa/totp/deactivate/"})

    client.post("/accounts/2fa/totp/deactivate/")

    assert not Authenticator.objects.filter(type="totp").exists()
    assert (inside, client.get("/review/").url) == (200, reverse("mfa_index"))


def test_passkeys_belong_to_the_configured_host_and_are_numbered(owen, settings):
    settings.PORTAL_URL, settings.PORTAL_NAME = "https://incentives.example.com:8443/", "Halden Incentives"
    adapter = SecondFactorAdapter()

    assert adapter.get_public_key_credential_rp_entity() == {
        "id": "incentives.example.com",
        "name": "Halden Incentives",
    }
    assert adapter.generate_authenticator_name(owen, Authenticator.Type.WEBAUTHN) == "Passkey 1"
    Authenticator.objects.create(user=owen, type=Authenticator.Type.WEBAUTHN, data={})
    assert adapter.generate_authenticator_name(owen, Authenticator.Type.WEBAUTHN) == "Passkey 2"


def test_a_passkey_stands_for_the_password_unless_its_owner_chooses_otherwise(owen):
    assert AddPasskeyForm(user=owen).fields["passwordless"].initial is True


@pytest.mark.parametrize(("length", "wrong"), [(60, []), (61, ["name"])])
def test_a_passkey_has_a_name_that_fits_a_list(owen, length, wrong):
    key = Authenticator(user=owen, type=Authenticator.Type.WEBAUTHN, data={"name": "Passkey 1"})

    assert [*RenamePasskeyForm(instance=key, data={"name": "x" * length}).errors] == wrong


def test_codes_that_were_asked_for_and_not_shown_are_not_logged_as_shown(owen, security_log):
    with_app(owen)
    RecoveryCodes.activate(owen)
    client = Client()
    client.force_login(owen, backend="incentives_portal.accounts.backends.SignInBackend")

    answer = client.get(reverse("mfa_view_recovery_codes"))

    assert answer.status_code == 302, "who signed in without a password just now is asked for it first"
    assert security_log.of("recovery_codes.viewed") == []
