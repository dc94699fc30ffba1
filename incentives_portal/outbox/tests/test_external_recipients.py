"""Messages to addresses that belong to no user: written once, sent like all others, shown to staff, without what only insiders read."""

import pytest
from django.template.loader import render_to_string

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.services import give_role
from incentives_portal.outbox import delivery
from incentives_portal.outbox.letters import ExternalRecipient, Letter
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.queries import deliveries_for, unread_count
from incentives_portal.outbox.services import NotResendable, queue_external, resend

pytestmark = pytest.mark.django_db

CODE = "plan_submitted"


def letter_for(external_recipient):
    return Letter(subject="Something waits", heading="Something waits", link="/accounts/login/", link_label="Sign in")


@pytest.fixture
def write_out(cause):
    return lambda *external_recipients, code=CODE: queue_external(cause, code, letter_for, external_recipients)


def row(message):
    return Message.objects.values_list("address", "recipient", "state", "failure_reason").get(pk=message.pk)


def test_outsider_gets_one_row_however_often_it_is_announced(write_out):
    first = write_out(ExternalRecipient("left@halden.example"))

    assert write_out(ExternalRecipient("left@halden.example"), ExternalRecipient("left@halden.example")) == first
    assert row(first[0]) == ("left@halden.example", None, "queued", "")


def test_two_outsiders_and_nobody_have_a_row_each(write, write_out):
    nobody = write(code=CODE)[0]
    messages = write_out(ExternalRecipient("one@halden.example"), ExternalRecipient("two@halden.example"))

    assert [row(message)[0] for message in (nobody, *messages)] == ["", "one@halden.example", "two@halden.example"]


def test_address_of_a_user_is_not_written_to_twice(write, write_out, jana):
    write(jana, code=CODE)
    write_out(ExternalRecipient(jana.email))

    assert Message.objects.get().recipient == jana


@pytest.mark.parametrize(("language", "expected"), [("", "en"), ("de", "de"), ("xx", "en")])
def test_language_is_the_portals_own_unless_one_is_known(write_out, language, expected):
    message = write_out(ExternalRecipient("left@halden.example", language=language))[0]

    assert message.language == expected
    assert ("Guten Tag" if expected == "de" else "Hello,") in message.text


def test_letter_names_neither_person_nor_organisation_of_the_reader_nor_who_acted(write_out, mira):
    message = write_out(ExternalRecipient("left@halden.example"))[0]

    assert "Dear" not in message.text + message.html
    assert mira.name not in message.text + message.html
    assert "Halden Software" in message.text
    assert "It does not have a portal account." in message.html


def test_invalid_address_is_not_tried(write_out):
    assert row(write_out(ExternalRecipient("no address"))[0])[2:] == ("no_address", "address")


def test_mail_goes_out_like_any_other(write_out, mail_server):
    message = write_out(ExternalRecipient("left@halden.example"))[0]

    delivery.deliver([message.pk])

    assert row(message)[2:] == ("sent", "")
    assert [mail["To"] for mail in mail_server.mails] == ["left@halden.example"]


def test_domain_that_gets_no_mail_gets_none(write_out, mail_server, settings):
    settings.MAIL_ALLOWED_DOMAINS = ["elsewhere.example"]
    message = write_out(ExternalRecipient("left@halden.example"))[0]

    delivery.deliver([message.pk])

    assert row(message)[2:] == ("failed", "not_allowed")
    assert not mail_server.mails


def test_staff_see_the_address_and_what_became_of_it(write_out, mira, case):
    message = write_out(ExternalRecipient("left@halden.example"))[0]
    Message.objects.filter(pk=message.pk).update(state="failed", failure_reason="refused", error="550 no such user")

    html = render_to_string("outbox/_delivery.html", {"deliveries": deliveries_for(case.public_id), "user": mira})

    for words in ("left@halden.example", "not a portal user", "550 no such user", "Send again"):
        assert words in html, words


def test_staff_send_it_again_to_the_same_address(write_out, mira, case):
    message = write_out(ExternalRecipient("left@halden.example"))[0]
    Message.objects.filter(pk=message.pk).update(state="failed", failure_reason="refused", attempts=3)

    resend(message, mira)

    assert row(message) == ("left@halden.example", None, "queued", "")
    assert case.events.get(code="outbox.message.resent").data == {"name": "left@halden.example"}


def test_what_is_on_its_way_is_not_sent_again(write_out, mira):
    with pytest.raises(NotResendable):
        resend(write_out(ExternalRecipient("left@halden.example"))[0], mira)


def test_nobody_has_it_among_the_notifications(write_out, mira):
    give_role(mira, Role.OPERATOR_AUDITOR)
    write_out(ExternalRecipient("left@halden.example"))

    assert unread_count(mira) == 0
