"""Nobody of the operator widens own rights or changes what money depends on alone (docs/domain.md, "Second person")."""

import re
import time
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from incentives_portal import clock
from incentives_portal.accounts import encryption
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import ChangeRequest, Organisation, RecordedChange, User
from incentives_portal.accounts.services import (
    NeedsConfirmation,
    OwnRequest,
    RequestRefused,
    ask_for_columns,
    ask_for_own_address,
    ask_for_role,
    ask_to_remove_role,
    change_person,
    confirm_change,
    give_role,
    refuse_change,
    remove_role,
    withdraw_change,
)
from incentives_portal.accounts.tests.test_columns import typed
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.outbox.models import Message
from incentives_portal.programs.models import Cap, ExchangeRate, ExpenseType, Program
from incentives_portal.tests.racing import at_once
from incentives_portal.tests.world import NOW, make_world, sign_in

pytestmark = pytest.mark.django_db
REVIEWER, ADMIN = Role.OPERATOR_REVIEWER, Role.OPERATOR_INCENTIVES_ADMIN


def roles_of(person):
    return set(person.organisation_roles.values_list("role", flat=True))


@pytest.fixture
def asked(world):
    """Elif has asked for the role of a reviewer for herself."""
    return ask_for_role(world.elif_, REVIEWER, actor=world.elif_)


def messages(code):
    return Message.objects.filter(code=code).order_by("pk")


# Roles


def test_an_admin_gives_herself_no_role(world):
    with pytest.raises(NeedsConfirmation):
        give_role(world.elif_, REVIEWER, actor=world.elif_)
    with pytest.raises(NeedsConfirmation):
        remove_role(world.mira, REVIEWER, actor=world.elif_)

    assert roles_of(world.elif_) == {ADMIN}


def test_who_asked_does_not_confirm(world, asked):
    for decide in (
        lambda: confirm_change(asked, actor=world.elif_),
        lambda: refuse_change(asked, actor=world.elif_, comment="No."),
    ):
        with pytest.raises(OwnRequest):
            decide()
    with pytest.raises(IntegrityError, match="change_request_by_two"), transaction.atomic():
        ChangeRequest.objects.update(state="confirmed", decided_by=world.elif_, decided_at=clock.now())

    asked.refresh_from_db()
    assert (asked.state, roles_of(world.elif_)) == ("open", {ADMIN})


@pytest.mark.parametrize("name", ["mira", "hugo", "karin", "ines"])
def test_others_do_not_confirm_or_ask(world, asked, name):
    person = getattr(world, name)

    with pytest.raises(PermissionDenied):
        confirm_change(asked, actor=person)
    with pytest.raises(PermissionDenied):
        withdraw_change(asked, actor=person)
    with pytest.raises(PermissionDenied):
        ask_for_role(world.mira, ADMIN, actor=world.hugo)

    assert ChangeRequest.objects.get().state == "open"


def test_a_second_admin_confirms_and_both_are_recorded(world, asked):
    decided = confirm_change(asked, actor=world.emre)

    assert (decided.state, decided.decided_by) == ("confirmed", world.emre)
    assert roles_of(world.elif_) == {ADMIN, REVIEWER}
    change = RecordedChange.objects.latest("pk")
    assert (change.kind, change.person, change.changes["role"]) == (
        "accounts.organisationrole",
        world.elif_,
        [None, "operator.reviewer"],
    )
    assert (change.actor, change.confirmed_by, change.change_request) == (world.elif_, world.emre, decided)


def test_a_role_is_removed_after_confirmation(world):
    confirm_change(ask_to_remove_role(world.mira, REVIEWER, actor=world.elif_), actor=world.emre)

    assert roles_of(world.mira) == set()


def test_the_last_admin_stays_also_by_a_request(world):
    change_person(world.emre, actor=world.elif_, is_active=False)
    request = ask_to_remove_role(world.elif_, ADMIN, actor=world.elif_)

    with pytest.raises(RequestRefused, match="last active incentives admin"):
        confirm_change(request, actor=None)


def test_refused_and_withdrawn_requests_change_nothing_and_are_decided_once(world, asked):
    with pytest.raises(RequestRefused, match="Say why"):
        refuse_change(asked, actor=world.emre, comment=" ")
    refuse_change(asked, actor=world.emre, comment="You approve plans.")
    again = ask_for_role(world.elif_, REVIEWER, actor=world.elif_)
    withdraw_change(again, actor=world.elif_)

    for request in (asked, again):
        with pytest.raises(RequestRefused, match="decided already"):
            confirm_change(request, actor=world.emre)
    assert list(ChangeRequest.objects.order_by("pk").values_list("state", "comment")) == [
        ("refused", "You approve plans."),
        ("withdrawn", ""),
    ]
    assert roles_of(world.elif_) == {ADMIN}


