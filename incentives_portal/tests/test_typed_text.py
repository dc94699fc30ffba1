"""Text of which nothing can be seen is no text, and an e-mail address has one spelling."""

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation

from incentives_portal.accounts.models import User
from incentives_portal.accounts.services import add_person
from incentives_portal.accounts.tests.conftest import LOGIN, PASSWORD, is_signed_in
from incentives_portal.countries import country_choices, country_code
from incentives_portal.tests.world import november, sign_in, world  # noqa: F401
from incentives_portal.typed_text import canonical_email, shows_nothing

KELVIN = "\u212a"
INVISIBLE = [
    "\u200b",
    "\u3164",
    "\u2800",
    "\u00ad\u2060",
    "\u200e \u200f",
    "\ufe0f",
    "\uffa0\u115f",
    "\u0301",
    "\t\r\n",
    "",
]
SEEN = ["a", "0", ".", "漢", "\u200ba", "🎉", "\u202eab"]


@pytest.mark.parametrize("text", INVISIBLE)
def test_what_cannot_be_seen(text):
    assert shows_nothing(text)


@pytest.mark.parametrize("text", SEEN)
def test_what_can_be_seen(text):
    assert not shows_nothing(text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (f"{KELVIN}arl@Halden.example", "Karl@Halden.example"),
        ("ｋａｒｌ＠ｈａｌｄｅｎ.example", "karl@halden.example"),
        (" karl@halden.example ", "karl@halden.example"),
        ("\u0131r\u0130s@halden.example", "irIs@halden.example"),
        ("karl@münchen.example", "karl@xn--mnchen-3ya.example"),
        # The a of the domain is Cyrillic.
        ("karl@h\u0430lden.example", "karl@xn--hlden-4ve.example"),
        ("nobody", "nobody"),
        ("a@" + "x" * 80, "a@" + "x" * 80),
    ],
)
def test_an_address_has_one_spelling(typed, kept):
    assert canonical_email(typed) == kept


@pytest.mark.django_db
def test_whoever_is_added_with_a_letter_that_only_looks_like_another_can_sign_in(world):  # noqa: F811
    lines = {"organisation_roles-TOTAL_FORMS": 0, "organisation_roles-INITIAL_FORMS": 0}
    typed = {
        "organisation": world.nordlicht.pk,
        "email": f"{KELVIN}lara@nordlicht.example",
        "name": "Klara",
        "language": "de",
    }
    added = sign_in(Client(), world.elif_).post(
        reverse("admin:accounts_user_add"), {**typed, "time_zone": "UTC", "is_active": "on", **lines}
    )
    klara = User.objects.get(name="Klara")
    klara.set_password(PASSWORD)
    klara.save()

    assert (added.status_code, klara.email) == (302, "Klara@nordlicht.example")
    for address in ("klara@nordlicht.example", f"{KELVIN}lara@nordlicht.example", "ＫＬＡＲＡ@nordlicht.example"):
        client = Client()
        client.post(LOGIN, {"login": address, "password": PASSWORD})
        assert is_signed_in(client), address


@pytest.mark.django_db
def test_services_and_commands_spell_addresses_alike(world):  # noqa: F811
    assert (
        add_person(world.nordlicht, email=f"{KELVIN}arl@nordlicht.example", name="Karl").email
        == "karl@nordlicht.example"
    )

    call_command("add_operator_admin", f"{KELVIN}im@halden.example", "Kim", verbosity=0)

    assert User.objects.get(name="Kim").email == "kim@halden.example"


def test_countries_are_sorted_as_dictionaries_do():
    names = [name for _code, name in country_choices()]

    # Åland lay behind Zimbabwe, and Österreich is sought under O.
    assert names[:3] == ["Afghanistan", "Åland Islands", "Albania"]
    assert names.index("Côte d’Ivoire") < names.index("Croatia")
    with translation.override("de"):
        german = [name for _code, name in country_choices()]
    assert german[:3] == ["Afghanistan", "Ägypten", "Ålandinseln"]
    assert german.index("Österreich") < german.index("Pakistan")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("DE", "DE"),
        ("de", "DE"),
        ("Germany", "DE"),
        ("sweden", "SE"),
        ("Aland Islands", "AX"),
        ("Sw", None),
        ("zz", None),
        ("", None),
    ],
)
def test_a_country_is_typed_as_code_or_name(typed, code):
    assert country_code(typed) == code
