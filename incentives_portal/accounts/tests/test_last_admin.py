"""Each side keeps its last active admin (docs/domain.md, "Last admin")."""

import pytest
from django.test import Client
from django.urls import reverse

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role, Scope, holders
from incentives_portal.accounts.models import OrganisationRole, User
from incentives_portal.accounts.services import (
    LastAdmin,
    ask_to_remove_role,
    change_person,
    confirm_change,
    give_role,
    remove_role,
)
from incentives_portal.accounts.tests.test_columns import typed
from incentives_portal.tests.racing import at_once
from incentives_portal.tests.world import NOW, make_world, sign_in

pytestmark = pytest.mark.django_db
OPERATOR_ADMIN, GLOBAL_ADMIN = Role.OPERATOR_INCENTIVES_ADMIN, Role.PARTNER_GLOBAL_ADMIN


def switch_off(person, actor):
    return change_person(person, actor=actor, is_active=False)


@pytest.mark.parametrize(
    "lose", [switch_off, lambda person, actor: remove_role(person, OPERATOR_ADMIN)], ids=["off", "role"]
)
def test_operator_keeps_its_last_active_admin(world, lose):
    lose(world.emre, world.elif_)

    with pytest.raises(LastAdmin, match="last active incentives admin"):
        lose(world.elif_, world.elif_)

    assert holders([OPERATOR_ADMIN], Scope(world.halden.pk)) == [world.elif_]


@pytest.mark.parametrize(
    "lose", [switch_off, lambda person, actor: remove_role(person, GLOBAL_ADMIN, actor=actor)], ids=["off", "role"]
)
def test_partner_keeps_its_last_active_global_admin(world, lose):
    with pytest.raises(LastAdmin, match="last active global admin of Nordlicht"):
        lose(world.karin, world.elif_)

    give_role(world.jana, GLOBAL_ADMIN)
    lose(world.karin, world.elif_)
    assert holders([GLOBAL_ADMIN], Scope(world.nordlicht.pk)) == [world.jana]


def test_other_roles_and_other_people_can_go(world):
    give_role(world.elif_, Role.OPERATOR_REVIEWER)
    remove_role(world.emre, OPERATOR_ADMIN)

    remove_role(world.elif_, Role.OPERATOR_REVIEWER)
    switch_off(world.mira, world.elif_)
    switch_off(world.jana, world.elif_)

    assert not User.objects.filter(pk__in=[world.mira.pk, world.jana.pk], is_active=True).exists()


def test_partner_without_a_global_admin_loses_nobody_by_it(world):
    assert switch_off(world.owen, world.elif_).is_active is False


def test_last_person_of_a_partner_can_be_switched_off(world):
    give_role(world.owen, GLOBAL_ADMIN)

    assert switch_off(world.owen, world.elif_).is_active is False


def test_admin_site_says_it_at_the_field(world):
    switch_off(world.emre, world.elif_)
    page = sign_in(Client(), world.elif_)
    url = reverse("admin:accounts_user_change", args=[world.elif_.pk])

    off = page.post(url, {**typed(page.get(url)), "is_active": ""})
    without_role = page.post(url, {**typed(page.get(url)), "organisation_roles-0-DELETE": "on"})

    assert "last active incentives admin" in off.context["adminform"].form.errors["is_active"][0]
    [roles] = without_role.context["inline_admin_formsets"]
    assert "last active incentives admin" in roles.formset.non_form_errors()[0]
    assert User.objects.get(pk=world.elif_.pk).is_active
    assert OrganisationRole.objects.filter(user=world.elif_, role=OPERATOR_ADMIN).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["off", "role", "both"])
def test_two_admins_who_remove_each_other_leave_one(way):
    with clock.at(NOW):
        world = make_world()

        def off(person, actor):
            return lambda: switch_off(person, actor)

        def role(person, actor):
            asked = ask_to_remove_role(person, OPERATOR_ADMIN, actor=actor)
            return lambda: confirm_change(asked, actor=person)

        first, second = {"off": (off, off), "role": (role, role), "both": (off, role)}[way]
        results = at_once(first(world.emre, world.elif_), second(world.elif_, world.emre))

    done = [result for result in results if getattr(result, "state", "confirmed") == "confirmed"]
    assert len([result for result in done if not isinstance(result, Exception)]) == 1, results
    assert len(holders([OPERATOR_ADMIN], Scope(world.halden.pk))) == 1