def test_a_request_whose_old_values_no_longer_stand_is_outdated(world, asked):
    give_role(world.elif_, REVIEWER)

    assert confirm_change(asked, actor=world.emre).state == "outdated"


def test_a_request_of_somebody_who_may_no_longer_ask_is_outdated(world, asked):
    change_person(world.elif_, actor=world.emre, is_active=False)

    assert confirm_change(asked, actor=world.emre).state == "outdated"
    assert roles_of(world.elif_) == {ADMIN}


def test_front_page_of_the_administration_says_what_waits(world, asked):
    said = "1 change waits for your confirmation"

    assert said in sign_in(Client(), world.emre).get("/admin/").content.decode()
    assert said not in sign_in(Client(), world.elif_).get("/admin/").content.decode()


def test_the_same_request_is_made_once(world, asked):
    assert ask_for_role(world.elif_, REVIEWER, actor=world.elif_) == asked
    assert ChangeRequest.objects.count() == 1


def test_both_sides_are_written_to(world, asked):
    [request] = messages("changes.requested")
    assert (request.recipient, request.link) == (world.emre, asked.get_absolute_url())
    assert "Reviewer" in request.text

    refuse_change(asked, actor=world.emre, comment="You approve plans.")

    [outcome] = messages("changes.decided")
    assert outcome.recipient == world.elif_
    assert "Refused" in outcome.subject
    assert "You approve plans." in outcome.text


@pytest.mark.django_db(transaction=True)
def test_a_request_is_decided_once_by_two_at_once():
    with clock.at(NOW):
        world = make_world()
        third = world.mira
        give_role(third, ADMIN)
        request = ask_for_role(world.elif_, REVIEWER, actor=world.elif_)
        results = at_once(
            lambda: confirm_change(request, actor=world.emre),
            lambda: refuse_change(request, actor=third, comment="No."),
        )

    assert sorted(type(result).__name__ for result in results) == ["ChangeRequest", "RequestRefused"], results
    assert RecordedChange.objects.filter(change_request=request).count() == (
        ChangeRequest.objects.get().state == "confirmed"
    )


# Addresses and accounts


def test_an_address_is_not_changed_by_one_admin_and_not_taken_over(world, mailoutbox):
    """One admin wrote the own address over a partner's, and *Forgot your password?* sent the link there."""
    page = sign_in(Client(), world.elif_)
    url = reverse("admin:accounts_user_change", args=[world.jana.pk])
    attacker = "elif.private@freemail.example"

    assert page.post(url, typed(page.get(url)) | {"email": attacker}).status_code == 302
    Client().post("/accounts/password/reset/", {"email": attacker})

    assert User.objects.get(pk=world.jana.pk).email == world.jana.email
    assert [mail for mail in mailoutbox if attacker in mail.to and "/password/reset/key/" in mail.body] == []
    request = ChangeRequest.objects.get()
    assert (request.person, request.changes) == (world.jana, {"email": [world.jana.email, attacker]})


def test_an_address_outside_the_domains_is_an_exception_that_the_second_person_confirms(world):
    request = ask_for_columns(world.jana, {"email": "jana@freemail.example"}, actor=world.elif_)

    with pytest.raises(RequestRefused, match="outside the email domains of Nordlicht"):
        confirm_change(request, actor=world.emre)
    confirm_change(request, actor=world.emre, outside_domains=True)

    assert User.objects.get(pk=world.jana.pk).email == "jana@freemail.example"


def test_an_address_that_somebody_has_meanwhile_is_refused(world):
    request = ask_for_columns(world.jana, {"email": "j@nordlicht.example"}, actor=world.elif_)
    User.objects.filter(pk=world.nils.pk).update(email="J@nordlicht.example")

    with pytest.raises(RequestRefused, match="already has this email"):
        confirm_change(request, actor=world.emre)


def test_sessions_end_with_the_address_and_the_old_one_is_told(world, mailoutbox):
    page = sign_in(Client(), world.jana)
    request = ask_for_columns(world.jana, {"email": "j.petersen@nordlicht.example"}, actor=world.elif_)
    assert page.get("/profile/").status_code == 200

    confirm_change(request, actor=world.emre)

    assert page.get("/profile/").status_code == 302
    told = [mail.to for mail in mailoutbox if "sign-in address" in mail.subject or "Anmeldeadresse" in mail.subject]
    assert told == [[world.jana.email], [world.jana.email], ["j.petersen@nordlicht.example"]]


