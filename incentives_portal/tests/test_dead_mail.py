"""A decision whose mail died on its way is as good as told: in the portal its partner reads it, and staff send it again (fault N-09)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from claims.tests import builders as claims
from incentives_portal import clock
from incentives_portal.outbox.delivery import deliver, lease_due
from incentives_portal.outbox.enums import State
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.querysets import MAX_ATTEMPTS
from incentives_portal.outbox.tests.conftest import mail_server  # noqa: F401
from incentives_portal.outbox.tests.mail_server import MailServer
from incentives_portal.tests.page_forms import Reader
from incentives_portal.tests.world import World, november, sign_in, world  # noqa: F401

pytestmark = pytest.mark.django_db

WORDS = "The hall on the photos is another one."


def test_n09_decision_whose_mail_died_is_read_in_the_portal_and_sent_again(world: World, mail_server: MailServer):  # noqa: F811
    world.jana.language = "en"
    world.jana.save()
    claim = claims.rejected_claim(world, comment=WORDS, name="Posters in Hamburg")
    message = Message.objects.get(code="claim_rejected", recipient=world.jana)
    let_die(message, mail_server)

    jana, elif_, mira = (sign_in(Client(), person) for person in (world.jana, world.elif_, world.mira))
    assert [row["status"].code for row in jana.get(reverse("claims:list")).context["rows"]] == ["rejected"]
    told = {
        name: page_of(jana, reverse(name, kwargs=place))
        for name, place in (
            ("claims:list", {}),
            ("claims:detail", {"public_id": claim.public_id}),
            ("outbox:notifications", {}),
        )
    }
    assert "Posters in Hamburg" in told["claims:list"]
    assert WORDS in told["claims:detail"]
    assert "Rejected" in told["claims:detail"]
    assert message.subject in told["outbox:notifications"]

    listing = elif_.get(reverse("admin:outbox_message_changelist"), {"state__exact": State.FAILED})
    assert list(listing.context["cl"].result_list) == [message]
    review = reverse("review:claim", kwargs={"public_id": claim.public_id})
    page = page_of(mira, review)
    assert "Not delivered" in page
    button = next(sheet for sheet in Reader(page).sheets if str(message.public_id) in sheet.action)
    assert mira.post(button.action, button.kept()).status_code == 302
    mail_server.at_rcpt = lambda _address: "250 OK"
    deliver(lease_due())

    message.refresh_from_db()
    assert message.state == State.SENT
    assert [mail["Message-ID"] for mail in mail_server.mails if mail["To"] == world.jana.email] == [message.message_id]


def let_die(message: Message, server: MailServer) -> None:
    """Everything is sent but this message, whose mailbox is full at every try."""
    server.at_rcpt = lambda address: "452 4.2.2 full" if address == message.address else "250 OK"
    now = clock.now()
    for number in range(MAX_ATTEMPTS):
        with clock.at(now + timedelta(days=number)):
            deliver(lease_due())
    message.refresh_from_db()
    assert (message.state, message.attempts, message.error) == (State.FAILED, MAX_ATTEMPTS, "452 4.2.2 full")


def page_of(client: Client, url: str) -> str:
    answer: Any = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()
