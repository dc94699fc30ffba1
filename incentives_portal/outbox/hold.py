"""Mail after a restore: what waited in the backup may have been sent since, so nothing of it goes until somebody confirms.

The restore writes the moment of the hold in the transaction that brings the rows (``Installation.mail_held_before``), so that no worker can
be faster. Messages that begin to wait later are sent as ever: a password can be reset, and staff may send a single message again.
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
    """What is held since a restore: the moment of it, messages by state, to how many addresses, and since when they wait."""

    since: datetime
    states: Mapping[str, int]
    secret: int
    addresses: int
    oldest: datetime | None
    newest: datetime | None

    @property
    def total(self) -> int:
        return sum(self.states.values())


@dataclass(frozen=True)
class Released:
    """What became of held messages: queued again, taken as sent, and not sent because they were about signing in."""

    queued: int
    taken_as_sent: int
    dropped: int


def held() -> Held | None:
    """Return what is held, or None where mail is not held. Three queries."""
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
def release(sent_before: datetime | None = None) -> Released:
    """End the hold. Messages that began to wait before ``sent_before`` are taken as sent, the others wait from now on.

    Mails about signing in are not sent: their links are of another day. *Send again* works for what was taken as sent.
    """
    rows = Message.objects.held()
    now = clock.now()
    dropped = rows.filter(secret=True).update(
        state=State.FAILED, failure_reason="", error=_TOO_OLD, text="", html="", lease_until=None, failed_at=now
    )
    taken = 0
    if sent_before is not None:
        # What goes with another message shares its fate, or it would wait for ever for one that is taken as sent.
        with_another = Q(sent_with__queued_at__lt=sent_before)
        before = rows.filter(with_another | Q(sent_with=None, queued_at__lt=sent_before))
        taken = before.update(state=State.SENT, failure_reason="", error=_TAKEN_AS_SENT, sent_at=now, lease_until=None)
    queued = rows.update(state=State.QUEUED, attempts=0, queued_at=now, next_at=now, lease_until=None)
    end_mail_hold()
    return Released(queued, taken, dropped)
