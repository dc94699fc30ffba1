"""Sending over a real SMTP conversation, with servers in every mood (fault table N-01 to N-20)."""

import re
import smtplib
import threading
from datetime import timedelta

import pytest
from django.db import connection

from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.accounts.services import add_person
from incentives_portal.cases.models import Case
from incentives_portal.outbox import delivery
from incentives_portal.outbox.delivery import DELAYS, HANDED_OUT, deliver, lease_due, take_back_abandoned
from incentives_portal.outbox.enums import FailureReason, State
from incentives_portal.outbox.faults import Fault, fault_of
from incentives_portal.outbox.leases import lease_length
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.querysets import LONGEST_LEASE, MAX_ATTEMPTS
from incentives_portal.outbox.services import queue_secret
from incentives_portal.tests.racing import done_at_once

pytestmark = pytest.mark.django_db


#: The number of a holder whose process is gone: nobody has its lock.
NOBODY = 4711
LEASE = lease_length()


def due_ids() -> list[int]:
    """What a round of the relay makes workers read as due."""
    take_back_abandoned()
    return lease_due(200)


def state_of(message: Message) -> tuple[str, str, int]:
    message.refresh_from_db()
    return message.state, message.failure_reason, message.attempts


def after(delay: timedelta):
    """The clock so much later than the last of it."""
    return clock.at(clock.now() + delay)


def test_message_is_sent_with_both_parts_and_its_headers(write, jana, cause, case, mail_server, settings):
    settings.DEFAULT_FROM_EMAIL, settings.MAIL_REPLY_TO = (
        "Halden Incentives <incentives@halden.example>",
        "help@halden.example",
    )
    message = write(jana)[0]

    deliver([message.pk])

    assert state_of(message) == ("sent", "", 1)
    assert message.sent_at is not None
    mail = mail_server.mails[0]
    headers = {
        name: str(mail[name])
        for name in ("From", "To", "Subject", "Message-ID", "Auto-Submitted", "Reply-To", "References")
    }
    assert headers == {
        "From": "Halden Incentives <incentives@halden.example>",
        "To": "jana@nordlicht.example",
        "Subject": f"Comment on {case.reference}",
        "Message-ID": message.message_id,
        "Auto-Submitted": "auto-generated",
        "Reply-To": "help@halden.example",
        "References": f"<{case.public_id}@localhost>",
    }
    assert mail["X-Correlation-ID"] == (cause.request_id or str(message.public_id))
    assert mail.get_body(["plain"]).get_content().strip() == message.text.strip()
    assert "There is a comment" in mail.get_body(["html"]).get_content()


def test_sent_message_is_not_sent_again(write, jana, mail_server):
    message = write(jana)[0]

    deliver([message.pk])
    deliver([message.pk])

    assert (len(mail_server.mails), state_of(message)) == (1, ("sent", "", 1))


def test_n05_refused_for_now_is_tried_again_later(write, jana, mail_server):
    message = write(jana)[0]
    mail_server.at_rcpt = lambda address: "451 4.3.0 try later"

    deliver([message.pk])
    assert state_of(message) == ("retry", "put_off", 1)
    assert message.error == "451 4.3.0 try later"
    mail_server.at_rcpt = lambda address: "250 OK"
    deliver([message.pk])
    assert state_of(message) == ("retry", "put_off", 1)  # its time has not come
    with after(DELAYS[0] + timedelta(seconds=1)):
        deliver([message.pk])

    assert state_of(message) == ("sent", "", 2)
    assert mail_server.received_by == ["jana@nordlicht.example"]


def test_n06_one_bad_recipient_of_five_does_not_stop_the_others(write, colleagues, mail_server):
    messages = write(*colleagues(5))
    mail_server.at_rcpt = lambda address: "550 5.1.1 no such user" if address.startswith("p2@") else "250 OK"

    deliver([message.pk for message in messages])

    assert [state_of(message)[:2] for message in messages] == [
        ("sent", ""), ("sent", ""), ("failed", "refused"), ("sent", ""), ("sent", ""),
    ]  # fmt: skip
    assert messages[2].error == "550 5.1.1 no such user"
    assert mail_server.received_by == [f"p{number}@nordlicht.example" for number in (0, 1, 3, 4)]


