"""Reading messages: one's own as notifications, all of them (but secret bodies) as deliveries for staff, and what is due for workers."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from incentives_portal import clock
from incentives_portal.accounts.capabilities import may
from incentives_portal.installation.models import Installation

from .enums import FINISHED, WAITING, FailureReason, State

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Message  # noqa: F401  stands in the annotation below

#: A message is tried so often; then staff decide.
MAX_ATTEMPTS = 8
#: No lease is written for longer. One that ends later than twice this from now was written by a clock that has been set back since.
LONGEST_LEASE = timedelta(seconds=60)
#: Nothing waits longer for its next attempt. What does was given its time by a clock that has been set back since.
LONGEST_DELAY = timedelta(hours=12)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: "User | OuterRef") -> "MessageQuerySet":
        """The notifications of a person, or of the one of an outer query: what was written to them, but nothing secret."""
        return self.filter(recipient=user, secret=False)

    def delivered_under(self, user: "User") -> "MessageQuerySet":
        """The messages whose delivery the person may look after: all with ``outbox.read``, none without."""
        return self.all() if may(user, "outbox.read") else self.none()

    def unread(self) -> "MessageQuerySet":
        return self.filter(read_at=None)

    def for_list(self) -> "MessageQuerySet":
        """Newest first, without the long columns."""
        return self.defer("text", "html", "quoted").order_by("-id")

    def due(self, now: datetime) -> "MessageQuerySet":
        """What a worker should read as due: its time has come, and no other worker read it just before."""
        return self.claimable(now).filter(Q(lease_until=None) | _is_over(now))

    def claimable(self, now: datetime) -> "MessageQuerySet":
        """What a worker may begin to send, whoever told it to. What goes with another message is never sent by itself."""
        new = Q(attempts=0, created__gt=now)  # written before the clock was set back
        its_time = Q(next_at__lte=now) | Q(next_at__gt=now + LONGEST_DELAY)
        due = self.filter(new | its_time, state__in=[State.QUEUED, State.RETRY], sent_with=None)
        return due.without_held()

    def without_held(self) -> "MessageQuerySet":
        """All but what began to wait before a restore that nobody has confirmed yet."""
        return self.exclude(_is_held())

    def held(self) -> "MessageQuerySet":
        """What began to wait before a restore and is not sent until somebody confirms (``hold.py``)."""
        return self.filter(_is_held(), state__in=WAITING)

    def abandoned(self, now: datetime) -> "MessageQuerySet":
        """What a worker began and perhaps never ends: its lease has run out. Whether the worker is gone is another question (leases.py)."""
        return self.filter(_is_over(now), state=State.SENDING)

    def failed_recently(self, since: datetime) -> "MessageQuerySet":
        """What could not be delivered for good since then and was not sent again."""
        return self.filter(state=State.FAILED, failed_at__gt=since)

    def with_old_body(self, before: datetime) -> "MessageQuerySet":
        """What came to its end, was written before that, and still has its body. Secret ones lost theirs at the end."""
        return self.filter(state__in=FINISHED, secret=False, body_removed_at=None, created__lt=before)

    def oldest_waiting_seconds(self) -> float:
        """For how long the oldest message has been waiting to be sent, in seconds; 0 when none waits. One query on a small index.

        Messages that the receiving server put off are left out: one full mailbox is no reason to call the portal ill. So is what a living
        worker is sending, for as long as that takes, what waits until other comments are sent with it, and what is held since a restore:
        that waits for a person.
        """
        now = clock.now()
        attended = Q(state=State.SENDING) & ~_is_over(now)
        waiting = (
            self.filter(state__in=WAITING, sent_with=None)
            .exclude(attended)
            .exclude(failure_reason=FailureReason.PUT_OFF)
        )
        oldest = waiting.without_held().aggregate(oldest=models.Min("queued_at"))["oldest"]
        return max((clock.now() - oldest).total_seconds(), 0.0) if oldest else 0.0


def _is_over(now: datetime) -> Q:
    """A lease that has run out, or that nobody can have written by the clock of now."""
    return Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * LONGEST_LEASE)


def _is_held() -> Q:
    """Whether the message began to wait before a restore that nobody has confirmed yet. The other table has one row.

    What collects began when it was written: its ``queued_at`` is the end of that.
    """
    queued = Exists(Installation.objects.filter(mail_held_before__gte=OuterRef("queued_at")))
    written = Exists(Installation.objects.filter(mail_held_before__gte=OuterRef("created")))
    return Q(queued) | Q(written, hold_until__isnull=False, queued_at=F("hold_until"))
