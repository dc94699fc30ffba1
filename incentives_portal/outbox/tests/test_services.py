"""Queueing, reading and sending again: what is written, once, and what is not written when the deciding transaction is undone."""

import socket
import time
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import User
from incentives_portal.accounts.services import add_person, give_role
from incentives_portal.cases.models import Event
from incentives_portal.outbox.enums import FailureReason, State
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.services import NotResendable, mark_read, queue, queue_secret, resend, resend_all

from .conftest import letter_about

pytestmark = pytest.mark.django_db


def rows() -> list[tuple]:
    return list(Message.objects.order_by("pk").values_list("address", "state", "failure_reason"))


def test_queue_writes_one_row_per_person(write, cause, jana, mira):
    messages = write(jana, mira)

    assert rows() == [("jana@nordlicht.example", "queued", ""), ("mira.okafor@halden.example", "queued", "")]
    assert messages == list(Message.objects.order_by("pk"))
    first = messages[0]
    assert (first.cause, first.code, first.recipient, first.language) == (cause.key, "claims.commented", jana, "de")
    assert (first.case_public_id, first.case_reference) == (cause.case_public_id, cause.case_reference)
    assert (first.subject, first.summary, first.link) == (
        f"Comment on {cause.case_reference}",
        "Mira Okafor wrote about your claim.",
        "/claims/1/",
    )
    assert first.message_id == f"<{first.public_id}@localhost>"


def test_queue_twice_for_an_event_gives_one_row_per_person(write, jana, mira):
    first = write(jana, mira)

    assert write(jana, mira) == first
    assert write(mira) == first[1:]
    assert Message.objects.count() == 2


def test_same_person_named_twice_gets_one_row(write, jana):
    write(jana, User.objects.get(pk=jana.pk))

    assert Message.objects.count() == 1


def test_another_event_or_another_code_is_another_message(write, make_cause, jana):
    write(jana)
    write(jana, code="claims.other")
    write(jana, about=make_cause())

    assert Message.objects.count() == 3


def test_person_without_a_valid_address_gets_a_row_that_says_so(write, jana, mira):
    User.objects.filter(pk=jana.pk).update(email="not-an-address")
    jana.refresh_from_db()

    write(jana, mira)

    assert rows() == [("not-an-address", "no_address", "address"), ("mira.okafor@halden.example", "queued", "")]


def test_n16_inactive_person_gets_a_row_that_says_so(write, jana):
    jana.is_active = False

    write(jana)

    assert rows() == [("jana@nordlicht.example", "no_address", "inactive")]


def test_several_people_without_any_address_have_a_row_each(write, jana, mira):
    jana.email = mira.email = ""

    write(jana, mira)

    assert rows() == [("", "no_address", "address"), ("", "no_address", "address")]


def test_nobody_to_write_to_is_one_row_that_staff_see(write):
    write()
    write()

    assert rows() == [("", "no_address", "nobody")]
    assert Message.objects.get().recipient is None


def test_n07_rolled_back_decision_leaves_no_row_and_tells_no_worker(
    make_cause, jana, broker_messages, django_capture_on_commit_callbacks
):
    def decide_and_fail() -> None:
        cause = make_cause()
        queue(cause, "claims.commented", letter_about(cause), [jana])
        raise RuntimeError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError), transaction.atomic():
        decide_and_fail()

    assert Message.objects.count() == 0
    assert Event.objects.count() == 0
    assert broker_messages() == []


