"""Questions that other rooms and pages ask about messages. Each says how many queries it makes."""

from functools import cache

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from incentives_portal.accounts.models import User
from incentives_portal.history.models import Thread
from incentives_portal.prepared import Prepared

from .models import Message

_SHOWN = 50


def unread_count(user: User) -> int:
    """The number at the bell, as it was read along with the person; for anybody else one query."""
    read: int | None = getattr(user, "unread_messages", None)
    return Message.objects.visible_to(user).unread().count() if read is None else read


def unread_messages() -> Coalesce:
    """The number at the bell of the person in ``OuterRef("pk")``."""
    unread = Message.objects.visible_to(OuterRef("pk")).unread()
    return Coalesce(Subquery(unread.order_by().values("recipient").annotate(n=Count("pk")).values("n")), 0)


def deliveries_for(thread: Thread) -> list[Message]:
    """What was written about a case, to whom, and whether it arrived: the newest of it, for ``outbox/_delivery.html``. One query.

    For those who hold ``outbox.read`` only; the caller asks.
    """
    return _deliveries().rows(thread=thread.pk)


@cache
def _deliveries() -> Prepared[Message]:
    messages = Message.objects.select_related("recipient__organisation").for_list()
    return Prepared(lambda thread: messages.filter(event__thread=thread)[:_SHOWN], thread=-1)