@pytest.mark.parametrize("answer", ["451 4.3.0 try later", "452 4.2.2 mailbox full", "450 4.7.1 greylisted"])
def test_n06_one_recipient_that_is_put_off_does_not_stop_the_others(write, colleagues, mail_server, answer):
    messages = write(*colleagues(4))
    mail_server.at_rcpt = lambda address: answer if address.startswith("p1@") else "250 OK"

    deliver([message.pk for message in messages])

    assert [state_of(message)[:2] for message in messages] == [
        ("sent", ""), ("retry", "put_off"), ("sent", ""), ("sent", ""),
    ]  # fmt: skip
    assert mail_server.received_by == [f"p{number}@nordlicht.example" for number in (0, 2, 3)]


def test_several_messages_go_over_one_connection(write, colleagues, mail_server):
    deliver([message.pk for message in write(*colleagues(5))])

    assert (len(mail_server.mails), mail_server.connections) == (5, 1)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("554 5.6.0 we do not like it", ("failed", "refused")),
        ("452 4.2.2 mailbox full", ("retry", "put_off")),
        ("421 4.3.2 going down", ("retry", "unreachable")),
    ],
)
def test_n05_answer_after_the_data_decides(write, jana, mail_server, answer, outcome):
    message = write(jana)[0]
    mail_server.at_data = lambda address: answer

    deliver([message.pk])

    assert state_of(message)[:2] == outcome


def test_n05_server_that_drops_the_line_after_the_data_gets_the_same_message_id_again(write, jana, mail_server):
    message = write(jana)[0]
    mail_server.at_data = lambda address: "DROP"
    deliver([message.pk])
    assert state_of(message) == ("retry", "unreachable", 1)

    mail_server.at_data = lambda address: "250 OK"
    with after(DELAYS[0]):
        deliver([message.pk])

    assert state_of(message) == ("sent", "", 2)
    assert [mail["Message-ID"] for mail in mail_server.mails] == [message.message_id] * 2
    assert [mail["Date"] for mail in mail_server.mails] == [mail_server.mails[0]["Date"]] * 2


def test_n05_mail_that_goes_out_again_a_day_later_is_the_same_to_the_byte(write, jana, mail_server):
    """Its date is that of the message: whoever gets both copies can tell that they are one mail."""
    yesterday = clock.now() - timedelta(days=1)
    with clock.at(yesterday):
        message = write(jana)[0]
        mail_server.at_data = lambda address: "DROP"
        deliver([message.pk])

    mail_server.at_data = lambda address: "250 OK"
    deliver([message.pk])

    copies = [re.sub(rb"={5,}\d+==", b"BOUNDARY", mail.as_bytes()) for mail in mail_server.mails]
    assert copies[0] == copies[1]
    assert mail_server.mails[1]["Date"].datetime == yesterday.replace(microsecond=0)


def test_n05_server_that_stalls_before_the_text_is_left_after_seconds(write, jana, mail_server, settings):
    settings.EMAIL_TIMEOUT, mail_server.delay_at_rcpt = 0.3, 5.0
    message = write(jana)[0]

    deliver([message.pk])

    assert state_of(message) == ("retry", "unreachable", 1)
    assert not mail_server.text_arrived.is_set()


def test_n05_server_that_stalls_after_the_text_is_waited_for(write, jana, mail_server, settings):
    settings.EMAIL_TIMEOUT, settings.MAIL_DATA_TIMEOUT, mail_server.delay = 0.3, 5.0, 1.0
    message = write(jana)[0]

    deliver([message.pk])

    assert state_of(message) == ("sent", "", 1)


