"""Whoever is added is written to, and comes in by the link of that mail (found faults B4)."""

import re
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from incentives_portal.accounts.letters import invite
from incentives_portal.accounts.models import OrganisationRole, User
from incentives_portal.outbox.models import Message
from incentives_portal.tests.world import sign_in

from .conftest import LOGIN, PASSWORD, is_signed_in

pytestmark = pytest.mark.django_db
ADDRESS = "grete.voss@nordlicht.example"
NO_ROLES = {f"organisation_roles-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}


@pytest.fixture(autouse=True)
def _outbox(settings):
    """As in production; pytest-django has put a list of its own in its place."""
    settings.EMAIL_BACKEND = "incentives_portal.outbox.backends.OutboxBackend"


def add(world, **changes):
    """What the admin's form of a new person answers."""
    fields = {"organisation": world.nordlicht.pk, "email": ADDRESS, "name": "Grete Voß", "language": "de"}
    page = sign_in(Client(), world.elif_)
    data = {**fields, "time_zone": "Europe/Berlin", "is_active": "on", **NO_ROLES, **changes}
    return page.post(reverse("admin:accounts_user_add"), data, follow=True)


def link_of(message):
    return re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", message.text)[1]


def choose(link):
    """Follow the link and choose a password; the client of who did."""
    client = Client()
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD}, follow=True)
    return client


def can_sign_in(address):
    client = Client()
    client.post(LOGIN, {"login": address, "password": PASSWORD})
    return is_signed_in(client)


def test_a_new_person_is_written_to_in_the_own_language_and_comes_in(world):
    answer = add(world)

    message = Message.objects.get(address=ADDRESS)
    assert f"An email with a link to choose a password will be sent to {ADDRESS}." in answer.content.decode()
    assert message.secret
    assert "Guten Tag Grete Voß" in message.text
    assert "Nordlicht Systems GmbH" in message.text
    assert "7 Tage" in message.text
    choose(link_of(message))
    assert can_sign_in(ADDRESS)


def test_the_link_of_an_invitation_works_once_and_for_a_week(world):
    add(world)
    link = link_of(Message.objects.get(address=ADDRESS))

    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        choose(link)
        assert not can_sign_in(ADDRESS)
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23)):
        choose(link)
        assert can_sign_in(ADDRESS)
    user = User.objects.get(email=ADDRESS)
    before = user.password
    choose(link)
    user.refresh_from_db()
    assert user.password == before


def test_who_has_a_password_has_an_hour_as_before(world):
    world.jana.set_password("another good one, really")
    world.jana.save()
    Client().post("/accounts/password/reset/", {"email": world.jana.email})
    link = link_of(Message.objects.get(address=world.jana.email))

    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        choose(link)

    assert not can_sign_in(world.jana.email)


def test_who_may_not_sign_in_yet_is_written_to_when_switched_on(world):
    add(world, is_active="")
    user = User.objects.get(email=ADDRESS)
    assert not Message.objects.filter(address=ADDRESS).exists()

    page = sign_in(Client(), world.elif_)
    address = reverse("admin:accounts_user_change", args=[user.pk])
    form = page.get(address).context["adminform"].form
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    page.post(address, {**data, **NO_ROLES, "is_active": "on"})

    assert Message.objects.filter(address=ADDRESS).count() == 1


def test_nobody_with_a_password_is_invited(world):
    world.jana.set_password(PASSWORD)
    world.jana.save()

    invite(world.jana)

    assert not Message.objects.exists()


def test_the_first_admin_is_invited_by_the_command(db):
    call_command("add_operator_admin", "first@halden.example", "First Admin", operator="Halden", verbosity=0)

    choose(link_of(Message.objects.get(address="first@halden.example")))

    assert can_sign_in("first@halden.example")


def added(address):
    """What the command says of an address."""
    out = StringIO()
    call_command("add_operator_admin", address, "Somebody", stdout=out)
    return out.getvalue()


def test_command_says_of_a_known_address_what_it_did(world):
    assert "already is an incentives admin" in added("Elif.Sander@halden.example")
    assert "was known and is now an incentives admin" in added(world.mira.email)

    roles = world.mira.organisation_roles.values_list("role", flat=True)
    assert sorted(roles) == ["operator.incentives_admin", "operator.reviewer"]
    assert not Message.objects.filter(address=world.mira.email, secret=True).exists()


def test_command_refuses_a_person_of_a_partner_and_one_who_is_switched_off(world):
    world.mira.is_active = False
    world.mira.save(update_fields=["is_active"])

    with pytest.raises(CommandError, match="belongs to Nordlicht Systems GmbH, a partner"):
        added(world.jana.email)
    with pytest.raises(CommandError, match="not active"):
        added(world.mira.email)

    assert not OrganisationRole.objects.filter(user=world.jana).exists()


@pytest.mark.parametrize("typed", ["first", "first@", "f\u0456rst@halden.example", "first admin@halden.example"])
def test_command_refuses_what_is_no_address(db, typed):
    """A letter of another alphabet before the @, among others: nobody would ever sign in with it."""
    with pytest.raises(CommandError, match="is not an email address"):
        call_command("add_operator_admin", typed, "First Admin", operator="Halden")

    assert not User.objects.exists()
