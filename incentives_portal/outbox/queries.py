"""Queries about messages for other apps and pages. Each docstring says how many queries it makes."""

from functools import cache
from uuid import UUID, uuid4

from django.db.models import IntegerField, OuterRef, Subquery

from incentives_portal.accounts.models import User
from incentives_portal.prepared_statements import PreparedQuery

from .models import Message

_SHOWN = 50
#: Unread messages are counted up to here: the page shows "99+" and must not wait for thousands of rows.
COUNTED_UNREAD = 100


class _CountOf(Subquery):
    """The number of rows of a subquery, which may have a limit."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def unread_count(user: User) -> int:
    """Return the number of unread messages, up to COUNTED_UNREAD: no query for the request's user, one for others."""
    read: int | None = getattr(user, "unread_messages", None)
    return Message.objects.visible_to(user).unread()[:COUNTED_UNREAD].count() if read is None else read


def unread_messages() -> Subquery:
    """Return the number of unread messages of the person in ``OuterRef("pk")``, up to COUNTED_UNREAD."""
    unread = Message.objects.visible_to(OuterRef("pk")).unread().order_by()
    return _CountOf(unread.values("pk")[:COUNTED_UNREAD])


def deliveries_for(case_public_id: UUID) -> list[Message]:
    """Return the newest messages about a case with their delivery, for ``outbox/_delivery.html``. One query.

    Only for people with ``outbox.read``; the caller checks.
    """
    return _deliveries().rows(case=case_public_id)


@cache
def _deliveries() -> PreparedQuery[Message]:
    messages = Message.objects.select_related("recipient__organisation").for_list()
    return PreparedQuery(lambda case: messages.filter(case_public_id=case)[:_SHOWN], case=uuid4())