def test_n05_server_that_never_answers_after_the_text_is_left_in_the_end(write, jana, mail_server, settings):
    settings.MAIL_DATA_TIMEOUT, mail_server.delay = 0.3, 5.0
    message = write(jana)[0]

    deliver([message.pk])

    assert state_of(message) == ("retry", "unreachable", 1)


def test_n05_server_that_is_away_costs_the_first_of_a_batch_an_attempt_and_the_rest_nothing(
    write, colleagues, mail_server, settings, dead_port
):
    messages = write(*colleagues(3))
    settings.EMAIL_PORT = dead_port

    deliver([message.pk for message in messages])

    assert [state_of(message) for message in messages] == [
        ("retry", "unreachable", 1),
        ("queued", "", 0),
        ("queued", "", 0),
    ]


def test_server_that_is_back_is_tried_with_everything_that_waited_for_it(write, colleagues, mail_server):
    waited, put_off, fresh = write(*colleagues(3))
    later = clock.now() + timedelta(hours=4)
    Message.objects.filter(pk=waited.pk).update(
        state=State.RETRY, failure_reason=FailureReason.UNREACHABLE, next_at=later
    )
    Message.objects.filter(pk=put_off.pk).update(state=State.RETRY, failure_reason=FailureReason.PUT_OFF, next_at=later)

    deliver([fresh.pk])

    assert due_ids() == [waited.pk]


def test_n09_attempts_end_after_the_eighth(write, jana, mail_server):
    message = write(jana)[0]
    mail_server.at_rcpt = lambda address: "451 4.3.0 try later"
    outcomes = []
    now = clock.now()
    for number in range(MAX_ATTEMPTS + 2):
        with clock.at(now + timedelta(days=number)):
            deliver(due_ids())
        outcomes.append(state_of(message))

    assert outcomes[:7] == [("retry", "put_off", number) for number in range(1, 8)]
    assert outcomes[7:] == [("failed", "put_off", 8)] * 3
    assert len(DELAYS) == MAX_ATTEMPTS - 1


def test_pauses_between_attempts_grow_from_seconds_to_half_a_day(write, jana, mail_server):
    message = write(jana)[0]
    mail_server.at_rcpt = lambda address: "451 4.3.0 try later"
    pauses = []
    now = clock.now()
    for _attempt in range(MAX_ATTEMPTS - 1):
        with clock.at(now):
            deliver([message.pk])
        message.refresh_from_db()
        pauses.append(message.next_at - now)
        now = message.next_at

    seconds, minutes, hours = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours"))
    assert pauses == [15 * seconds, minutes, 5 * minutes, 15 * minutes, hours, 4 * hours, 12 * hours]


def test_n01_lease_that_ran_out_gives_the_message_to_another_worker(write, jana, mail_server):
    message = write(jana)[0]
    assert delivery._claim(message.pk, NOBODY) is not None  # a worker that dies now

    deliver([message.pk])
    assert state_of(message) == ("sending", "", 1)
    assert due_ids() == []
    with after(LEASE + timedelta(seconds=1)):
        deliver(due_ids())

    assert state_of(message) == ("sent", "", 2)
    assert len(mail_server.mails) == 1


def test_outcome_of_a_message_that_another_worker_has_is_logged_only(write, jana, caplog):
    message = write(jana)[0]
    mine = delivery._claim(message.pk, NOBODY)
    with after(LEASE + timedelta(seconds=1)):
        assert due_ids() == [message.pk]
        theirs = delivery._claim(message.pk, NOBODY)

    delivery._settle(mine, State.FAILED)
    assert state_of(message) == ("sending", "", 2)
    assert "was taken up by another worker" in caplog.text

    caplog.clear()
    delivery._settle(theirs, State.SENT, sent_at=clock.now())
    assert (state_of(message), caplog.text) == (("sent", "", 2), "")


