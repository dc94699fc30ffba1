"""A person is erased by two admins; histories still verify (docs/domain.md, "Erasure")."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from claims.tests import builders
from incentives_portal.accounts.models import ChangeRequest, RecordedChange, RecordedName, User
from incentives_portal.accounts.services import (
    NotFormer,
    OwnRequest,
    RequestRefused,
    ask_for_columns,
    ask_for_erasure,
    change_person,
    confirm_change,
)
from incentives_portal.cases.models import Event
from incentives_portal.outbox.models import Message
from incentives_portal.tests.racing import done_at_once
from incentives_portal.tests.world import make_world, sign_in

ERASED = "Erased person"


@pytest.fixture
def claim(world):
    """A rejected claim: Jana acted and was written to."""
    return builders.rejected_claim(world)


@pytest.fixture
def gone(world, claim):
    """Jana, switched off."""
    User.objects.filter(pk=world.jana.pk).update(is_active=False)
    return User.objects.get(pk=world.jana.pk)


def erased(world, gone):
    confirm_change(ask_for_erasure(gone, actor=world.elif_), actor=world.emre)
    return User.objects.get(pk=gone.pk)


def test_name_and_address_become_a_pseudonym(world, gone):
    person = erased(world, gone)

    assert (person.name, person.email) == (ERASED, f"erased-{person.public_id}@erased.invalid")
    assert (person.has_usable_password(), person.last_login, person.is_active) == (False, None, False)
    assert not RecordedName.objects.filter(user=gone).exists()


def test_history_says_erased_person_and_verifies(world, gone, claim, capsys):
    erased(world, gone)

    call_command("verify_history")
    assert {event.actor_name for event in Event.objects.filter(case=claim.case, actor=gone)} == {ERASED}
    page = sign_in(Client(), world.mira).get(reverse("review:claim", args=[claim.public_id])).content.decode()
    assert ERASED in page
    assert "Jana Petersen" not in page.split("history", 1)[1]


def test_what_belongs_to_the_account_is_deleted_and_that_of_others_is_not(world, gone):
    for person in (gone, world.owen):
        EmailAddress.objects.create(user=person, email=person.email)
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": ""})
    User.objects.filter(pk=gone.pk).update(is_active=True)
    for person in (gone, world.owen):
        sign_in(Client(), person)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    texts = list(Message.objects.exclude(recipient=gone).order_by("pk").values_list("pk", "text", "subject"))

    erased(world, gone)

    assert EmailAddress.objects.get().user_id == world.owen.pk
    assert Authenticator.objects.get().user_id == world.owen.pk
    assert [row.get_decoded()["_auth_user_id"] for row in Session.objects.all()] == [str(world.owen.pk)]
    assert (
        list(
            Message.objects.filter(pk__in=[pk for pk, *_ in texts]).order_by("pk").values_list("pk", "text", "subject")
        )
        == texts
    )


def test_messages_to_the_person_are_empty_and_not_sent(world, gone):
    before = Message.objects.filter(recipient=gone)
    assert before.filter(state="queued").exists()
    assert before.exclude(text="").exists()

    person = erased(world, gone)

    for message in Message.objects.filter(recipient=gone):
        said = (message.subject, message.summary, message.text, message.html, message.quoted, message.error)
        assert (said, message.address) == (("", "", "", "", None, ""), person.email)
        assert (message.state not in ("queued", "sending", "retry"), message.can_be_resent) == (True, False)


def test_record_has_who_asked_and_who_confirmed_without_the_old_values(world, gone):
    earlier = ask_for_columns(gone, {"email": "old.jana@nordlicht.example"}, actor=world.elif_)
    erased(world, gone)

    change = RecordedChange.objects.filter(person=gone).latest("pk")
    assert (change.actor, change.confirmed_by, change.actor_role) == (
        world.elif_,
        world.emre,
        "operator.incentives_admin",
    )
    assert change.values == {"name": [None, ERASED], "email": [None, ERASED]}
    assert change.label == ERASED
    assert {request.label for request in ChangeRequest.objects.filter(person=gone)} == {ERASED}
    assert "jana" not in str(ChangeRequest.objects.get(pk=earlier.pk).changes)


def test_active_people_are_not_erased(world, gone):
    with pytest.raises(RequestRefused, match="Only inactive people"):
        ask_for_erasure(world.karin, actor=world.elif_)

    asked = ask_for_erasure(gone, actor=world.elif_)
    User.objects.filter(pk=gone.pk).update(is_active=True)
    assert confirm_change(asked, actor=world.emre).state == "outdated"
    assert User.objects.get(pk=gone.pk).name == "Jana Petersen"


def test_nobody_erases_alone_or_without_the_role(world, gone):
    asked = ask_for_erasure(gone, actor=world.elif_)

    with pytest.raises(OwnRequest):
        confirm_change(asked, actor=world.elif_)
    for person in (world.mira, world.hugo, world.karin):
        with pytest.raises(PermissionDenied):
            ask_for_erasure(gone, actor=person)
        with pytest.raises(PermissionDenied):
            confirm_change(asked, actor=person)
    assert User.objects.get(pk=gone.pk).name == "Jana Petersen"


def test_erased_person_is_neither_erased_again_nor_active_again(world, gone):
    person = erased(world, gone)

    with pytest.raises(RequestRefused, match="was erased"):
        ask_for_erasure(person, actor=world.elif_)
    with pytest.raises(NotFormer, match="was erased"):
        change_person(person, actor=world.elif_, is_active=True)


def test_page_says_what_stays_and_asks_to_sign_in_again(world, gone):
    address = reverse("changes:erase", args=[gone.public_id])
    world.elif_.set_password("a long and good one")
    world.elif_.save()
    browser = sign_in(Client(), world.elif_)
    assert browser.get(address).url.startswith(reverse("account_reauthenticate"))

    browser.post(reverse("account_reauthenticate"), {"password": "a long and good one"})
    assert "Not erased: the content of plans and claims" in browser.get(address).content.decode()
    answer = browser.post(address)

    asked = ChangeRequest.objects.get(kind="erasure")
    assert (answer.url, asked.requested_by) == (asked.get_absolute_url(), world.elif_)
    page = sign_in(Client(), world.emre).get(asked.get_absolute_url()).content.decode()
    assert "Not erased: the content of plans and claims" in page
    link = sign_in(Client(), world.emre).get(reverse("admin:accounts_user_change", args=[gone.pk]))
    assert address in link.content.decode()


@pytest.mark.django_db(transaction=True)
def test_confirmed_twice_at_once_is_done_once():
    world = make_world()
    User.objects.filter(pk=world.jana.pk).update(is_active=False)
    asked = ask_for_erasure(User.objects.get(pk=world.jana.pk), actor=world.elif_)

    def confirm():
        try:
            return confirm_change(asked, actor=world.emre).state
        except RequestRefused:
            return "refused"

    assert sorted(done_at_once(confirm, confirm)) == ["confirmed", "refused"]
    assert RecordedChange.objects.filter(person=world.jana, action="changed", changes__has_key="name").count() == 1
