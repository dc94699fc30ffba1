"""Every change of people, roles, organizations and settings is recorded with who, old and new (docs/domain.md, "Record of changes")."""

import ast
from datetime import date
from decimal import Decimal

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import InternalError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import Location, Organisation, RecordedChange, User
from incentives_portal.accounts.services import add_location, change_person, give_role, remove_role
from incentives_portal.accounts.services.recording import acting, recorded_models
from incentives_portal.accounts.tests.test_columns import typed
from incentives_portal.cases.models import ReasonCode
from incentives_portal.people.models import IncentivesRole
from incentives_portal.people.services import assign_role
from incentives_portal.people.services import remove_role as remove_incentives_role
from incentives_portal.programs.models import Cap, ExchangeRate, ExpenseType
from incentives_portal.screens.optimistic_lock import StaleCheckAdmin
from incentives_portal.tests.owner import as_owner
from incentives_portal.tests.test_house_rules import chain, sources
from incentives_portal.tests.world import sign_in

pytestmark = pytest.mark.django_db
ADMIN = "operator.incentives_admin"


@pytest.fixture
def since(world):
    """The changes that were recorded since the test began."""
    last = RecordedChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return lambda **narrowed: list(RecordedChange.objects.filter(pk__gt=last, **narrowed).order_by("pk"))


def summary(change):
    return change.action, change.kind, change.actor_name, change.actor_role, change.values


def test_a_change_of_a_person_has_who_old_and_new(world, since):
    change_person(world.nils, actor=world.karin, name="Nils Ohm-Petersen")

    [change] = since()
    assert summary(change) == (
        "changed",
        "accounts.user",
        world.karin.name,
        "partner.global_admin",
        {"name": [world.nils.name, "Nils Ohm-Petersen"]},
    )
    assert (change.organisation, change.person, change.actor) == (world.nordlicht, world.nils, world.karin)


def test_roles_that_are_given_and_removed_are_recorded(world, since):
    give_role(world.nils, Role.PARTNER_BILLING_ADMIN, actor=world.elif_)
    remove_role(world.nils, Role.PARTNER_BILLING_ADMIN, actor=world.karin)
    given = assign_role(world.nils, world.device, IncentivesRole.USER, actor=world.elif_)
    assign_role(world.nils, world.device, IncentivesRole.VIEWER, actor=world.elif_)
    remove_incentives_role(given, actor=world.elif_)

    assert [(change.action, change.actor, change.changes.get("role")) for change in since(person=world.nils)] == [
        ("added", world.elif_, [None, "partner.billing_admin"]),
        ("removed", world.karin, ["partner.billing_admin", None]),
        ("added", world.elif_, [None, "user"]),
        ("changed", world.elif_, ["user", "viewer"]),
        ("removed", world.elif_, ["viewer", None]),
    ]
    assert since()[2].values == {
        "user": [None, world.nils.email],
        "program": [None, str(world.device)],
        "role": [None, "user"],
    }


def test_the_role_is_the_one_that_allowed_it_and_not_the_first(world, since):
    world.emre.organisation_roles.all().delete()
    for role in (Role.OPERATOR_AUDITOR, Role.OPERATOR_INCENTIVES_ADMIN):
        give_role(world.emre, role)

    change_person(world.nils, actor=User.objects.get(pk=world.emre.pk), name="Nils O.")

    assert since(kind="accounts.user")[0].actor_role == ADMIN


def test_what_a_command_does_is_done_on_the_server(world, since):
    call_command("add_operator_admin", "new@halden.example", "New Admin")

    assert [(change.actor_kind, change.actor, change.kind) for change in since()] == [
        ("server", None, "accounts.user"),
        ("server", None, "accounts.organisationrole"),
    ]


def test_a_confirmed_change_names_both(world, since):
    with acting(world.elif_, confirmed_by=world.emre):
        world.brightwater.name = "Brightwater Ltd"
        world.brightwater.save()

    [change] = since()
    assert (change.actor, change.confirmed_by, change.organisation) == (world.elif_, world.emre, world.brightwater)


def test_own_profile_is_recorded_without_language_and_time_zone(world, since):
    page = sign_in(Client(), world.jana)
    page.post(reverse("accounts:profile"), {"name": "Jana P.", "language": "en", "time_zone": "UTC"})
    page.post(reverse("accounts:profile"), {"name": "Jana P.", "language": "de", "time_zone": "UTC"})

    [change] = since()
    assert summary(change) == ("changed", "accounts.user", "Jana P.", "", {"name": [world.jana.name, "Jana P."]})


def test_nothing_changed_is_not_recorded(world, since):
    world.jana.save()
    world.jana.set_password("something long 12345")
    world.jana.save(update_fields=["password"])
    add_to = Organisation.objects.get(pk=world.nordlicht.pk)
    add_to.save()

    assert since() == []


def test_organisation_and_its_locations_in_the_admin_site(world, since):
    page = sign_in(Client(), world.elif_)
    url = reverse("admin:accounts_organisation_change", args=[world.brightwater.pk])
    place = "locations-0-name"

    data = typed(page.get(url))
    assert page.post(url, data | {"email_domains": "bright.example", place: "Bristol Docks"}).status_code == 302

    assert [summary(change) for change in since()] == [
        (
            "changed",
            "accounts.organisation",
            world.elif_.name,
            ADMIN,
            {"email_domains": [["brightwater.example"], ["bright.example"]]},
        ),
        ("changed", "accounts.location", world.elif_.name, ADMIN, {"name": ["Bristol", "Bristol Docks"]}),
    ]


