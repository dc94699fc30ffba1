"""A company in the admin site: its domains and countries are typed in words, and it stays on its side."""

import pytest
from django.urls import reverse

from incentives_portal.accounts.models import Location, Organisation
from incentives_portal.screens.optimistic_lock import state_of, written

pytestmark = pytest.mark.django_db
LINE = {
    "locations-TOTAL_FORMS": 1,
    "locations-INITIAL_FORMS": 0,
    "locations-0-partner_id": "77",
    "locations-0-name": "Head office",
}


@pytest.fixture
def add(world, client):
    """The answer to the form of a new company."""
    client.force_login(world.elif_)
    return lambda **typed: client.post(
        reverse("admin:accounts_organisation_add"),
        {"kind": "partner", "name": "New", **LINE, "locations-0-country": "DE", **typed},
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("example.com", ["example.com"]),
        (
            "Example.com, @example.org; example.com\nmünchen.example",
            ["example.com", "example.org", "xn--mnchen-3ya.example"],
        ),
        ("", []),
    ],
)
def test_domains_are_typed_as_a_list_in_words(add, typed, kept):
    assert add(email_domains=typed).status_code == 302
    company = Organisation.objects.get(name="New")
    assert company.email_domains == kept
    assert all(company.owns_address(f"a@{domain}") for domain in kept)


@pytest.mark.parametrize(
    "typed", ['{"name": "example.com"}', '["example.com"]', "null", "example", "a@example.com", "x y"]
)
def test_what_is_no_domain_is_refused_with_an_example(add, typed):
    """Whoever followed the example of the refusal had kept an object, and no address was the company's."""
    form = add(email_domains=typed).context["adminform"].form

    assert "is not a domain" in form.errors["email_domains"][0]
    assert "example.com, example.org" in form.errors["email_domains"][0]


@pytest.mark.parametrize(("typed", "code"), [("se", "SE"), ("Sweden", "SE"), ("Åland Islands", "AX")])
def test_a_country_is_typed_as_code_or_name(add, typed, code):
    add(**{"locations-0-country": typed})

    assert Location.objects.get(partner_id="77").country == code


@pytest.mark.parametrize("typed", ["Sw", "zz", "EU", "Atlantis"])
def test_what_is_no_country_is_refused(add, typed):
    answer = add(**{"locations-0-country": typed})

    assert f"“{typed}” is not a country." in answer.content.decode()
    assert not Location.objects.filter(partner_id="77").exists()


def test_the_kind_of_a_company_does_not_change(world, client):
    """The operator's could be made a partner's by its own admin: the administration was closed to everybody from then on."""
    client.force_login(world.elif_)
    address = reverse("admin:accounts_organisation_change", args=[world.halden.pk])
    no_lines = {"locations-TOTAL_FORMS": 0, "locations-INITIAL_FORMS": 0}

    saved = client.post(
        address,
        {
            "kind": "partner",
            "name": "Halden",
            "seen": written(state_of(Organisation.objects.get(kind="operator"))),
            **no_lines,
        },
    )

    world.halden.refresh_from_db()
    assert (saved.status_code, world.halden.name, world.halden.kind) == (302, "Halden", "operator")