def test_a_reset_link_of_before_is_worth_nothing_after_the_change(world, mailoutbox):
    """Whoever reads the old mailbox does not come in any more."""
    Client().post("/accounts/password/reset/", {"email": world.jana.email})
    link = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mailoutbox[-1].body)[1]
    request = ask_for_columns(world.jana, {"email": "j.petersen@nordlicht.example"}, actor=world.elif_)
    confirm_change(request, actor=world.emre)

    assert "token_fail" in Client().get(link, follow=True).context_data


def test_who_has_no_password_yet_is_invited_at_the_new_address(world, mailoutbox):
    world.jana.set_password("something long 12345")
    world.jana.save(update_fields=["password"])
    for person in (world.nils, world.jana):
        request = ask_for_columns(person, {"email": f"new-{person.email}"}, actor=world.elif_)
        confirm_change(request, actor=world.emre)

    invited = [mail.to for mail in mailoutbox if "/password/reset/key/" in mail.body]
    assert invited == [[f"new-{world.nils.email}"]]


# One's own address

OWN = "jana.neu@nordlicht.example"


def own_link(mailoutbox):
    return re.search(r"https?://[^/]+(/profile/email/confirm/\S+)", mailoutbox[-1].body)[1]


def test_people_change_their_own_address_by_the_link_to_the_old_one(world, mailoutbox):
    page = sign_in(Client(), world.jana)

    page.post(reverse("accounts:address"), {"email": OWN})
    assert mailoutbox[-1].to == [world.jana.email]
    link = own_link(mailoutbox)
    assert OWN in page.get(link).content.decode()
    assert User.objects.get(pk=world.jana.pk).email == world.jana.email
    page.post(link)

    assert User.objects.get(pk=world.jana.pk).email == OWN
    assert page.get("/profile/").status_code == 302
    change = RecordedChange.objects.latest("pk")
    assert (change.actor, change.confirmed_by, change.values) == (
        world.jana,
        None,
        {"email": [world.jana.email, OWN]},
    )


def test_the_link_is_of_one_person_works_once_and_for_three_days(world, mailoutbox):
    page = sign_in(Client(), world.jana)
    page.post(reverse("accounts:address"), {"email": OWN})
    link = own_link(mailoutbox)

    assert sign_in(Client(), world.karin).post(link).status_code == 404
    assert Client().get(link).status_code == 302
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        assert sign_in(Client(), world.jana).post(link).status_code == 404
    assert User.objects.get(pk=world.jana.pk).email == world.jana.email
    page.post(link)
    assert sign_in(Client(), User.objects.get(pk=world.jana.pk)).post(link).status_code == 404


def test_a_second_person_can_confirm_instead_and_the_own_one_not_without_the_link(world):
    request = ask_for_own_address(world.jana, OWN)

    with pytest.raises(OwnRequest):
        confirm_change(request, actor=world.jana)
    confirm_change(request, actor=world.emre)

    assert User.objects.get(pk=world.jana.pk).email == OWN


def test_the_own_address_stays_within_the_domains_and_an_earlier_request_is_withdrawn(world):
    page = sign_in(Client(), world.jana)
    refused = page.post(reverse("accounts:address"), {"email": "jana@freemail.example"})
    taken = page.post(reverse("accounts:address"), {"email": world.karin.email.upper()})
    for email in (OWN, "jana.noch.neuer@nordlicht.example"):
        page.post(reverse("accounts:address"), {"email": email})

    assert (refused.status_code, taken.status_code) == (422, 422)
    assert "email domain of Nordlicht" in refused.content.decode() or "Domain" in refused.content.decode()
    assert list(ChangeRequest.objects.order_by("pk").values_list("state", flat=True)) == ["withdrawn", "open"]
    page.post(reverse("accounts:address"), {"withdraw": "1"})
    assert not ChangeRequest.objects.filter(state="open").exists()


def test_an_admin_does_not_confirm_the_own_address_without_the_old_mailbox(world):
    request = ask_for_own_address(world.elif_, "e.sander@halden.example")

    with pytest.raises(OwnRequest):
        confirm_change(request, actor=world.elif_)
    assert User.objects.get(pk=world.elif_.pk).email == world.elif_.email