def test_commit_tells_the_workers(write, jana, mira, broker_messages, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        messages = write(jana, mira)
        assert broker_messages() == []

    assert broker_messages() == [[[message.pk for message in messages]]]


def test_nothing_to_send_tells_nobody(write, jana, broker_messages, django_capture_on_commit_callbacks):
    jana.is_active = False
    with django_capture_on_commit_callbacks(execute=True):
        write(jana)

    assert broker_messages() == []


@pytest.mark.parametrize("number", [1, 3, 25])
def test_queue_needs_the_same_queries_for_any_number_of_people(write, colleagues, number, django_assert_num_queries):
    people = colleagues(number)

    with django_assert_num_queries(2):  # insert, read
        write(*people)

    assert Message.objects.count() == number


def test_n03_dead_broker_costs_the_request_nothing(
    write, jana, dead_port, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", f"redis://127.0.0.1:{dead_port}/0")
    began = time.monotonic()

    with django_capture_on_commit_callbacks(execute=True):
        write(jana)

    assert time.monotonic() - began < 0.5
    assert rows() == [("jana@nordlicht.example", "queued", "")]


def test_n04_hanging_broker_costs_one_request_little_and_the_next_nothing(
    write, make_cause, jana, monkeypatch, django_capture_on_commit_callbacks
):
    with socket.create_server(("127.0.0.1", 0)) as mute:  # accepts, never answers
        monkeypatch.setenv("CELERY_BROKER_WRITE_URL", f"redis://127.0.0.1:{mute.getsockname()[1]}/0")
        seconds = []
        for _request in range(2):
            began = time.monotonic()
            with django_capture_on_commit_callbacks(execute=True):
                write(jana, about=make_cause())
            seconds.append(time.monotonic() - began)

    assert seconds[0] < 1.5
    assert seconds[1] < 0.3
    assert Message.objects.filter(state=State.QUEUED).count() == 2


def test_mark_read_marks_what_is_named_and_only_ones_own(write, make_cause, jana, mira):
    mine = write(jana)[0]
    also_mine = write(jana, about=make_cause())[0]
    foreign = write(mira)[0]

    assert mark_read(jana, mine.public_id, foreign.public_id) == 1
    read = set(Message.objects.exclude(read_at=None).values_list("pk", flat=True))
    assert read == {mine.pk}
    assert mark_read(jana) == 1
    assert mark_read(jana) == 0
    also_mine.refresh_from_db()
    assert also_mine.read_at is not None


def failed(message: Message) -> Message:
    Message.objects.filter(pk=message.pk).update(
        state=State.FAILED, failure_reason=FailureReason.REFUSED, error="550 no", attempts=8
    )
    return message


def test_n09_resend_begins_anew_with_the_same_message_id_and_is_recorded(write, jana, mira, case):
    message = failed(write(jana)[0])

    resend(message, mira)

    again = Message.objects.get()
    assert (again.state, again.attempts, again.failure_reason, again.error) == ("queued", 0, "", "")
    assert again.message_id == message.message_id
    event = case.events.get(code="outbox.message.resent")
    assert (event.actor, event.internal, event.data) == (mira, True, {"name": "Jana Petersen"})


def test_resend_goes_to_the_address_that_the_person_has_now(write, jana, mira):
    message = failed(write(jana)[0])
    User.objects.filter(pk=jana.pk).update(email="jana@new.example")

    resend(message, mira)

    assert rows() == [("jana@new.example", "queued", "")]


@pytest.mark.parametrize("role", [None, Role.OPERATOR_AUDITOR, Role.OPERATOR_FINANCE])
def test_resend_without_the_capability_is_refused(write, jana, operator, role):
    message = failed(write(jana)[0])
    actor = add_person(operator, email="finn@halden.example", name="Finn")
    if role:
        give_role(actor, role)

    with pytest.raises(PermissionDenied):
        resend(message, actor)

    assert Message.objects.get().state == State.FAILED


def test_resend_refuses_what_is_on_its_way(write, jana, mira):
    message = write(jana)[0]

    with pytest.raises(NotResendable):
        resend(message, mira)


def test_resend_refuses_when_there_is_still_no_valid_address(write, jana, mira):
    message = failed(write(jana)[0])
    User.objects.filter(pk=jana.pk).update(is_active=False)

    with pytest.raises(NotResendable):
        resend(message, mira)


def test_resend_refuses_an_address_at_which_the_message_is_already(write, colleagues, mira):
    """An address that was another person's then: it ended in an error, and so did sending all again."""
    first, second = colleagues(2)
    write(first, second, code="claims.submitted")
    Message.objects.update(state=State.FAILED, failed_at=clock.now())
    former = first.email
    for person, address in ((first, "elsewhere@nordlicht.example"), (second, former)):
        User.objects.filter(pk=person.pk).update(email=address)

    assert resend_all(Message.objects.filter(recipient=second), mira) == (0, 1)
    assert resend_all(Message.objects.filter(recipient=first), mira) == (1, 0)
    assert Message.objects.get(recipient=first).address == "elsewhere@nordlicht.example"


def test_resend_refuses_a_secret_message_and_a_message_to_nobody(write, mira):
    secret = failed(queue_secret("mira.okafor@halden.example", subject="Reset", text=""))
    nobody = write()[0]

    for message in (secret, nobody):
        with pytest.raises(NotResendable):
            resend(message, mira)


def test_oldest_waiting_counts_what_is_to_be_sent_and_was_not_put_off(write, make_cause, jana):
    now = clock.now()
    with clock.at(now):
        assert Message.objects.oldest_waiting_seconds() == 0.0
        ages = {
            State.QUEUED: 60,
            State.SENDING: 50,
            State.RETRY: 70,
            State.SENT: 900,
            State.FAILED: 900,
            State.NO_ADDRESS: 900,
        }
        for state, age in ages.items():
            message = write(jana, about=make_cause())[0]
            Message.objects.filter(pk=message.pk).update(
                state=state, queued_at=now - timedelta(seconds=age), lease_until=now, sent_at=now
            )
        put_off = write(jana, about=make_cause())[0]
        Message.objects.filter(pk=put_off.pk).update(
            state=State.RETRY, failure_reason=FailureReason.PUT_OFF, queued_at=now - timedelta(seconds=900)
        )

        assert Message.objects.oldest_waiting_seconds() == 70.0
