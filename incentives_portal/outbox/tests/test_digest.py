"""Ten comments within minutes are one mail: the first at once, the others together, each a notification of its own."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.cases.messages import cause_of
from incentives_portal.cases.models import Case
from incentives_portal.cases.services import record_comment
from incentives_portal.cases.tests.builders import make_case
from incentives_portal.installation.models import Installation
from incentives_portal.installation.services import installation
from incentives_portal.outbox import services
from incentives_portal.outbox.delivery import deliver, lease_due, take_back_abandoned
from incentives_portal.outbox.enums import State
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.services import NotResendable, delivery_report, queue, resend, resend_all, resend_failed

from .conftest import letter_about

pytestmark = pytest.mark.django_db

WINDOW = timedelta(minutes=10)
NOBODY = 4711


@pytest.fixture
def say(case, mira, jana) -> Callable[..., Message]:
    """A comment of Mira's so long after ten o'clock, and its message to Jana."""

    def make(comment: str, after: timedelta = timedelta(0), about=case, to: User = jana) -> Message:
        with clock.at(begun + after):
            cause = cause_of(record_comment(about, mira, comment, capability="claim.review"))
            return queue(cause, "claims.commented", letter_about(cause), [to], collect=True)[0]

    begun = clock.now()
    make.begun = begun
    return make


def send_at(moment) -> None:
    """A round of the relay and of a worker at some moment."""
    with clock.at(moment):
        take_back_abandoned()
        deliver(lease_due(200))


def text_of(mail) -> list[str]:
    """What is quoted in the text part, in order."""
    text = mail.get_body(["plain"]).get_content()
    return [line.removeprefix("> ") for line in text.splitlines() if line.startswith("> ")]


def test_first_comment_goes_at_once_and_the_others_in_one_mail_in_order(say, jana, mail_server):
    for number in range(10):
        say(f"Number {number}", timedelta(seconds=20 * number))

    send_at(say.begun + timedelta(minutes=4))
    assert [text_of(mail) for mail in mail_server.mails] == [["Number 0"]]
    send_at(say.begun + WINDOW)

    assert [text_of(mail) for mail in mail_server.mails] == [["Number 0"], [f"Number {n}" for n in range(1, 10)]]
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}
    assert Message.objects.visible_to(jana).unread().count() == 10
    send_at(say.begun + 3 * WINDOW)
    assert len(mail_server.mails) == 2


def test_sixty_comments_in_seconds_are_two_mails(say, mail_server):
    """They were sixty mails in seven seconds."""
    for number in range(60):
        say(f"Number {number}", timedelta(seconds=number / 10))

    for minutes in (0, 1, 5, 10, 30):
        send_at(say.begun + timedelta(minutes=minutes, seconds=10))

    assert [len(text_of(mail)) for mail in mail_server.mails] == [1, 59]


def test_who_goes_on_writing_causes_one_mail_per_window(say, mail_server):
    for minute in range(0, 41, 2):
        say(f"Minute {minute}", timedelta(minutes=minute))
        send_at(say.begun + timedelta(minutes=minute, seconds=1))
    send_at(say.begun + timedelta(hours=2))

    assert sum(len(text_of(mail)) for mail in mail_server.mails) == 21
    assert len(mail_server.mails) == 1 + 4
    say("Later", timedelta(hours=3))
    send_at(say.begun + timedelta(hours=3))
    assert text_of(mail_server.mails[-1]) == ["Later"]


def test_mail_of_several_is_in_the_recipients_language_and_names_who_wrote_when_and_what(say, case, mail_server):
    for words in ("Eins", "Zwei <b>", "Drei"):
        say(words, timedelta(seconds=5))

    send_at(say.begun + WINDOW * 2)

    mail = mail_server.mails[-1]
    html, text = (mail.get_body([kind]).get_content() for kind in ("html", "plain"))
    assert mail["Subject"] == f"2 Kommentare: {case.reference}, {case.title}"
    assert "Guten Tag Jana Petersen" in text
    assert text.count("Mira Okafor, Halden Software") == 3  # over each comment and at the end
    assert "Zwei &lt;b&gt;" in html
    assert 'lang="de"' in html


def test_n15_mail_of_several_says_what_was_written_whatever_changes_until_it_goes_out(say, case, mira, mail_server):
    """It named the case as it was called by then."""
    title = case.title
    for words in ("First", "Second", "Third"):
        say(words)
    Case.objects.update(title="Another title")
    User.objects.filter(pk=mira.pk).update(name="Another Name")

    send_at(say.begun + WINDOW)

    mail = mail_server.mails[-1]
    assert mail["Subject"] == f"2 Kommentare: {case.reference}, {title}"
    assert "Another" not in mail.get_body(["plain"]).get_content()


def test_other_cases_other_people_and_other_messages_do_not_wait(say, case, partner, jana, mira, colleagues):
    say("First")
    other = make_case(partner, "Another case")
    (colleague,) = colleagues(1)
    decision = cause_of(record_comment(case, mira, "Approved.", capability="claim.review"))

    at_once = [
        say("Elsewhere", about=other),
        say("To another", to=colleague),
        queue(decision, "claims.approved", letter_about(decision), [jana])[0],
    ]

    assert [message.hold_until for message in at_once] == [None] * 3
    assert say("Second").hold_until == say.begun + WINDOW


def test_comment_does_not_wait_where_collecting_is_off(say, settings):
    settings.MAIL_COLLECT_MINUTES = 0
    say("First")

    assert say("Second").hold_until is None


def test_event_that_is_announced_twice_stays_one_message(say, case, jana):
    say("First")
    second = say("Second")
    cause = cause_of(case.events.latest("pk"))

    again = queue(cause, "claims.commented", letter_about(cause), [jana], collect=True)

    assert again == [second]
    assert Message.objects.count() == 2


def test_held_messages_are_not_late(say):
    for number in range(3):
        say(f"Number {number}")
    Message.objects.filter(hold_until=None).update(state=State.SENT, sent_at=say.begun)

    with clock.at(say.begun + WINDOW - timedelta(seconds=1)):
        assert Message.objects.oldest_waiting_seconds() == 0
    with clock.at(say.begun + WINDOW + timedelta(minutes=6)):
        assert Message.objects.oldest_waiting_seconds() == 360


def test_worker_that_dies_at_a_mail_of_several_loses_none_of_them(say, mail_server):
    for number in range(4):
        say(f"Number {number}")
    send_at(say.begun)
    lead = Message.objects.get(hold_until__isnull=False, sent_with=None)
    from incentives_portal.outbox.delivery import _claim

    with clock.at(say.begun + WINDOW):
        assert _claim(lead.pk, NOBODY) is not None  # a worker that dies now
    send_at(say.begun + WINDOW * 2)

    assert text_of(mail_server.mails[-1]) == ["Number 1", "Number 2", "Number 3"]
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}


def test_comment_that_comes_while_its_mail_is_being_sent_waits_for_the_next(say, mail_server):
    say("First")
    say("Second")
    send_at(say.begun)
    Message.objects.filter(hold_until__isnull=False).update(state=State.SENDING, attempts=1, lease_until=clock.now())

    late = say("Third", WINDOW + timedelta(seconds=1))

    assert (late.sent_with, late.hold_until) == (None, say.begun + 2 * WINDOW)


def test_refused_mail_of_several_fails_for_all_of_them_and_is_sent_again_whole(say, mira, mail_server):
    for number in range(3):
        say(f"Number {number}")
    send_at(say.begun)
    mail_server.at_rcpt = lambda address: "550 no such user"
    send_at(say.begun + WINDOW)
    held = Message.objects.exclude(hold_until=None).order_by("pk")
    assert [(message.state, message.error) for message in held] == [("failed", "550 no such user")] * 2

    mail_server.at_rcpt = lambda address: "250 OK"
    resend(held[0], mira)
    with pytest.raises(NotResendable):
        resend(held[1], mira)
    deliver(lease_due())

    assert text_of(mail_server.mails[-1]) == ["Number 1", "Number 2"]
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}
    resend(held[1], mira)
    deliver(lease_due())
    assert text_of(mail_server.mails[-1])[-1:] == ["Number 2"]
    assert len(mail_server.mails) == 3


def test_mail_of_several_that_is_put_off_is_tried_again_by_itself_and_the_others_wait_for_it(say, mail_server):
    """What the server said stands at the one that is tried; when it is out, all of them are."""
    for number in range(3):
        say(f"Number {number}")
    send_at(say.begun)
    mail_server.at_rcpt = lambda address: "451 come again"
    send_at(say.begun + WINDOW)
    held = Message.objects.exclude(hold_until=None).order_by("pk").values_list("state", "failure_reason", "error")
    assert list(held.all()) == [("retry", "put_off", "451 come again"), ("queued", "", "")]

    mail_server.at_rcpt = lambda address: "250 OK"
    send_at(say.begun + 2 * WINDOW)

    assert list(held.all()) == [("sent", "", "")] * 2
    assert text_of(mail_server.mails[-1]) == ["Number 1", "Number 2"]


@pytest.mark.parametrize(("answer", "outcome"), [("250 OK", State.SENT), ("550 no such user", State.FAILED)])
def test_outcome_of_a_mail_of_several_is_that_of_no_other_message(say, colleagues, mail_server, answer, outcome):
    (colleague,) = colleagues(1)
    for words in ("First", "Second", "Third"):
        say(words)
    say("To another", timedelta(minutes=5), to=colleague)
    waiting = say("Waits for more", timedelta(minutes=6), to=colleague)
    send_at(say.begun + timedelta(minutes=6))
    mail_server.at_rcpt = lambda address: answer

    send_at(say.begun + WINDOW)

    settled = Message.objects.filter(hold_until=say.begun + WINDOW)
    assert list(settled.values_list("state", flat=True)) == [outcome] * 2
    waiting.refresh_from_db()
    assert (waiting.state, waiting.sent_at) == (State.QUEUED, None)
    mail_server.at_rcpt = lambda address: "250 OK"
    send_at(say.begun + 2 * WINDOW)
    assert text_of(mail_server.mails[-1]) == ["Waits for more"]


def test_holding_back_needs_one_query_more_for_any_number_of_people(case, mira, colleagues, django_assert_num_queries):
    people = colleagues(25)
    causes = [
        cause_of(record_comment(case, mira, f"Comment {number}", capability="claim.review")) for number in range(2)
    ]
    queue(causes[0], "claims.commented", letter_about(causes[0]), people, collect=True)

    with django_assert_num_queries(3):  # what waits; insert, read
        queue(causes[1], "claims.commented", letter_about(causes[1]), people, collect=True)

    assert connection.in_atomic_block
    assert Message.objects.exclude(hold_until=None).count() == 25


def test_comment_does_not_join_a_mail_to_an_address_that_is_the_persons_no_more(say, jana, mail_server):
    """It went to the former address, with words that were written after the change."""
    say("First")
    say("Second", timedelta(minutes=1))
    User.objects.filter(pk=jana.pk).update(email="jana.new@nordlicht.example")
    jana.refresh_from_db()

    say("Third", timedelta(minutes=2))
    send_at(say.begun + 3 * WINDOW)

    assert [(mail["To"], text_of(mail)) for mail in mail_server.mails] == [
        ("jana@nordlicht.example", ["First"]),
        ("jana.new@nordlicht.example", ["Third"]),
        ("jana@nordlicht.example", ["Second"]),
    ]


def test_comment_waits_for_one_window_after_the_clock_was_set_back(say, mail_server):
    """It waited until the clock had come to the time of the last mail again: for a day."""
    say("First", timedelta(days=1))
    say("Second", timedelta(days=1, minutes=1))

    back = [say("Third"), say("Fourth", timedelta(minutes=1))]

    assert {message.hold_until for message in back} == {say.begun + WINDOW}
    send_at(say.begun + WINDOW)
    assert ["Third", "Fourth"] in [text_of(mail) for mail in mail_server.mails]


def test_comment_after_a_restore_does_not_join_a_mail_that_is_held(say, mail_server):
    """It was held too, or taken as sent although it never was."""
    say("First")
    say("Second", timedelta(minutes=1))
    installation()
    Installation.objects.update(mail_held_before=say.begun + timedelta(minutes=11))

    say("Third", timedelta(minutes=12))
    send_at(say.begun + timedelta(minutes=30))

    assert [text_of(mail) for mail in mail_server.mails] == [["Third"]]


def test_mail_that_collects_when_the_backup_is_restored_is_held(say, mail_server):
    """It was sent, as it begins to be late only when it stops collecting: perhaps a second time."""
    say("First")
    say("Second", timedelta(minutes=1))
    installation()
    Installation.objects.update(mail_held_before=say.begun + timedelta(minutes=5))

    send_at(say.begun + timedelta(minutes=30))

    assert mail_server.mails == []
    assert Message.objects.held().count() == 2


def test_comment_does_not_join_a_mail_that_is_sent_again(say, mail_server, mira):
    """It went out under a Message-ID that the mailbox knew already: mail programs drop such a mail as a copy."""
    for minute, words in enumerate(("First", "Second", "Third")):
        say(words, timedelta(minutes=minute))
    send_at(say.begun + WINDOW)
    with clock.at(say.begun + WINDOW + timedelta(minutes=1)):
        resend(Message.objects.get(collected__isnull=False), mira)

    late = say("Fourth", WINDOW + timedelta(minutes=1))
    send_at(say.begun + WINDOW + timedelta(minutes=2))

    assert late.sent_with is None
    assert [text_of(mail) for mail in mail_server.mails] == [["First"], ["Second", "Third"], ["Second", "Third"]]


def test_part_without_its_text_is_not_sent_again_with_the_others(say, mail_server, mira, settings):
    for words in ("First", "Second", "Third", "Fourth"):
        say(words)
    send_at(say.begun + WINDOW)
    lead = Message.objects.get(collected__isnull=False, collected__text__contains="Third")
    removed = Message.objects.filter(text__contains="Third")
    removed.update(text="", html="", quoted=None, body_removed_at=clock.now())

    resend(lead, mira)
    deliver(lease_due())

    assert text_of(mail_server.mails[-1]) == ["Second", "Fourth"]
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}


@pytest.mark.parametrize("chosen", [False, True])
def test_parts_of_one_mail_are_counted_as_they_are_shown_when_they_are_sent_again(say, mail_server, mira, chosen):
    """The home page said that 198 messages had failed, and its button that 2 would be sent again."""
    mail_server.at_rcpt = lambda address: "550 not you"
    for words in ("First", "Second", "Third", "Fourth"):
        say(words)
    send_at(say.begun + WINDOW)
    failed = Message.objects.filter(state=State.FAILED).order_by("id")
    assert (delivery_report().failed, failed.count()) == (4, 4)
    mail_server.at_rcpt = lambda address: "250 OK"

    assert (resend_all(failed, mira) if chosen else resend_failed("refused", mira)) == (4, 0)
    send_at(say.begun + WINDOW)

    assert [text_of(mail) for mail in mail_server.mails] == [["First"], ["Second", "Third", "Fourth"]]


def test_parts_of_one_mail_take_no_place_of_those_that_are_sent_again_at_once(say, mail_server, mira, monkeypatch):
    """The bound is on mails: one for many comments does not keep another mail back until the next click."""
    monkeypatch.setattr(services, "RESENT_AT_ONCE", 3)
    mail_server.at_rcpt = lambda address: "550 not you"
    for words in ("First", "Second", "Third", "Fourth"):
        say(words)
    send_at(say.begun + WINDOW)
    say("Later", 2 * WINDOW)
    send_at(say.begun + 3 * WINDOW)
    mail_server.at_rcpt = lambda address: "250 OK"

    assert resend_failed("refused", mira) == (5, 0)
    send_at(say.begun + 3 * WINDOW)

    assert [text_of(mail) for mail in mail_server.mails] == [["First"], ["Second", "Third", "Fourth"], ["Later"]]
