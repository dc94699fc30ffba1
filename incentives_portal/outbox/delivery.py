"""Send messages, without Celery: claim a row, talk to the mail server, save the outcome.

A worker owns a row while it holds the lock of the row's holder (leases.py). Its outcome is saved only if it still owns
the row: ``attempts``, incremented when the row is claimed, is the token.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import InterfaceError, OperationalError, connections, transaction
from django.db.models import F

from incentives_portal import clock
from incentives_portal.prepared_statements import PreparedQuery

from . import leases
from .digest import collected_with
from .enums import WAITING, FailureReason, State
from .faults import Fault, fault_of
from .models import Message
from .querysets import LONGEST_DELAY, MAX_ATTEMPTS

logger = logging.getLogger(__name__)

#: How long due rows are reserved for the worker that read them. A task that starts later is dropped.
HANDED_OUT = timedelta(seconds=30)
#: Number of due rows that a worker reads at once.
BATCH = 10
#: Seconds after which a task starts no further message; the next task continues.
STARTS_FOR = 20.0
#: Seconds of retries to save the outcome of a sent mail while the database is unavailable.
OUTCOME_SECONDS = 60.0
#: The delay after the n-th temporary failure: more than half a day in all, enough for a night without a server.
DELAYS = [
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    LONGEST_DELAY,
]
# This clock also runs while the computer is suspended, where the system has one.
_BOOT_TIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class LeaseLost(Exception):
    """Another worker owns the row; its text was not sent."""


def take_back_abandoned() -> None:
    """Let another worker retry what a dead one left; after MAX_ATTEMPTS the message fails instead.

    Only rows with an expired lease are checked, and only those whose holder is gone are taken back.
    """
    now = clock.now()
    for holder in Message.objects.abandoned(now).order_by().values_list("lease_holder", flat=True).distinct():
        with transaction.atomic():
            if leases.is_holder_gone(holder):
                _put_back(Message.objects.abandoned(now).filter(lease_holder=holder), now)


def _put_back(abandoned: Any, now: datetime) -> None:
    outcome = {"state": State.FAILED, "failure_reason": FailureReason.WORN_OUT, "lease_until": None, "failed_at": now}
    worn_out = list(abandoned.filter(attempts__gte=MAX_ATTEMPTS).values_list("pk", flat=True))
    if worn_out:
        Message.objects.filter(pk__in=worn_out, secret=True).update(**outcome, text="", html="")
        Message.objects.filter(pk__in=worn_out, secret=False).update(**outcome)
        Message.objects.filter(sent_with__in=worn_out, state__in=WAITING).update(**outcome)
    abandoned.update(state=State.RETRY, next_at=now, lease_until=None)


def number_due(limit: int) -> int:
    """Return how many messages are due now, counted up to a limit."""
    return Message.objects.due(clock.now())[:limit].count()


def lease_due(limit: int = BATCH) -> list[int]:
    """Reserve due messages for a short time, oldest first. Concurrent workers get different rows."""
    now = clock.now()
    with transaction.atomic():
        rows = Message.objects.due(now).order_by("next_at", "id").select_for_update(skip_locked=True, of=("self",))
        ids = list(rows.values_list("id", flat=True)[:limit])
        if ids:
            Message.objects.filter(id__in=ids).update(lease_until=now + HANDED_OUT)
    return ids


def these_and_due(ids: Iterable[int]) -> Iterator[int]:
    """Yield these messages, then other due ones, until none is left or STARTS_FOR is over.

    A worker fetches its work itself: the throughput depends on the number of workers, not on the relay.
    """
    end, batch = time.monotonic() + STARTS_FOR, list(ids)
    while True:
        for message_id in batch:
            if time.monotonic() >= end:
                return
            yield message_id
        if not (batch := lease_due()):
            return


def deliver(ids: Iterable[int]) -> None:
    """Send these messages over one connection. Stop when the server is unreachable: the rest stays due."""
    # EMAIL_BACKEND would write to the outbox.
    connection, delivered = get_connection(settings.OUTBOX_EMAIL_BACKEND), False
    with ExitStack() as stack:
        stack.callback(_hang_up, connection)
        holder: int | None = None
        try:
            for message_id in ids:
                holder = stack.enter_context(leases.hold_lease()) if holder is None else holder
                message = _claim(message_id, holder)
                if message is None:
                    continue
                fault = _send(message, connection)
                delivered = delivered or fault is None
                if fault and fault.failure_reason == FailureReason.UNREACHABLE:
                    break
        finally:
            if delivered:
                _hasten_unreached()


def _claim(message_id: int, holder: int) -> Message | None:
    """Take ownership of the row and count the attempt before anything can fail.

    Return None if another worker owns it, it is not due, or it must not be sent.
    """
    mine = Message.objects.claimable(clock.now()).filter(pk=message_id)
    if not mine.update(
        state=State.SENDING, attempts=F("attempts") + 1, lease_until=leases.lease_end(), lease_holder=holder
    ):
        return None
    message = _claimed().first(pk=message_id)
    if message is None:
        return None
    obstacle = _obstacle(message)
    if obstacle is None:
        return message
    _settle(
        message, State.FAILED if obstacle == FailureReason.NOT_ALLOWED else State.NO_ADDRESS, failure_reason=obstacle
    )
    return None


@cache
def _claimed() -> PreparedQuery[Message]:
    messages = Message.objects.select_related("recipient").order_by()
    return PreparedQuery(lambda pk: messages.filter(pk=pk), pk=-1)


def _send(message: Message, connection: BaseEmailBackend) -> Fault | None:
    """Try once and save the outcome."""
    connection.before_text = _ownership_check(message)  # type: ignore[attr-defined]
    try:
        connection.open()  # otherwise Django would disconnect after each message
        connection.send_messages([_mail(message, connection)])
    except SoftTimeLimitExceeded:
        _settle_fault(message, Fault(FailureReason.UNREACHABLE, "The time for one task was over."))
        raise
    except LeaseLost:
        logger.warning("Message %s is another worker's by now; its text was not sent", message.public_id)
        _hang_up(connection)
        return None
    except Exception as error:
        fault = fault_of(error)
        if fault.failure_reason == FailureReason.BROKEN:
            logger.exception("Message %s cannot be sent", message.public_id)
        _settle_fault(message, fault)
        _hang_up(connection)
        return fault
    _settle(message, State.SENT, sent_at=clock.now())
    return None


def _ownership_check(message: Message) -> Callable[[], None]:
    """Return the check that runs before the text of a message is sent: whether this worker still owns it.

    A new lease needs no query. A process that was suspended for longer than its locks lived notices it here.
    """
    claimed = time.clock_gettime(_BOOT_TIME)

    def check() -> None:
        if time.clock_gettime(_BOOT_TIME) - claimed < leases.lease_length().total_seconds() / 2:
            return
        if not _own(message).update(lease_until=leases.lease_end()):
            raise LeaseLost

    return check


def _obstacle(message: Message) -> FailureReason | None:
    """Return why the message must not be sent: an inactive recipient, or a domain that is not allowed."""
    if message.recipient and not message.recipient.is_active:
        return FailureReason.INACTIVE
    allowed = [domain.lower() for domain in settings.MAIL_ALLOWED_DOMAINS]
    if allowed and message.address.rpartition("@")[2].lower() not in allowed:
        return FailureReason.NOT_ALLOWED
    return None


def _mail(message: Message, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    """Return the mail of a row. Its bytes are the same each time, so that a repeated mail is recognized as a copy."""
    headers = {
        "Message-ID": message.message_id,
        "Date": format_datetime(message.created),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Correlation-ID": message.request_id or str(message.public_id),
    }
    if message.case_public_id:
        # Mail programs group all mails about one case.
        headers["References"] = f"<{message.case_public_id}@{urlsplit(settings.PORTAL_URL).hostname}>"
    content = message if message.hold_until is None else collected_with(message)
    mail = EmailMultiAlternatives(
        subject=content.subject,
        body=content.text,
        to=[message.address],
        headers=headers,
        connection=connection,
        reply_to=[settings.MAIL_REPLY_TO] if settings.MAIL_REPLY_TO else None,
    )
    if content.html:
        mail.attach_alternative(content.html, "text/html")
    return mail


def _settle_fault(message: Message, fault: Fault) -> None:
    """Schedule another attempt or fail, by the kind of the fault and the number of attempts."""
    if fault.passing and message.attempts < MAX_ATTEMPTS:
        next_at = clock.now() + DELAYS[message.attempts - 1]
        _settle(message, State.RETRY, failure_reason=fault.failure_reason, error=fault.comment, next_at=next_at)
    else:
        _settle(message, State.FAILED, failure_reason=fault.failure_reason, error=fault.comment)


def _settle(message: Message, state: State, *, failure_reason: str = "", error: str = "", **fields: object) -> None:
    """Save the outcome if this worker still owns the row; wipe the body of a finished secret message."""
    outcome = {"state": state, "failure_reason": failure_reason, "error": error, "lease_until": None, **fields}
    if state == State.FAILED:
        outcome["failed_at"] = clock.now()
    if message.secret and state != State.RETRY:
        outcome |= {"text": "", "html": ""}
    if not _written(lambda: _write_outcome(message, outcome)):
        logger.warning("Message %s was taken up by another worker meanwhile", message.public_id)


def _write_outcome(message: Message, outcome: dict[str, object]) -> int:
    """Save the outcome of the row and, when it is final, of the messages sent with it."""
    if message.hold_until is None or outcome["state"] == State.RETRY:
        return _own(message).update(**outcome)
    with transaction.atomic():
        if written := _own(message).update(**outcome):
            Message.objects.filter(sent_with=message.pk, state__in=WAITING).update(**outcome)
    return written


def _own(message: Message) -> Any:
    """Return a queryset of the row if this worker still owns it."""
    return Message.objects.filter(pk=message.pk, state=State.SENDING, attempts=message.attempts)


def _written(write: Callable[[], int]) -> int:
    """Write, and reconnect if necessary: a restart of PostgreSQL must not cause a second mail."""
    database, end = connections["default"], time.monotonic() + OUTCOME_SECONDS
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError):
            if database.in_atomic_block or time.monotonic() >= end:
                raise
            logger.warning("The database is away; the outcome of a message is written when it is back")
            database.close()
            time.sleep(leases.RECONNECT_SECONDS)


def _hasten_unreached() -> None:
    """Make messages due that waited only because the server was unreachable: it answers again."""
    now = clock.now()
    Message.objects.filter(state=State.RETRY, failure_reason=FailureReason.UNREACHABLE, next_at__gt=now).update(
        next_at=now
    )


def _hang_up(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except OSError as error:  # smtplib's errors are OSErrors
        logger.info("The mail server did not say goodbye: %s", error)