def test_switching_off_is_quick_and_switching_on_an_operator_is_not(world):
    off = change_person(world.mira, actor=world.elif_, is_active=False)

    with pytest.raises(NeedsConfirmation):
        change_person(off, actor=world.elif_, is_active=True)
    change_person(world.nils, actor=world.elif_, is_active=False)
    change_person(world.nils, actor=world.elif_, is_active=True)

    confirm_change(ask_for_columns(off, {"is_active": True}, actor=world.elif_), actor=world.emre)
    assert User.objects.get(pk=world.mira.pk).is_active


# The admin site


def test_roles_in_the_admin_site_are_asked_for(world):
    page = sign_in(Client(), world.elif_)
    url = reverse("admin:accounts_user_change", args=[world.elif_.pk])
    lines = {"organisation_roles-TOTAL_FORMS": "2", "organisation_roles-1-user": str(world.elif_.pk)}

    answer = page.post(url, typed(page.get(url)) | lines | {"organisation_roles-1-role": REVIEWER.value}, follow=True)

    assert "another incentives admin has to confirm" in answer.content.decode()
    assert roles_of(world.elif_) == {ADMIN}
    assert ChangeRequest.objects.get().changes == {"role": [None, "operator.reviewer"]}


def save(world, model, row, **changes):
    page = sign_in(Client(), world.elif_)
    name = f"admin:programs_{model._meta.model_name}"
    url = reverse(f"{name}_change", args=[row.pk]) if row else reverse(f"{name}_add")
    data = typed(page.get(url))
    for field, texts in [each for each in data.items() if isinstance(each[1], dict)]:
        data |= {f"{field}_{language}": text for language, text in texts.items()}
    return page.post(url, data | changes, follow=True)


def test_m14_the_share_of_a_program_in_use_is_asked_for_and_its_name_is_saved(world):
    page = save(world, Program, world.device, share_percent="50", name_en="Devices").content.decode()

    world.device.refresh_from_db()
    assert (world.device.share_percent, world.device.name["en"]) == (Decimal(100), "Devices")
    request = ChangeRequest.objects.get()
    assert request.changes == {"share_percent": ["100", "50"]}
    assert "another incentives admin has to confirm" in page
    assert "was changed successfully" not in page
    assert LogEntry.objects.latest("pk").change_message == "Asked for a change that somebody else confirms."
    confirm_change(request, actor=world.emre)
    world.device.refresh_from_db()
    assert world.device.share_percent == Decimal(50)


def test_a_share_that_was_changed_meanwhile_makes_the_request_outdated(world):
    save(world, Program, world.device, share_percent="50")
    Program.objects.filter(pk=world.device.pk).update(share_percent=70)

    assert confirm_change(ChangeRequest.objects.get(), actor=world.emre).state == "outdated"
    world.device.refresh_from_db()
    assert world.device.share_percent == Decimal(70)


def test_a_program_that_is_not_in_use_is_set_up_by_one(world):
    new = Program.objects.create(
        code="NEW", name={"en": "New"}, track="claim", currency="EUR", calendar=world.device.calendar
    )

    save(world, Program, new, share_percent="50")

    new.refresh_from_db()
    assert (new.share_percent, ChangeRequest.objects.exists()) == (Decimal(50), False)


def test_m14_caps_are_added_changed_and_removed_by_two(world):
    expense = ExpenseType.objects.create(code="print", name={"en": "Print"})
    cap = {
        "activity_type": world.advert.pk, "code": "c", "kind": "max_attendees", "count": "3", "scope": "event",
        "applies_to": "all", "expenses": [expense.pk],
    }  # fmt: skip

    save(world, Cap, None, **cap)
    assert not Cap.objects.exists()
    confirm_change(ChangeRequest.objects.latest("pk"), actor=world.emre)
    made = Cap.objects.get()
    assert (made.count, list(made.expenses.all())) == (3, [expense])

    save(world, Cap, made, count="300", expenses=[])
    made.refresh_from_db()
    assert (made.count, list(made.expenses.all())) == (3, [expense])
    confirm_change(ChangeRequest.objects.latest("pk"), actor=world.emre)
    made.refresh_from_db()
    assert (made.count, list(made.expenses.all())) == (300, [])

    page = sign_in(Client(), world.elif_)
    page.post(reverse("admin:programs_cap_delete", args=[made.pk]), {"post": "yes"})
    assert Cap.objects.exists()
    confirm_change(ChangeRequest.objects.latest("pk"), actor=world.emre)
    assert not Cap.objects.exists()