def test_d07_what_is_to_be_tried_again_does_not_wait_until_a_clock_comes_round(write, jana, mail_server):
    """It waited as long as the clock had been set back, and nobody was told: its age was none."""
    with clock.at(clock.now() + timedelta(days=1)):
        (message,) = write(jana)
        retry = {"state": State.RETRY, "failure_reason": FailureReason.UNREACHABLE, "attempts": 1}
        Message.objects.filter(pk=message.pk).update(**retry, next_at=clock.now() + timedelta(seconds=15))

    deliver(lease_due())

    assert len(mail_server.mails) == 1


@pytest.mark.parametrize("jump", [timedelta(hours=1), -timedelta(hours=1)], ids=["forward", "back"])
def test_d07_a_clock_that_jumps_leaves_no_message_behind(write, colleagues, mail_server, jump):
    """One waits, one was handed out to a worker that died, one was being sent by it: none waits for the hour to come round again."""
    waiting, handed_out, sending = (write(person)[0] for person in colleagues(3))
    Message.objects.filter(pk=waiting.pk).update(next_at=clock.now() + timedelta(hours=1))
    assert due_ids() == [handed_out.pk, sending.pk]
    Message.objects.filter(pk=waiting.pk).update(next_at=clock.now())
    assert delivery._claim(sending.pk, NOBODY) is not None

    with clock.at(clock.now() + jump + 2 * LEASE):
        deliver(due_ids())

    assert [state_of(message)[0] for message in (waiting, handed_out, sending)] == ["sent"] * 3
    assert len(mail_server.mails) == 3


def test_d07_lease_that_no_worker_can_have_written_by_this_clock_is_over(write, jana):
    (message,) = write(jana)
    delivery._claim(message.pk, NOBODY)

    def abandoned_with_a_lease_of(length: timedelta) -> bool:
        now = clock.now()
        Message.objects.filter(pk=message.pk).update(lease_until=now + length)
        return Message.objects.abandoned(now).exists()

    assert not abandoned_with_a_lease_of(2 * LONGEST_LEASE)
    assert abandoned_with_a_lease_of(2 * LONGEST_LEASE + timedelta(seconds=1))


def test_handed_out_message_that_the_relay_leased_can_be_sent_at_once(write, jana, mail_server):
    message = write(jana)[0]

    deliver(due_ids())

    assert state_of(message) == ("sent", "", 1)


def test_n19_message_that_kills_its_worker_ends_as_failed_and_others_go_on(write, colleagues, mail_server):
    poison, good = write(*colleagues(2))
    now = clock.now()
    for number in range(MAX_ATTEMPTS):
        with clock.at(now + number * 2 * LEASE):
            assert poison.pk in due_ids()
            assert delivery._claim(poison.pk, NOBODY) is not None
            deliver([good.pk])
    with clock.at(now + MAX_ATTEMPTS * 2 * LEASE):
        deliver(due_ids())

    assert state_of(poison) == ("failed", "worn_out", 8)
    assert state_of(good) == ("sent", "", 1)


def test_worker_that_comes_back_too_late_changes_nothing(write, jana, mail_server):
    message = write(jana)[0]
    late = delivery._claim(message.pk, NOBODY)
    with after(LEASE + timedelta(seconds=1)):
        deliver(due_ids())

    delivery._settle_fault(late, Fault(FailureReason.REFUSED, "too late"))

    assert state_of(message) == ("sent", "", 2)


def test_worker_that_comes_back_when_its_message_waits_again_changes_nothing(write, jana, mail_server):
    """Nobody else has begun: whoever does next must not find it failed, nor with a lease of the former worker's."""
    message = write(jana)[0]
    late = delivery._claim(message.pk, NOBODY)
    with after(LEASE + timedelta(seconds=1)):
        take_back_abandoned()
        assert state_of(message) == ("retry", "", 1)

        delivery._settle_fault(late, Fault(FailureReason.REFUSED, "too late"))

        assert state_of(message) == ("retry", "", 1)
        deliver(lease_due())
    assert state_of(message) == ("sent", "", 2)


