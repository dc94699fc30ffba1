"""Messages that failed: what admins and the health page are told of them, and how all of one cause are sent again. And old bodies."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import User
from incentives_portal.accounts.services import add_person, give_role
from incentives_portal.outbox import services
from incentives_portal.outbox.delivery import deliver, lease_due
from incentives_portal.outbox.enums import State
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.services import (
    NotResendable,
    delivery_report,
    queue_secret,
    remove_old_bodies,
    resend,
    resend_all,
    resend_failed,
)
from incentives_portal.tests.world import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused(write, colleagues, mail_server) -> Callable[[int], list[Message]]:
    """So many messages that the mail server refused for good."""

    def make(number: int) -> list[Message]:
        messages = write(*colleagues(number))
        mail_server.at_rcpt = lambda address: "550 5.7.1 not you"
        deliver([message.pk for message in messages])
        mail_server.at_rcpt = lambda address: "250 OK"
        return messages

    return make


@pytest.fixture
def admin(operator) -> User:
    person = add_person(operator, email="elif@halden.example", name="Elif Aydin", language="en")
    give_role(person, Role.OPERATOR_INCENTIVES_ADMIN)
    return person


def test_n10_provider_that_refuses_everything_does_not_read_ok(refused):
    assert not delivery_report().failed

    refused(3)

    report = delivery_report()
    assert report.failed
    assert [(cause.failure_reason, cause.count, cause.said) for cause in report.causes] == [
        ("refused", 3, "550 5.7.1 not you")
    ]
    assert report.causes[0].label == "The mail server refused the message."


def test_n10_provider_that_puts_everything_off_does_not_read_ok(write, jana, mail_server):
    mail_server.at_rcpt = lambda address: "451 come again"
    message, now = write(jana)[0], clock.now()
    for minutes in (0, 1, 5):
        assert not delivery_report().put_off
        with clock.at(now + timedelta(minutes=minutes)):
            deliver([message.pk])

    assert (delivery_report().failed, delivery_report().put_off) == (0, 1)


def test_report_forgets_what_was_sent_again_and_what_is_long_ago(refused, mira):
    first, second = refused(2)

    resend(first, mira)
    assert delivery_report().failed == 1
    with clock.at(clock.now() + timedelta(days=2)):
        assert delivery_report().failed == 0
        assert delivery_report(services.SHOWN_FOR).failed == 1


@pytest.mark.parametrize(("within", "days"), [(services.RECENTLY, 1), (services.SHOWN_FOR, 30)])
def test_failure_counts_for_a_day_on_the_health_page_and_for_thirty_on_the_home_page(refused, within, days):
    now = clock.now()
    with clock.at(now):
        refused(1)

    with clock.at(now + timedelta(days=days, seconds=-1)):
        assert delivery_report(within).failed == 1
    with clock.at(now + timedelta(days=days)):
        assert delivery_report(within).failed == 0


@pytest.mark.parametrize("number", [1, 25])
def test_report_needs_two_queries_for_any_number(refused, number, django_assert_num_queries):
    refused(number)

    with django_assert_num_queries(2):
        assert delivery_report().failed == number


def test_n09_all_of_one_cause_are_sent_again_and_recorded(refused, mira, case, mail_server):
    messages = refused(3)
    Message.objects.filter(pk=messages[2].pk).update(failure_reason="put_off")

    assert resend_failed("refused", mira) == (2, 0)
    deliver(lease_due())

    assert mail_server.received_by == [message.address for message in messages[:2]]
    assert case.events.filter(code="outbox.message.resent", actor=mira).count() == 2
    assert delivery_report().failed == 1


def test_what_cannot_be_sent_again_is_counted_and_stops_nothing(refused, mira):
    messages = refused(3)
    User.objects.filter(pk=messages[1].recipient_id).update(is_active=False)

    assert resend_all(Message.objects.order_by("id"), mira) == (2, 1)


def test_no_more_than_a_bound_is_sent_again_at_once(refused, mira, monkeypatch):
    refused(3)
    monkeypatch.setattr(services, "RESENT_AT_ONCE", 2)

    assert resend_failed("refused", mira) == (2, 0)


@pytest.mark.parametrize("role", [Role.OPERATOR_AUDITOR, Role.OPERATOR_FINANCE])
def test_who_may_only_look_sends_nothing_again(refused, operator, role):
    refused(1)
    person = add_person(operator, email="finn@halden.example", name="Finn")
    give_role(person, role)

    with pytest.raises(PermissionDenied):
        resend_failed("refused", person)
    answer = sign_in(Client(), person).post(reverse("outbox:resend_failed"), {"failure_reason": "refused"})

    assert answer.status_code == 403
    assert delivery_report().failed == 1


@pytest.mark.parametrize("page", ["home", "admin:index"])
def test_n09_admins_find_failed_messages_with_their_cause_and_send_them_again(refused, admin, mail_server, page):
    refused(3)
    browser = sign_in(Client(), admin)

    shown = browser.get(reverse(page)).content.decode()
    answer = browser.post(
        reverse("outbox:resend_failed"), {"failure_reason": "refused", "next": reverse(page)}, follow=True
    )

    for words in (
        "Undelivered messages",
        "3 messages",
        "The mail server refused the message.",
        "550 5.7.1 not you",
        "Send all again",
    ):
        assert words in shown
    assert answer.redirect_chain == [(reverse(page), 302)]
    assert "3 messages will be sent again." in answer.content.decode()
    assert "Undelivered messages" not in answer.content.decode()


def test_number_of_a_cause_leads_to_the_messages_that_failed_of_it(refused, admin):
    others = refused(3)[1:]
    Message.objects.filter(pk__in=[message.pk for message in others]).update(failure_reason="put_off")
    browser = sign_in(Client(), admin)

    shown = browser.get(reverse("home")).content.decode()
    [path] = re.findall(r'<a href="([^"]+)">1 message</a>', shown)
    listed = browser.get(unescape(path))

    assert (listed.status_code, listed.context["cl"].result_count) == (200, 1)


def test_others_do_not_find_them_on_their_home_page(refused, mira):
    refused(1)

    assert "Undelivered messages" not in sign_in(Client(), mira).get(reverse("home")).content.decode()


def test_admin_sends_chosen_messages_again(refused, admin, mail_server):
    messages = refused(3)
    chosen = {"action": "send_again", "_selected_action": [messages[0].pk, messages[2].pk]}

    answer = sign_in(Client(), admin).post(reverse("admin:outbox_message_changelist"), chosen)

    assert answer.status_code == 302
    assert [Message.objects.get(pk=message.pk).state for message in messages] == ["queued", "failed", "queued"]


def test_old_bodies_are_removed_and_the_rest_stays(refused, write, make_cause, jana, mira, settings, monkeypatch):
    monkeypatch.setattr(services, "_BODIES_AT_ONCE", 2)
    settings.MAIL_BODY_DAYS = 30
    old, (waiting,) = refused(3), write(jana)
    with clock.at(clock.now() + timedelta(days=20)):
        young = write(mira, about=make_cause())[0]
        deliver([young.pk])
    secret = queue_secret(jana.email, subject="Reset", text="SECRET")
    Message.objects.filter(pk=old[0].pk).update(quoted={"comment": "Text"})

    with clock.at(clock.now() + timedelta(days=31)):
        assert (remove_old_bodies(), remove_old_bodies()) == (3, 0)

    for message in Message.objects.filter(pk__in=[one.pk for one in old]):
        assert (message.text, message.html, message.quoted, message.can_be_resent) == ("", "", None, False)
        assert (message.subject, message.link, message.state) == (old[0].subject, "/claims/1/", State.FAILED)
        with pytest.raises(NotResendable):
            resend(message, mira)
    kept = Message.objects.filter(pk__in=[waiting.pk, young.pk, secret.pk])
    assert all(message.text for message in kept)


def test_bodies_are_kept_for_ever_where_the_setting_says_so(refused, settings):
    refused(1)
    settings.MAIL_BODY_DAYS = 0

    with clock.at(clock.now() + timedelta(days=9_999)):
        assert remove_old_bodies() == 0
