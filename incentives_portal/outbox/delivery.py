"""Sending, without Celery: claim a row, talk to the mail server, write down what came of it.

A worker owns a row while it holds the lock of the row's holder (leases.py). What it writes at the end counts only if the row is still its
own: ``attempts``, counted up when the row is claimed, is the token.
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

#: How long what was read as due is left to the worker that read it. A task that starts later than this is dropped.
HANDED_OUT = timedelta(seconds=30)
#: How many rows a worker reads as due at once.
BATCH = 10
#: A task begins to send for so many seconds, then the next one goes on.
STARTS_FOR = 20.0
#: For so many seconds the outcome of a mail that is out is tried to be written while the database is away.
OUTCOME_SECONDS = 60.0
#: The pause after the n-th attempt that failed for a passing reason. In all more than half a day: a night without a server is survived.
DELAYS = [
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    LONGEST_DELAY,
]
# Counts on while the machine sleeps, where the system knows such a clock.
_BOOT_TIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class LeaseLost(Exception):
    """The row went to another worker before its text was sent."""


def take_back_abandoned() -> None:
    """Let another worker try what one did not end; but a row that killed MAX_ATTEMPTS of them must not do so for ever.

    Only rows whose lease has run out are asked about, and only those are taken whose holder is gone.
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
    """How many messages are due now, counted up to a limit."""
    return Message.objects.due(clock.now())[:limit].count()


def lease_due(limit: int = BATCH) -> list[int]:
    """Take what is due, oldest first, and keep others off it for a while. Two workers at once take different rows."""
    now = clock.now()
    with transaction.atomic():
        rows = Message.objects.due(now).order_by("next_at", "id").select_for_update(skip_locked=True, of=("self",))
        ids = list(rows.values_list("id", flat=True)[:limit])
        if ids:
            Message.objects.filter(id__in=ids).update(lease_until=now + HANDED_OUT)
    return ids


def these_and_due(ids: Iterable[int]) -> Iterator[int]:
    """These messages, then whatever else is due, until nothing is or STARTS_FOR is over.

    A worker fetches its work itself: how much is sent depends on how many workers there are and not on how much the relay hands out.
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
    """Send these messages over one connection. Stops at the first sign that the server itself is ill: the rest stays due."""
    connection, reached = _connection(), False
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
                reached = reached or fault is None
                if fault and fault.failure_reason == FailureReason.UNREACHABLE:
                    break
        finally:
            if reached:
                _hasten_unreached()


def _claim(message_id: int, holder: int) -> Message | None:
    """Make the row one's own, and count the attempt before anything can go wrong. None if it is another's, not due, or may not go."""
    mine = Message.objects.claimable(clock.now()).filter(pk=message_id)
    lease = {"lease_until": leases.lease_end(), "lease_holder": holder}
    if not mine.update(state=State.SENDING, attempts=F("attempts") + 1, **lease):
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
    """Try once, and write down what came of it."""
    connection.before_text = _ownership_check(message)  # type: ignore[attr-defined]
    try:
        connection.open()  # or Django would hang up after each message
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
    """What is asked before the text of a message goes out: nothing while its lease is new; after that whether it still is this worker's.

    A process that was suspended longer than its locks lived learns of it here.
    """
    claimed = time.clock_gettime(_BOOT_TIME)

    def check() -> None:
        if time.clock_gettime(_BOOT_TIME) - claimed < leases.lease_length().total_seconds() / 2:
            return
        if not _own(message).update(lease_until=leases.lease_end()):
            raise LeaseLost

    return check


def _obstacle(message: Message) -> FailureReason | None:
    """What has come up since the message was written, or does not allow this installation to write to the address."""
    if message.recipient and not message.recipient.is_active:
        return FailureReason.INACTIVE
    allowed = [domain.lower() for domain in settings.MAIL_ALLOWED_DOMAINS]
    if allowed and message.address.rpartition("@")[2].lower() not in allowed:
        return FailureReason.NOT_ALLOWED
    return None


def _mail(message: Message, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    """The mail of a row: the same bytes each time, so that a second copy of it can be told from a second message."""
    headers = {
        "Message-ID": message.message_id,
        "Date": format_datetime(message.created),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Correlation-ID": message.request_id or str(message.public_id),
    }
    if message.case_public_id:
        # Mail programs show all letters about one case together.
        host = urlsplit(settings.PORTAL_URL).hostname
        headers["References"] = f"<{message.case_public_id}@{host}>"
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
    """Again later, or never: by the kind of the fault and the number of attempts."""
    if fault.passing and message.attempts < MAX_ATTEMPTS:
        next_at = clock.now() + DELAYS[message.attempts - 1]
        _settle(message, State.RETRY, failure_reason=fault.failure_reason, error=fault.comment, next_at=next_at)
    else:
        _settle(message, State.FAILED, failure_reason=fault.failure_reason, error=fault.comment)


def _settle(message: Message, state: State, *, failure_reason: str = "", error: str = "", **fields: object) -> None:
    """Write the outcome, if the row is still this worker's. The body of a secret message does not outlive its way."""
    outcome = {"state": state, "failure_reason": failure_reason, "error": error, "lease_until": None, **fields}
    if state == State.FAILED:
        outcome["failed_at"] = clock.now()
    if message.secret and state != State.RETRY:
        outcome |= {"text": "", "html": ""}
    if not _written(lambda: _write_outcome(message, outcome)):
        logger.warning("Message %s was taken up by another worker meanwhile", message.public_id)


def _write_outcome(message: Message, outcome: dict[str, object]) -> int:
    """For the row, and, where its way ends, for those that went with it."""
    if message.hold_until is None or outcome["state"] == State.RETRY:
        return _own(message).update(**outcome)
    with transaction.atomic():
        if written := _own(message).update(**outcome):
            Message.objects.filter(sent_with=message.pk, state__in=WAITING).update(**outcome)
    return written


def _own(message: Message) -> Any:
    """The row, if it is still this worker's."""
    return Message.objects.filter(pk=message.pk, state=State.SENDING, attempts=message.attempts)


def _written(write: Callable[[], int]) -> int:
    """Write, also over a connection that broke meanwhile: a mail that is out must not be sent again because PostgreSQL was restarted."""
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
    """The server answers again: what waited only for that need not wait for its hour."""
    waiting = Message.objects.filter(
        state=State.RETRY, failure_reason=FailureReason.UNREACHABLE, next_at__gt=clock.now()
    )
    waiting.update(next_at=clock.now())


def _connection() -> BaseEmailBackend:
    """The backend that talks to the mail server; EMAIL_BACKEND leads into the outbox."""
    return get_connection(settings.OUTBOX_EMAIL_BACKEND, fail_silently=False)


def _hang_up(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except OSError as error:  # smtplib's errors are OSErrors
        logger.info("The mail server did not say goodbye: %s", error)