@pytest.mark.django_db(transaction=True)
def test_n08_two_relays_at_once_lease_every_message_once(write, colleagues):
    """Both have read what is due before either writes its leases: neither waits for the other, and no row is read by both."""
    write(*colleagues(60))
    both_have_read = threading.Barrier(2, timeout=5)

    def wait_after_reading(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT") and "outbox_message" in sql:
            both_have_read.wait()
        return result

    def relay():
        with connection.execute_wrapper(wait_after_reading):
            return due_ids()

    taken = done_at_once(relay, relay)

    assert sorted(taken[0] + taken[1]) == sorted(Message.objects.values_list("pk", flat=True))
    assert due_ids() == [], "a third one takes what the two have"


@pytest.mark.django_db(transaction=True)
def test_n08_two_workers_with_the_same_task_send_every_message_once(write, colleagues, mail_server):
    ids = [message.pk for message in write(*colleagues(20))]

    done_at_once(lambda: deliver(ids), lambda: deliver(ids))

    assert sorted(mail_server.received_by) == sorted(Message.objects.values_list("address", flat=True))
    assert set(Message.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_worker_reads_the_oldest_first(write, colleagues):
    messages = write(*colleagues(3))
    Message.objects.filter(pk=messages[2].pk).update(next_at=clock.now() - timedelta(hours=1))

    assert lease_due(2) == [messages[2].pk, messages[0].pk]
    assert lease_due(2) == [messages[1].pk]
    assert lease_due(2) == []
    with after(HANDED_OUT + timedelta(seconds=1)):
        assert len(lease_due(2)) == 2


@pytest.mark.parametrize("number", [1, 3, 25])
def test_relay_needs_the_same_queries_for_any_number_of_messages(write, colleagues, number, django_assert_num_queries):
    write(*colleagues(number))

    with django_assert_num_queries(5):  # what was abandoned; savepoint, read, update, release
        assert len(due_ids()) == number


def test_secret_body_is_wiped_when_it_is_sent(db, mail_server):
    message = queue_secret("jana@nordlicht.example", subject="Reset", text="SECRET", html="<p>SECRET</p>")

    deliver([message.pk])

    assert state_of(message) == ("sent", "", 1)
    assert (message.text, message.html) == ("", "")
    assert "SECRET" in mail_server.mails[0].get_body(["plain"]).get_content()


def test_secret_body_waits_for_the_next_attempt_and_is_wiped_at_the_end(db, mail_server):
    message = queue_secret("jana@nordlicht.example", subject="Reset", text="SECRET")
    mail_server.at_rcpt = lambda address: "451 later"
    deliver([message.pk])
    message.refresh_from_db()
    assert message.text == "SECRET"

    mail_server.at_rcpt = lambda address: "550 never"
    with after(DELAYS[0]):
        deliver([message.pk])

    assert state_of(message) == ("failed", "refused", 2)
    assert message.text == ""


def test_secret_body_is_wiped_when_it_is_worn_out(db):
    message = queue_secret("jana@nordlicht.example", subject="Reset", text="SECRET")
    Message.objects.update(state=State.SENDING, attempts=8, lease_until=clock.now())

    assert due_ids() == []
    assert state_of(message) == ("failed", "worn_out", 8)
    assert message.text == ""


def test_n20_only_allowed_domains_are_written_to(write, jana, mira, mail_server, settings):
    settings.MAIL_ALLOWED_DOMAINS = ["Halden.example"]
    ours, theirs = write(mira), write(jana)

    deliver([ours[0].pk, theirs[0].pk])

    assert state_of(theirs[0])[:2] == ("failed", "not_allowed")
    assert mail_server.received_by == ["mira.okafor@halden.example"]


def test_n20_domain_is_the_whole_of_what_stands_behind_the_sign(write, partner, mail_server, settings):
    settings.MAIL_ALLOWED_DOMAINS = ["halden.example", "NORDLICHT.example"]
    allowed = ["a@halden.example", "b@Halden.EXAMPLE", "c@nordlicht.example"]
    others = ["d@evilhalden.example", "e@sub.halden.example", "f@halden.example.evil.example"]
    messages = write(*(add_person(partner, email=email, name=email) for email in (*allowed, *others)))

    deliver([message.pk for message in messages])

    assert sorted(address.lower() for address in mail_server.received_by) == [email.lower() for email in allowed]
    assert [state_of(message)[:2] for message in messages[-3:]] == [("failed", "not_allowed")] * 3


def test_n15_mail_says_what_was_written_whatever_changes_until_it_goes_out(write, jana, mira, case, mail_server):
    message = write(jana)[0]
    written = message.subject, message.text, message.html
    Case.objects.filter(pk=case.pk).update(title="Another title")
    User.objects.filter(pk__in=[jana.pk, mira.pk]).update(name="Another Name", language="fr")

    deliver([message.pk])

    message.refresh_from_db()
    mail = mail_server.mails[0]
    assert (message.subject, message.text, message.html) == written
    parts = [mail.get_body([kind]).get_content().strip() for kind in ("plain", "html")]
    assert (mail["Subject"], *parts) == (written[0], written[1].strip(), written[2].strip())


def test_n16_person_who_left_since_is_not_written_to(write, jana, mail_server):
    message = write(jana)[0]
    User.objects.filter(pk=jana.pk).update(is_active=False)

    deliver([message.pk])

    assert state_of(message)[:2] == ("no_address", "inactive")
    assert mail_server.mails == []


def test_n12_mail_that_cannot_be_written_fails_and_the_next_goes_out(write, colleagues, mail_server, caplog):
    broken, good = write(*colleagues(2))
    Message.objects.filter(pk=broken.pk).update(subject="Hello\nBcc: victim@example.com")  # past every service

    deliver([broken.pk, good.pk])

    assert state_of(broken)[:2] == ("failed", "broken")
    assert mail_server.received_by == ["p1@nordlicht.example"]
    assert [mail["Bcc"] for mail in mail_server.mails] == [None]


@pytest.mark.parametrize(
    ("error", "failure_reason"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"no")}), FailureReason.REFUSED),
        (smtplib.SMTPRecipientsRefused({"a@b": (450, b"later")}), FailureReason.PUT_OFF),
        (smtplib.SMTPRecipientsRefused({"a@b": (421, b"bye")}), FailureReason.UNREACHABLE),
        (smtplib.SMTPSenderRefused(553, b"no", "x"), FailureReason.REFUSED),
        (smtplib.SMTPDataError(451, b"later"), FailureReason.PUT_OFF),
        (smtplib.SMTPAuthenticationError(535, b"wrong password"), FailureReason.UNREACHABLE),
        (smtplib.SMTPConnectError(554, b"no"), FailureReason.UNREACHABLE),
        (smtplib.SMTPServerDisconnected("gone"), FailureReason.UNREACHABLE),
        (smtplib.SMTPNotSupportedError("no STARTTLS"), FailureReason.UNREACHABLE),
        (TimeoutError("timed out"), FailureReason.UNREACHABLE),
        (ConnectionRefusedError(111, "refused"), FailureReason.UNREACHABLE),
        (UnicodeEncodeError("ascii", "ä", 0, 1, "x"), FailureReason.BROKEN),
        (ValueError("x"), FailureReason.BROKEN),
    ],
)
def test_fault_is_read_from_the_error(error, failure_reason):
    assert fault_of(error).failure_reason == failure_reason


def test_n12_words_of_a_server_are_one_short_line():
    fault = fault_of(smtplib.SMTPDataError(554, b"5.7.1 no\r\nX-Evil: 1 \xff" + b"a" * 900))

    assert fault.comment.startswith("554 5.7.1 no X-Evil: 1 �aaa")
    assert len(fault.comment) == 500