@pytest.mark.parametrize(
    ("month", "from_currency", "is_asked"),
    [
        ("2026-11-01", "USD", False),  # a rate that was missing
        ("2026-11-01", "EUR", True),  # it would take the place of the inverse
        ("2026-12-01", "EUR", False),  # nothing was computed by it yet
    ],
)
def test_rates_that_were_used_need_two(world, month, from_currency, is_asked):
    for day in (date(2026, 11, 1), date(2026, 12, 1)):
        ExchangeRate.objects.create(month=day, from_currency="GBP", to_currency="EUR", rate=Decimal("1.2"))
    to_currency = "GBP"

    save(world, ExchangeRate, None, month=month, from_currency=from_currency, to_currency=to_currency, rate="0.8")

    assert ChangeRequest.objects.exists() == is_asked
    assert ExchangeRate.objects.filter(rate=Decimal("0.8")).exists() != is_asked


@pytest.mark.parametrize(("month", "is_asked"), [(date(2026, 11, 1), True), (date(2026, 12, 1), False)])
def test_a_rate_is_changed_alone_before_its_month_only(world, month, is_asked):
    rate = ExchangeRate.objects.create(month=month, from_currency="GBP", to_currency="EUR", rate=Decimal("1.2"))

    save(world, ExchangeRate, rate, rate="1.3")

    assert ChangeRequest.objects.exists() == is_asked


# One admin, and the first days


@pytest.fixture
def alone(world):
    """Elif is the only active admin."""
    change_person(world.emre, actor=world.elif_, is_active=False)
    return world.elif_


def command(*args):
    out = StringIO()
    call_command("confirm_change", *args, stdout=out)
    return out.getvalue()


def test_one_admin_alone_confirms_on_the_server(world, alone):
    request = ask_for_role(world.ines, REVIEWER, actor=alone)
    assert not messages("changes.requested").exists()
    assert str(request.public_id) in command()

    assert "Confirmed: Ines Costa" in command(str(request.public_id))

    change = RecordedChange.objects.latest("pk")
    assert REVIEWER in roles_of(world.ines)
    assert (change.actor, change.confirmed_by, change.change_request.decided_by) == (alone, None, None)


def test_the_server_confirms_nothing_that_a_colleague_could(world, asked):
    with pytest.raises(CommandError, match=world.emre.name):
        command(str(asked.public_id))
    with pytest.raises(CommandError, match="no open request"):
        command("1")


def test_the_page_of_one_admin_alone_names_the_command(world, alone):
    request = ask_for_role(world.ines, REVIEWER, actor=alone)

    page = sign_in(Client(), alone).get(request.get_absolute_url()).content.decode()

    assert f"manage.py confirm_change {request.public_id}" in page


def test_one_admin_sets_the_portal_up_before_a_program_is_in_use(db):
    operator = Organisation.objects.create(kind="operator", name="Halden")
    first = User.objects.create_user("first@halden.example", organisation=operator, name="First")
    give_role(first, ADMIN)

    give_role(first, REVIEWER, actor=first)

    assert roles_of(first) == {ADMIN, REVIEWER}


def test_the_old_address_is_told_in_the_first_days_as_well(db, mailoutbox):
    operator = Organisation.objects.create(kind="operator", name="Halden")
    first = User.objects.create_user("first@halden.example", organisation=operator, name="First")
    give_role(first, ADMIN)

    change_person(first, actor=first, email="f@halden.example")

    assert [mail.to for mail in mailoutbox] == [["first@halden.example"], ["f@halden.example"]]


def test_with_a_second_admin_or_a_program_in_use_the_first_days_are_over(world, alone):
    with pytest.raises(NeedsConfirmation):
        give_role(alone, REVIEWER, actor=alone)
    assert Enrolment.objects.exists()


# Pages


def test_requests_are_listed_and_decided_in_the_portal(world, asked):
    page = sign_in(Client(), world.emre)

    assert "Elif Sander" in page.get(reverse("changes:requests")).content.decode()
    shown = page.get(asked.get_absolute_url()).content.decode()
    assert re.search(r"<dt>Role</dt><dd>– → Reviewer</dd>", shown)
    answer = page.post(reverse("changes:confirm", args=[asked.public_id]), follow=True)

    assert "The change was made." in answer.content.decode()
    assert roles_of(world.elif_) == {ADMIN, REVIEWER}