def test_settings_belong_to_the_operator(world, since):
    with acting(world.elif_):
        world.device.share_percent = Decimal("50")
        world.device.save()
        rate = ExchangeRate.objects.create(
            month=date(2026, 11, 1), from_currency="USD", to_currency="EUR", rate=Decimal("0.920")
        )
        rate.delete()

    changed, added, removed = since()
    assert summary(changed) == (
        "changed",
        "programs.program",
        world.elif_.name,
        ADMIN,
        {"share_percent": ["100", "50"]},
    )
    assert {change.organisation for change in (changed, added, removed)} == {world.halden}
    assert (added.changes["rate"], removed.changes["rate"]) == ([None, "0.92"], ["0.92", None])


def test_a_choice_of_several_is_recorded(world, since):
    print_, post = (ExpenseType.objects.create(code=code, name={"en": code.title()}) for code in ("print", "post"))
    cap = Cap.objects.create(activity_type=world.advert, code="c", kind="max_attendees", count=3, scope="event")
    cap.expenses.set([print_])
    cap.expenses.set([post])

    assert [change.changes for change in since(kind="programs.cap")][1:] == [
        {"expenses": [[], ["Print"]]},
        {"expenses": [["Print"], []]},
        {"expenses": [[], ["Post"]]},
    ]


def test_reason_codes_are_recorded(world, since):
    reason = world.reason("claim", "reject")
    page = sign_in(Client(), world.elif_)
    url = reverse("admin:cases_reasoncode_change", args=[reason.pk])

    page.post(url, typed(page.get(url)) | {"text_en": "Other words."})

    old, new = since()[-1].changes["text"]
    assert (old, new["en"]) == (reason.text, "Other words.")


def test_records_are_never_changed_and_go_with_what_is_rolled_back(world, since):
    change_person(world.nils, actor=world.karin, name="Nils O.")
    [change] = since()
    for spoil in (lambda: RecordedChange.objects.update(object_label="x"), change.delete):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            spoil()
        with pytest.raises(InternalError, match="Cannot (update|delete)"), transaction.atomic(), as_owner():
            spoil()

    with transaction.atomic():
        add_location(world.nordlicht, partner_id="1", name="Ulm", country="DE")
        transaction.set_rollback(True)

    assert since() == [change]


def test_an_organisation_that_is_deleted_leaves_its_record(world, since):
    organisation = Organisation.objects.create(kind="partner", name="Never used")
    key = organisation.pk
    organisation.delete()

    assert [(change.action, change.organisation_id) for change in since()] == [("added", key), ("removed", key)]


def test_everything_that_the_admin_site_edits_is_recorded():
    edited = set()
    for model, page in admin.site._registry.items():
        if isinstance(page, StaleCheckAdmin):
            edited |= {model, *(inline.model for inline in page.inlines)}

    assert {User, Organisation, Location, ReasonCode, Cap} <= edited
    assert edited - recorded_models() == set()


def test_no_recorded_model_is_written_past_its_signals():
    """``update`` and ``bulk_create`` send none."""
    names = {model.__name__ for model in recorded_models()}
    found = {
        f"{path}: {chain(call.func)}"
        for path, tree in sources().items()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and chain(call.func).rpartition(".")[2] in ("update", "bulk_create", "bulk_update", "_raw_delete")
        and chain(call.func).partition(".")[0] in names
    }

    assert found == {"incentives_portal/accounts/services/people.py: User.objects.filter.update"}, "only the language"


def test_list_shows_newest_first_and_filters(world, since):
    change_person(world.owen, actor=world.elif_, name="Owen H.")
    change_person(world.nils, actor=world.karin, name="Nils O.")
    page = sign_in(Client(), world.hugo)

    def shown(**query):
        return [change for change, _kind, _values in page.get(reverse("changes:list"), query).context["rows"]]

    assert [change.label for change in shown()][:2] == ["Nils O.", "Owen H."]
    assert {change.organisation for change in shown(organisation="brightw")} == {world.brightwater}
    assert [change.label for change in shown(person=world.karin.email)][0] == "Nils O."
    assert {change.label for change in shown(q="Owen H.")} == {"Owen H."}
    assert shown(person="nobody at all") == []
    text = page.get(reverse("changes:list")).content.decode()
    assert "Name: Nils Ohm → Nils O." in text
    assert "Global admin" in text


@pytest.mark.parametrize("name", ["mira", "ines", "jana", "karin"])
def test_list_is_closed_to_others(world, name):
    assert sign_in(Client(), getattr(world, name)).get(reverse("changes:list")).status_code == 403
    assert not RecordedChange.objects.visible_to(getattr(world, name)).exists()


def test_list_is_paginated_with_a_constant_number_of_queries(world, django_assert_num_queries):
    page = sign_in(Client(), world.hugo)
    for number in range(60):
        change_person(world.nils, actor=world.karin, name=f"Nils {number}")
    page.get(reverse("changes:list"))

    with django_assert_num_queries(5):
        answer = page.get(reverse("changes:list"))

    assert len(answer.context["rows"]) == 25
    assert page.get(reverse("changes:list"), {"page": 2}).context["rows"][0][0].pk < answer.context["rows"][-1][0].pk
