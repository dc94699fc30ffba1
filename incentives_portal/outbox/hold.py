"""Hold mail after a restore until a person confirms it: it may have been sent since the backup.

The restore sets ``Installation.mail_held_before`` in the transaction that restores the rows, so that no worker can
send before. Later messages are sent as usual: a password can be reset, and staff may send a single message again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Min, Q

from incentives_portal import clock
from incentives_portal.installation.services import end_mail_hold, mail_held_before

from .enums import State
from .models import Message

_TAKEN_AS_SENT = "Not sent again after a restore: it had been sent before."
_TOO_OLD = "Not sent after a restore: links for signing in are too old by then."


@dataclass(frozen=True)
class Held:
    """Messages held since a restore: when, their states, how many addresses, and since when they wait."""

    since: datetime
    states: Mapping[str, int]
    secret: int
    addresses: int
    oldest: datetime | None
    newest: datetime | None

    @property
    def total(self) -> int:
        return sum(self.states.values())


def held() -> Held | None:
    """Return what is held, or None if mail is not held. Three queries."""
    since = mail_held_before()
    if since is None:
        return None
    rows = Message.objects.held().order_by()
    states = dict(rows.values_list("state").annotate(number=Count("pk")))
    figures = rows.aggregate(
        addresses=Count("address", distinct=True), oldest=Min("queued_at"), newest=Max("queued_at")
    )
    return Held(since, states, rows.filter(secret=True).count(), **figures)


@transaction.atomic
def release(sent_before: datetime | None = None) -> tuple[int, int, int]:
    """End the hold. Messages that waited before ``sent_before`` are taken as sent; the others are queued now.

    Mails about signing in are dropped: their links have expired. *Send again* works for what was taken as sent.
    Return how many were queued again, taken as sent, and dropped.
    """
    rows = Message.objects.held()
    now = clock.now()
    dropped = rows.filter(secret=True).update(
        state=State.FAILED, failure_reason="", error=_TOO_OLD, text="", html="", lease_until=None, failed_at=now
    )
    taken = 0
    if sent_before is not None:
        # A message sent with another one gets the outcome of that one; otherwise it would wait forever.
        before = Q(sent_with__queued_at__lt=sent_before) | Q(sent_with=None, queued_at__lt=sent_before)
        taken = rows.filter(before).update(
            state=State.SENT, failure_reason="", error=_TAKEN_AS_SENT, sent_at=now, lease_until=None
        )
    queued = rows.update(state=State.QUEUED, attempts=0, queued_at=now, next_at=now, lease_until=None)
    end_mail_hold()
    return queued, taken, dropped