def test_own_request_has_no_button_to_confirm_and_is_withdrawn(world, asked):
    page = sign_in(Client(), world.elif_)

    shown = page.get(asked.get_absolute_url()).content.decode()
    refused = page.post(reverse("changes:confirm", args=[asked.public_id]))
    page.post(reverse("changes:withdraw", args=[asked.public_id]))

    assert reverse("changes:confirm", args=[asked.public_id]) not in shown
    assert refused.status_code == 403
    assert ChangeRequest.objects.get().state == "withdrawn"


def test_auditors_read_requests_and_decide_nothing(world, asked):
    page = sign_in(Client(), world.hugo)

    assert page.get(asked.get_absolute_url()).status_code == 200
    for verb in ("confirm", "refuse", "withdraw"):
        assert page.post(reverse(f"changes:{verb}", args=[asked.public_id])).status_code == 403


def test_requests_do_not_exist_for_others(world, asked):
    for person in (world.mira, world.jana):
        assert sign_in(Client(), person).get(asked.get_absolute_url()).status_code == 404


def test_list_of_requests_makes_a_constant_number_of_queries(world, django_assert_num_queries):
    for role in (Role.OPERATOR_FINANCE, Role.OPERATOR_AUDITOR, REVIEWER):
        for person in (world.elif_, world.emre, world.ines):
            ask_for_role(person, role, actor=world.elif_)
    page = sign_in(Client(), world.hugo)
    page.get(reverse("changes:requests"))

    with django_assert_num_queries(4):
        page.get(reverse("changes:requests"))


# What one admin may do alone is heard of


def test_a_person_whom_one_admin_adds_is_told_to_the_others(world):
    """A company, and a person at a freemail address, were made without anybody hearing of it."""
    page = sign_in(Client(), world.elif_)
    form = {"organisation": world.nordlicht.pk, "email": "ghost@freemail.example", "name": "Ghost", "language": "en"}
    no_roles = {"organisation_roles-TOTAL_FORMS": 0, "organisation_roles-INITIAL_FORMS": 0}

    page.post(reverse("admin:accounts_user_add"), form | no_roles | {"time_zone": "UTC", "is_active": "on"})

    told = messages("changes.done_alone")
    assert {message.recipient for message in told} == {world.emre, world.karin, world.anton}
    assert all("ghost@freemail.example" in message.text for message in told)
    [emre] = [message for message in told if message.recipient == world.emre]
    assert "outside the email domains of Nordlicht" in emre.text.replace("\n", " ")


def test_an_organisation_that_one_admin_adds_is_told_to_the_others(world):
    page = sign_in(Client(), world.elif_)
    no_places = {"locations-TOTAL_FORMS": 0, "locations-INITIAL_FORMS": 0}

    page.post(reverse("admin:accounts_organisation_add"), {"kind": "partner", "name": "Ghost Ltd"} | no_places)

    [message] = messages("changes.done_alone")
    assert (message.recipient, "Ghost Ltd" in message.subject) == (world.emre, True)


def test_others_hear_that_a_person_of_the_operator_was_switched_off(world):
    give_role(world.mira, ADMIN)
    change_person(world.emre, actor=world.elif_, is_active=False)
    change_person(world.nils, actor=world.elif_, is_active=False)

    [message] = messages("changes.done_alone")
    assert (message.recipient, message.subject) == (world.mira, "Emre Aksoy was switched off")


# The second factor again


def with_factor(person):
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": encryption.encrypt("A")})
    return sign_in(Client(), person)


def test_who_has_a_second_factor_uses_it_again_to_confirm_and_to_change_roles(world, asked):
    emre, elif_ = with_factor(world.emre), with_factor(world.elif_)
    person = reverse("admin:accounts_user_change", args=[world.nils.pk])

    for client, url, data in (
        (emre, reverse("changes:confirm", args=[asked.public_id]), {}),
        (elif_, person, {"name": "Nils O."}),
        (elif_, reverse("admin:people_roleassignment_add"), {"user": world.nils.email}),
        (elif_, reverse("accounts:address"), {"email": "e.sander@halden.example"}),
    ):
        assert client.post(url, data).url.startswith("/accounts/2fa/reauthenticate/?next="), url

    asked.refresh_from_db()
    assert (asked.state, User.objects.get(pk=world.nils.pk).name) == ("open", world.nils.name)


def test_a_factor_that_was_used_just_now_is_enough(world, asked):
    page = with_factor(world.emre)
    session = page.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time(), "type": "totp"}]
    session["account_authentication_methods_user"] = str(world.emre.pk)
    session.save()

    page.post(reverse("changes:confirm", args=[asked.public_id]))

    asked.refresh_from_db()
    assert asked.state == "confirmed"
