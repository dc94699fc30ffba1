"""What the outbox is told of an event, and what it tells back."""

import pytest

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import Organisation, User
from incentives_portal.accounts.services import add_person, give_role
from incentives_portal.cases import messages
from incentives_portal.cases.messages import cause_key, cause_of
from incentives_portal.cases.services import record_comment
from incentives_portal.cases.tests.builders import make_case
from incentives_portal.documents.services import store
from incentives_portal.documents.tests import samples
from incentives_portal.outbox.enums import State
from incentives_portal.outbox.letters import Letter
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.services import queue, resend
from incentives_portal.request_context import request_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def mira() -> User:
    """A reviewer."""
    operator = Organisation.objects.create(kind="operator", name="Halden Software")
    person = add_person(operator, email="mira.okafor@halden.example", name="Mira Okafor")
    give_role(person, Role.OPERATOR_REVIEWER)
    return person


@pytest.fixture
def case():
    partner = Organisation.objects.create(kind="partner", name="Nordlicht Systems GmbH")
    return make_case(partner, "Cloud security roadshow Hamburg")


def test_cause_holds_what_a_mail_says_of_an_event(case, mira, django_assert_num_queries):
    file = store(samples.upload("agenda.csv", samples.CSV), organisation=mira.organisation, actor=mira)
    token = request_id.set("a-request")
    try:
        event = record_comment(case, mira, "The agenda is fine.", capability="plan.review", versions=[file])
    finally:
        request_id.reset(token)

    with django_assert_num_queries(0):
        cause = cause_of(event)

    assert (cause.key, cause.request_id) == (cause_key(event.pk), "a-request")
    assert (cause.case_public_id, cause.case_reference, cause.case_title) == (
        case.public_id,
        case.reference,
        case.title,
    )
    assert (cause.author, cause.organisation, cause.at) == ("Mira Okafor", "Halden Software", event.at)
    assert (cause.comment, list(cause.files)) == ("The agenda is fine.", ["agenda.csv"])


def test_message_is_not_sent_again_where_that_cannot_be_recorded(case, mira, monkeypatch):
    """Whoever sends again stands in the history of the case, or nothing is sent."""
    cause = cause_of(record_comment(case, mira, "The agenda is fine.", capability="plan.review"))
    (message,) = queue(cause, "claims.commented", lambda _person: Letter(subject="Hall", heading="Hall 3"), [mira])
    Message.objects.update(state=State.FAILED)

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(messages, "record", fail)
    with pytest.raises(RuntimeError):
        resend(message, mira)

    assert Message.objects.get().state == State.FAILED
