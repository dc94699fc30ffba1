"""A person who changes sides gets a new account, which is not a new person (docs/domain.md, "Former account")."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import ChangeRequest, RecordedChange, User
from incentives_portal.accounts.services import (
    NotFormer,
    OwnRequest,
    RequestRefused,
    add_person,
    ask_for_columns,
    ask_for_role,
    change_person,
    confirm_change,
    give_role,
)
from incentives_portal.tests.world import sign_in

ADMIN = Role.OPERATOR_INCENTIVES_ADMIN


def leave(person):
    """Switch the account off, whatever the rules say."""
    User.objects.filter(pk=person.pk).update(is_active=False)


def come_back(person, organisation, email="again@halden.example"):
    leave(person)
    return add_person(organisation, email=email, name="Back Again", formerly=person)


def test_selves_and_organizations_follow_the_whole_chain(world):
    partner = come_back(world.mira, world.nordlicht, "mira@nordlicht.example")
    again = come_back(partner, world.halden)

    person = User.objects.get(pk=again.pk)
    assert person.selves == {world.mira.pk, partner.pk, again.pk}
    assert person.organisations == {world.halden.pk, world.nordlicht.pk}
    assert User.objects.get(pk=partner.pk).selves == {world.mira.pk, partner.pk}


def test_people_without_a_former_account_cost_no_query(world):
    person = User.objects.get(pk=world.mira.pk)

    with CaptureQueriesContext(connection) as made:
        assert (person.selves, person.organisations) == ({person.pk}, {person.organisation_id})

    assert not made.captured_queries


def test_active_account_is_nobodys_former_one(world):
    with pytest.raises(NotFormer, match="still active"):
        add_person(world.halden, email="again@halden.example", name="Again", formerly=world.owen)


def test_account_is_the_former_one_of_one_person_only(world):
    come_back(world.owen, world.halden)

    with pytest.raises(NotFormer, match="already"):
        add_person(world.halden, email="third@halden.example", name="Third", formerly=world.owen)


def test_former_account_stays_inactive(world):
    come_back(world.owen, world.halden)

    with pytest.raises(NotFormer, match="the former account of Back Again already"):
        change_person(world.owen, actor=world.elif_, is_active=True)
    assert not User.objects.get(pk=world.owen.pk).is_active


def test_former_account_stays_inactive_where_this_was_asked_for_before(world):
    leave(world.mira)
    asked = ask_for_columns(User.objects.get(pk=world.mira.pk), {"is_active": True}, actor=world.elif_)
    come_back(world.mira, world.nordlicht, "mira@nordlicht.example")

    with pytest.raises(RequestRefused, match="the former account of Back Again already"):
        confirm_change(asked, actor=world.emre)
    assert not User.objects.get(pk=world.mira.pk).is_active


def test_nobody_confirms_what_the_former_account_asked_for(world):
    asked = ask_for_role(world.mira, ADMIN, actor=world.elif_)
    again = come_back(world.elif_, world.halden)
    give_role(again, ADMIN)

    with pytest.raises(OwnRequest):
        confirm_change(asked, actor=again)
    assert not ChangeRequest.objects.waiting_for(again).exists()
    assert ChangeRequest.objects.waiting_for(world.emre).get() == asked


def typed(world, **more):
    lines = {"organisation_roles-TOTAL_FORMS": "0", "organisation_roles-INITIAL_FORMS": "0"}
    roles = {"incentives_roles-TOTAL_FORMS": "0", "incentives_roles-INITIAL_FORMS": "0"}
    columns = {
        "name": "Owen Again",
        "email": "owen@halden.example",
        "language": "en",
        "time_zone": "UTC",
        "is_active": "on",
    }
    return {"organisation": world.halden.pk, **columns, **lines, **roles, **more}


def test_admin_names_the_former_address_of_a_new_person(world):
    leave(world.owen)
    browser = sign_in(Client(), world.elif_)

    browser.post(reverse("admin:accounts_user_add"), typed(world, formerly=world.owen.email.upper()))

    person = User.objects.get(email="owen@halden.example")
    assert person.formerly == world.owen
    recorded = RecordedChange.objects.get(person=person, action="added")
    assert recorded.values["formerly"] == [None, world.owen.email]
    page = browser.get(reverse("admin:accounts_user_change", args=[person.pk])).content.decode()
    assert "Former account" in page


@pytest.mark.parametrize(
    ("address", "said"),
    [("nobody@halden.example", "No user has this address."), ("owen@brightwater.example", "is still active")],
)
def test_admin_is_told_which_address_cannot_be_a_former_one(world, address, said):
    User.objects.filter(pk=world.owen.pk).update(email="owen@brightwater.example")

    answer = sign_in(Client(), world.elif_).post(reverse("admin:accounts_user_add"), typed(world, formerly=address))

    assert said in answer.content.decode()
    assert not User.objects.filter(email="owen@halden.example").exists()
