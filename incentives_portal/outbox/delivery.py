"""Sending, without Celery: claim a row, talk to the mail server, write down what came of it.

A worker owns a row while its lease lasts. Whoever sends must have ended before that (tasks.py sets the time limits accordingly), and what
it writes at the end counts only if the row is still its own: ``attempts``, counted up when the row is claimed, is the token.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F

from incentives_portal import clock

from .enums import State, Trouble
from .faults import Fault, fault_of
from .models import Message
from .querysets import LONGEST_LEASE, MAX_ATTEMPTS

logger = logging.getLogger(__name__)

#: How long the relay leaves what it has handed out alone. A task that starts later than this is dropped: the row is handed out again.
HANDED_OUT = timedelta(seconds=30)
#: How long a worker may take for one message; longer than the time limit of the task that sends it.
SENDING = LONGEST_LEASE
#: How many rows the relay hands out in one round.
ROUND = 200
#: The pause after the n-th attempt that failed for a passing reason. In all more than half a day: a night without a server is survived.
DELAYS = [
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
]


def lease_due() -> list[int]:
    """Take what is due, oldest first, and keep other relays off it for a while. Two relays at once take different rows."""
    now = clock.now()
    _take_back_abandoned(now)
    with transaction.atomic():
        rows = Message.objects.due(now).order_by("next_at", "id").select_for_update(skip_locked=True, of=("self",))
        ids = list(rows.values_list("id", flat=True)[:ROUND])
        Message.objects.filter(id__in=ids).update(lease_until=now + HANDED_OUT)
    return ids


def deliver(ids: Iterable[int]) -> None:
    """Send these messages over one connection. Stops at the first sign that the server itself is ill: the rest stays due."""
    connection = _connection()
    reached = False
    try:
        for message_id in ids:
            message = _claim(message_id)
            if message is None:
                continue
            fault = _send(message, connection)
            reached = reached or fault is None
            if fault and fault.trouble == Trouble.UNREACHABLE:
                break
    finally:
        _hang_up(connection)
        if reached:
            _hasten_unreached()


def _claim(message_id: int) -> Message | None:
    """Make the row one's own, and count the attempt before anything can go wrong. None if it is another's, not due, or may not go."""
    now = clock.now()
    mine = Message.objects.claimable(now).filter(pk=message_id)
    if not mine.update(state=State.SENDING, attempts=F("attempts") + 1, lease_until=now + SENDING):
        return None
    message = Message.objects.select_related("recipient", "event__thread").get(pk=message_id)
    obstacle = _obstacle(message)
    if obstacle is None:
        return message
    _settle(message, State.FAILED if obstacle == Trouble.NOT_ALLOWED else State.NO_ADDRESS, trouble=obstacle)
    return None


def _send(message: Message, connection: BaseEmailBackend) -> Fault | None:
    """Try once, and write down what came of it."""
    try:
        connection.open()  # or Django would hang up after each message
        connection.send_messages([_mail(message, connection)])
    except SoftTimeLimitExceeded:
        _settle_fault(message, Fault(Trouble.UNREACHABLE, "The time for one task was over."))
        raise
    except Exception as error:
        fault = fault_of(error)
        if fault.trouble == Trouble.BROKEN:
            logger.exception("Message %s cannot be sent", message.public_id)
        _settle_fault(message, fault)
        _hang_up(connection)
        return fault
    _settle(message, State.SENT, sent_at=clock.now())
    return None


def _obstacle(message: Message) -> Trouble | None:
    """What has come up since the message was written, or does not allow this installation to write to the address."""
    if message.recipient and not message.recipient.is_active:
        return Trouble.INACTIVE
    allowed = [domain.lower() for domain in settings.MAIL_ALLOWED_DOMAINS]
    if allowed and message.address.rpartition("@")[2].lower() not in allowed:
        return Trouble.NOT_ALLOWED
    return None


def _mail(message: Message, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    """The mail of a row: the same bytes each time, so that a second copy of it can be told from a second message."""
    headers = {
        "Message-ID": message.message_id,
        "Date": format_datetime(message.created),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Correlation-ID": (message.event.request_id if message.event else "") or str(message.public_id),
    }
    if message.event:
        # Mail programs show all letters about one case together.
        host = urlsplit(settings.PORTAL_URL).hostname
        headers["References"] = f"<{message.event.thread.public_id}@{host}>"
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        to=[message.address],
        headers=headers,
        connection=connection,
        reply_to=[settings.MAIL_REPLY_TO] if settings.MAIL_REPLY_TO else None,
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def _settle_fault(message: Message, fault: Fault) -> None:
    """Again later, or never: by the kind of the fault and the number of attempts."""
    if fault.passing and message.attempts < MAX_ATTEMPTS:
        next_at = clock.now() + DELAYS[message.attempts - 1]
        _settle(message, State.RETRY, trouble=fault.trouble, error=fault.words, next_at=next_at)
    else:
        _settle(message, State.FAILED, trouble=fault.trouble, error=fault.words)


def _settle(message: Message, state: State, *, trouble: str = "", error: str = "", **fields: object) -> None:
    """Write the outcome, if the row is still this worker's. The body of a secret message does not outlive its way."""
    wiped = {"text": "", "html": ""} if message.secret and state != State.RETRY else {}
    mine = Message.objects.filter(pk=message.pk, state=State.SENDING, attempts=message.attempts)
    if not mine.update(state=state, trouble=trouble, error=error, lease_until=None, **wiped, **fields):
        logger.warning("Message %s was taken up by another worker meanwhile", message.public_id)


def _take_back_abandoned(now: datetime) -> None:
    """Let another worker try what one did not end; but a row that killed MAX_ATTEMPTS of them must not do so for ever."""
    abandoned = Message.objects.abandoned(now)
    worn_out = abandoned.filter(attempts__gte=MAX_ATTEMPTS)
    outcome = {"state": State.FAILED, "trouble": Trouble.WORN_OUT, "lease_until": None}
    worn_out.filter(secret=True).update(**outcome, text="", html="")
    worn_out.filter(secret=False).update(**outcome)
    abandoned.update(state=State.RETRY, next_at=now, lease_until=None)


def _hasten_unreached() -> None:
    """The server answers again: what waited only for that need not wait for its hour."""
    waiting = Message.objects.filter(state=State.RETRY, trouble=Trouble.UNREACHABLE, next_at__gt=clock.now())
    waiting.update(next_at=clock.now())


def _connection() -> BaseEmailBackend:
    """The way out of the house. EMAIL_BACKEND leads into the outbox, this one to the mail server."""
    return get_connection(settings.OUTBOX_EMAIL_BACKEND, fail_silently=False)


def _hang_up(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except OSError as error:  # smtplib's errors are OSErrors
        logger.info("The mail server did not say goodbye: %s", error)
