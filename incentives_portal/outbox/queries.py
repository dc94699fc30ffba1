"""Questions that other rooms and pages ask about messages. Each says how many queries it makes."""

from collections.abc import Iterable

from incentives_portal.accounts.models import User
from incentives_portal.history.models import Thread

from .models import Message

_SHOWN = 50


def unread_count(user: User) -> int:
    """The number at the bell. One query."""
    return Message.objects.visible_to(user).unread().count()


def deliveries_for(threads: Iterable[Thread]) -> list[Message]:
    """What was written about these cases, to whom, and whether it arrived: the newest of it, for ``outbox/_delivery.html``. One query.

    For those who hold ``outbox.read`` only; the caller asks.
    """
    deliveries = Message.objects.filter(event__thread__in=list(threads))
    return list(deliveries.select_related("recipient__organisation").for_list()[:_SHOWN])
