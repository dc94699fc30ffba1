"""What a form says where the database would refuse: a sentence for people, in both languages, never the name of a constraint."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import models
from django.urls import reverse
from django.utils import translation

from incentives_portal.accounts.capabilities import ADMIN_CAPABILITIES, CONFIGURED_ELSEWHERE
from incentives_portal.accounts.models import Organisation
from incentives_portal.programs.models import Market
from incentives_portal.tests.world import november, world  # noqa: F401


def edited_models() -> Iterator[type[models.Model]]:
    """The models of the portal that a form of the admin site writes, lines of other pages among them."""
    for model, page in admin.site._registry.items():
        app, name = model._meta.app_label, model._meta.model_name
        if CONFIGURED_ELSEWHERE.get(f"{app}.{name}", ADMIN_CAPABILITIES.get(app, (None, None))[1]):
            yield model
            yield from (line.model for line in page.inlines)


CONSTRAINTS = [
    pytest.param(constraint, id=constraint.name)
    for model in dict.fromkeys(edited_models())
    for constraint in model._meta.constraints
]


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_a_constraint_says_what_is_wrong_in_words(constraint):
    english = constraint.get_violation_error_message()
    with translation.override("de"):
        german = constraint.get_violation_error_message()

    assert constraint.violation_error_message is not constraint.default_violation_error_message
    assert constraint.name not in english
    assert "_" not in english
    assert english.endswith(".")
    assert english != german


def test_what_is_walked():
    names = [case.id for case in CONSTRAINTS]

    assert len(names) > 20
    assert {"user_email_any_case", "market_once", "reason_code_once", "holiday_once", "exchange_rate_differs"} <= set(
        names
    )


@pytest.mark.django_db
def test_a_second_address_a_second_operator_and_a_second_market_are_refused_in_words(world, client):  # noqa: F811
    client.force_login(world.elif_)
    no_lines = {
        f"{prefix}-{name}": 0
        for prefix in ("locations", "organisation_roles")
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }

    second = {"organisation": world.nordlicht.pk, "email": world.jana.email, "name": "Jana"}
    person = client.post(
        reverse("admin:accounts_user_add"), {**second, "language": "en", "time_zone": "UTC", **no_lines}
    )
    operator = client.post(reverse("admin:accounts_organisation_add"), {"kind": "operator", "name": "Two", **no_lines})
    market = {"program": world.device.pk, "code": "NORTH", "name_en": "North", "countries": ["DE"]}
    again = client.post(reverse("admin:programs_market_add"), market)

    assert "Someone already has this email address." in person.content.decode()
    assert "Person with this Email already exists." not in person.content.decode()
    assert "There is already an operator, and there can be only one." in operator.content.decode()
    assert "There is already a market with this code in this program." in again.content.decode()
    assert (Organisation.objects.filter(kind="operator").count(), Market.objects.filter(code="NORTH").count()) == (1, 1)


@pytest.mark.django_db
def test_migrations_are_what_the_models_say(capsys):
    """The length of a column, for example: what the database refuses is written in the migrations, not in the models."""
    call_command("makemigrations", check_changes=True, dry_run=True)  # ends the process where a migration is missing

    assert capsys.readouterr().out == "No changes detected\n"
