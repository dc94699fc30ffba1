"""The demo opens nothing where strangers can come by (O-07)."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from incentives_portal.accounts.models import Organisation, User
from incentives_portal.demo.people import COMPANIES, PASSWORD, PEOPLE
from incentives_portal.embedded.loopback import is_loopback_only
from incentives_portal.tests.world import november, world  # noqa: F401

pytestmark = pytest.mark.django_db
OWN = "quite another password"


@pytest.fixture
def public(settings):
    settings.LOOPBACK_ONLY = False


def signs_in(email, password):
    """Whether somebody comes in by the form."""
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": password})
    return "_auth_user_id" in client.session


def somebody(world, email, password):
    person = User.objects.create_user(email, password, organisation=world.nordlicht, name="Somebody")
    return person.email


@pytest.mark.parametrize(
    ("hosts", "url", "alone"),
    [
        (["localhost", "127.0.0.1", "[::1]"], "http://localhost:8000", True),
        (["localhost"], "https://incentives.example.com", False),
        (["localhost", "192.168.1.7"], "http://localhost", False),
        (["*"], "http://localhost", False),
        ([], "http://localhost", False),
    ],
)
def test_o07_what_counts_as_one_s_own_machine(hosts, url, alone):
    assert is_loopback_only(hosts, url) is alone


def test_o07_the_demo_is_not_seeded_on_a_public_host(public):
    with pytest.raises(CommandError, match=r"password is public.*add_operator_admin"):
        call_command("seed_demo")

    assert not Organisation.objects.exists()


def test_o07_a_restored_dump_of_the_demo_lets_nobody_in(world, public):
    """Every person of the demo, with the published password and with one of their own."""
    for person in PEOPLE:
        known = User.objects.filter(email=person.email).first()
        somebody(world, person.email, OWN) if known is None else (known.set_password(OWN), known.save())

    assert [
        person.email for person in PEOPLE if signs_in(person.email, OWN) or signs_in(person.email.upper(), OWN)
    ] == []


def test_o07_nor_a_colleague_that_was_added_to_a_company_of_the_demo(world, public):
    address = somebody(world, f"new@{COMPANIES[0].domain}", OWN)

    assert not signs_in(address, OWN)


def test_o07_the_published_password_opens_no_account_at_all(world, public):
    real, other = somebody(world, "a@company.test", PASSWORD), somebody(world, "b@company.test", OWN)

    assert (signs_in(real, PASSWORD), signs_in(other, OWN)) == (False, True)


def test_o07_on_one_s_own_machine_it_does(world):
    assert signs_in(somebody(world, "someone@brightwater.example", PASSWORD), PASSWORD)


def test_o07_nobody_chooses_the_published_password():
    with pytest.raises(ValidationError, match="demo accounts"):
        validate_password(PASSWORD)
    validate_password(OWN)
