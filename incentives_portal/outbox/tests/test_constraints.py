"""What the table of messages refuses, whoever writes into it."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from incentives_portal import clock
from incentives_portal.outbox.enums import State
from incentives_portal.outbox.models import Message

pytestmark = pytest.mark.django_db

CASE = uuid.UUID(int=7)
JANA = "jana@nordlicht.example"


def message(**values) -> Message:
    """A message that nothing is wrong with but what is named."""
    message_id = f"<{uuid.uuid4()}@localhost>"
    about = {"cause": "event:1", "case_public_id": CASE, "code": "claims.commented", "language": "en"}
    return Message.objects.create(**about | {"message_id": message_id, "address": JANA} | values)


def assert_refused(constraint: str, **values) -> None:
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        message(**values)


def test_person_hears_of_a_cause_once_whatever_the_address_is_by_now(jana):
    message(recipient=jana)

    assert_refused("message_once_per_person", recipient=jana, address="jana@elsewhere.example")
    message(recipient=jana, cause="event:2")
    message(recipient=jana, code="claims.approved")


def test_address_hears_of_a_cause_once_with_or_without_a_person(jana):
    message(recipient=None)

    assert_refused("message_once_per_address", recipient=None)
    assert_refused("message_once_per_address", recipient=jana)
    message(recipient=None, address="left@nordlicht.example")
    message(recipient=None, cause="event:2")
    message(recipient=None, code="claims.approved")


def test_that_there_was_nobody_is_said_once(jana, mira):
    message(recipient=None, address="")

    assert_refused("message_once_to_nobody", recipient=None, address="")
    message(recipient=None, address="", cause="event:2")
    message(recipient=jana, address="")
    message(recipient=mira, address="")


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("message_has_a_cause", {"cause": ""}),
        ("message_has_a_cause", {"cause": "", "case_public_id": None, "secret": True}),
        ("message_about_a_case_or_secret", {"case_public_id": None}),
        ("message_state_known", {"state": "lost"}),
        ("message_failure_reason_known", {"failure_reason": "weather"}),
        ("message_sent_at_a_time", {"state": State.SENT}),
        ("message_lease_while_sending", {"state": State.SENDING}),
        ("message_secret_is_wiped", {"secret": True, "state": State.FAILED, "text": "A link"}),
        ("message_secret_is_wiped", {"secret": True, "state": State.NO_ADDRESS, "html": "A link"}),
    ],
)
def test_row_that_contradicts_itself_is_refused(constraint, values):
    assert_refused(constraint, **values)


def test_message_that_goes_with_another_says_until_when_that_waits():
    lead = message(hold_until=clock.now())

    assert_refused("message_collected_is_held", cause="event:2", sent_with=lead)


def test_secret_message_is_about_no_case():
    message(secret=True, case_public_id=None, text="A link")
