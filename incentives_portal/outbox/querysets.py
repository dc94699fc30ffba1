"""Read messages: notifications of a person, deliveries for staff, due messages for workers."""

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

#: Attempts to send a message; after that staff decide.
MAX_ATTEMPTS = 8
#: The longest lease. One that ends later than twice this from now was written before the clock was set back.
LONGEST_LEASE = timedelta(seconds=60)
#: The longest delay of an attempt. A later ``next_at`` was written before the clock was set back.
LONGEST_DELAY = timedelta(hours=12)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: "User | OuterRef") -> "MessageQuerySet":
        """The notifications of a person or of an outer query's person; secret messages are left out."""
        return self.filter(recipient=user, secret=False)

    def delivered_under(self, user: "User") -> "MessageQuerySet":
        """The messages whose delivery the person may see: all with ``outbox.read``, none without."""
        return self.all() if may(user, "outbox.read") else self.none()

    def unread(self) -> "MessageQuerySet":
        return self.filter(read_at=None)

    def for_list(self) -> "MessageQuerySet":
        """Newest first, without the long columns."""
        return self.defer("text", "html", "quoted").order_by("-id")

    def due(self, now: datetime) -> "MessageQuerySet":
        """Messages that a worker should read as due: it is time, and no other worker reserved them."""
        return self.claimable(now).filter(Q(lease_until=None) | _is_over(now))

    def claimable(self, now: datetime) -> "MessageQuerySet":
        """Messages that a worker may start to send. One that is sent with another is never sent by itself."""
        new = Q(attempts=0, created__gt=now)  # written before the clock was set back
        its_time = Q(next_at__lte=now) | Q(next_at__gt=now + LONGEST_DELAY)
        return self.filter(new | its_time, state__in=[State.QUEUED, State.RETRY], sent_with=None).without_held()

    def without_held(self) -> "MessageQuerySet":
        """All messages except those that waited before a restore that nobody has confirmed yet."""
        return self.exclude(_is_held())

    def held(self) -> "MessageQuerySet":
        """Messages that waited before a restore and are not sent until somebody confirms (``hold.py``)."""
        return self.filter(_is_held(), state__in=WAITING)

    def abandoned(self, now: datetime) -> "MessageQuerySet":
        """Messages in sending whose lease has expired. leases.py tells whether the worker is gone."""
        return self.filter(_is_over(now), state=State.SENDING)

    def failed_recently(self, since: datetime) -> "MessageQuerySet":
        """Messages that failed for good since then and were not sent again."""
        return self.filter(state=State.FAILED, failed_at__gt=since)

    def with_old_body(self, before: datetime) -> "MessageQuerySet":
        """Finished messages from before that still have their body. Secret ones lose theirs when they finish."""
        return self.filter(state__in=FINISHED, secret=False, body_removed_at=None, created__lt=before)

    def oldest_waiting_seconds(self) -> float:
        """Return the age of the oldest message that waits to be sent, in seconds; 0 if none waits. One query.

        Left out are messages that the receiving server put off (one full mailbox is no failure of the portal), messages that
        a living worker is sending, messages that wait for other comments, and messages held since a restore, which wait for
        a person.
        """
        now = clock.now()
        attended = Q(state=State.SENDING) & ~_is_over(now)
        waiting = (
            self.filter(state__in=WAITING, sent_with=None)
            .exclude(attended)
            .exclude(failure_reason=FailureReason.PUT_OFF)
            .without_held()
        )
        oldest = waiting.aggregate(oldest=models.Min("queued_at"))["oldest"]
        return max((clock.now() - oldest).total_seconds(), 0.0) if oldest else 0.0


def _is_over(now: datetime) -> Q:
    """Condition: the lease has expired, or is longer than any lease by the current clock."""
    return Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * LONGEST_LEASE)


def _is_held() -> Q:
    """Condition: the message waited before a restore that nobody has confirmed yet. The other table has one row.

    A message that collects others waits since it was written; its ``queued_at`` is the end of the wait.
    """
    queued = Exists(Installation.objects.filter(mail_held_before__gte=OuterRef("queued_at")))
    written = Exists(Installation.objects.filter(mail_held_before__gte=OuterRef("created")))
    return Q(queued) | Q(written, hold_until__isnull=False, queued_at=F("hold_until"))
