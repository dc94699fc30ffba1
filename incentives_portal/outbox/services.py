"""Write messages: one row per cause, code and person or address, in the cause's transaction. Workers send them."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.dispatch import Signal, receiver
from django.utils import translation

from incentives_portal import clock
from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.accounts.services.erasure import person_erased
from incentives_portal.prepared_statements import PreparedQuery

from .digest import quotation_of
from .enums import WAITING, FailureReason, State
from .letters import Cause, ExternalLetterWriter, ExternalRecipient, LetterWriter
from .models import Message
from .rendering import SUBJECT_LENGTH, Renderer, one_line
from .tasks import notify_workers

#: The most messages that one click sends again.
RESENT_AT_ONCE = 200
#: Failures within the first count for the health page, within the second for the home page of admins.
RECENTLY, SHOWN_FOR = timedelta(days=1), timedelta(days=30)
#: A message put off so often waits for more than a busy moment of a server; the second is the most that are counted.
PUT_OFF_ATTEMPTS, COUNTED_PUT_OFF = 3, 100
_BODIES_AT_ONCE = 2_000

#: ``actor`` sent ``message`` again. Sent in the transaction that queues it; an error of a receiver rolls it back.
resent = Signal()


class NotResendable(Exception):
    """The message is being sent already, is secret, or has no person and no address."""


@transaction.atomic(savepoint=False)
def queue(
    cause: Cause, code: str, letter_for: LetterWriter, recipients: Iterable[User], *, collect: bool = False
) -> list[Message]:
    """Write a message to each of these people and return the rows, in the caller's transaction.

    Each person gets one row per cause and code, however often this is called, in the person's language and time zone. A
    person who is inactive or has no valid address gets a row in state ``no_address``; an empty list of people gives one
    such row without a recipient. Staff see both. After the commit the workers are notified; losing that is harmless.

    With ``collect`` a person gets one mail about the case and code at once, and further ones ``MAIL_COLLECT_MINUTES``
    apart with all comments in between. The caller holds the lock of the case.
    """
    people, renderer = {recipient.pk: recipient for recipient in recipients}, Renderer()
    rows = [
        _addressed(
            renderer.render(letter_for, cause, recipient),
            code,
            recipient,
            recipient.email,
            _obstacle(recipient, recipient.email),
        )
        for recipient in people.values()
    ]
    if not people:
        nothing = Message(**cause.columns, language=settings.LANGUAGE_CODE)
        rows = [_addressed(nothing, code, None, "", FailureReason.NOBODY)]
    if collect and settings.MAIL_COLLECT_MINUTES:
        _hold_back(rows, cause, code, people)
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    stored = _stored().rows(cause=cause.key, code=code)
    wanted = people.keys() or {None}
    mine = [message for message in stored if message.recipient_id in wanted]
    _notify_after_commit(mine)
    return mine


@cache
def _stored() -> PreparedQuery[Message]:
    """Return the prepared query for the stored rows, without the long columns. It includes rows of earlier calls."""
    messages = Message.objects.defer("text", "html", "quoted").order_by("id")
    return PreparedQuery(lambda cause, code: messages.filter(cause=cause, code=code), cause="cause", code="code")


@transaction.atomic(savepoint=False)
def queue_external(
    cause: Cause, code: str, letter_for: ExternalLetterWriter, external_recipients: Iterable[ExternalRecipient]
) -> list[Message]:
    """Write a message to addresses that belong to no user, once to each, and return the rows.

    An invalid address gets a row in state ``no_address``. Allowed domains (``MAIL_ALLOWED_DOMAINS``) are checked when it
    is sent, as for everybody.
    """
    wanted, renderer = {reader.address: reader for reader in external_recipients}, Renderer()
    rows = [
        _addressed(renderer.render(letter_for, cause, reader), code, None, address, _obstacle(None, address))
        for address, reader in wanted.items()
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    stored = Message.objects.filter(cause=cause.key, code=code, recipient=None).order_by("id")
    mine = [message for message in stored if message.address in wanted]
    _notify_after_commit(mine)
    return mine


@transaction.atomic
def queue_secret(address: str, *, subject: str, text: str, html: str = "", code: str = "accounts.sign_in") -> Message:
    """Write a mail that belongs to no case as a secret message: about signing in, or to the witness of the history.

    It has no case and no notification, its body is hidden and wiped when sent, and it is never sent again.
    """
    failure_reason = _obstacle(None, address)
    message = Message(
        language=translation.get_language() or settings.LANGUAGE_CODE,
        subject=one_line(subject, SUBJECT_LENGTH),
        text="" if failure_reason else text,
        html="" if failure_reason else html,
        secret=True,
    )
    message.cause = f"{code}:{message.public_id}"
    recipient = User.objects.filter(email__iexact=address).first()
    _addressed(message, code, recipient, address, failure_reason).save(force_insert=True)
    _notify_after_commit([message])
    return message


def mark_read(user: User, *public_ids: uuid.UUID) -> int:
    """Mark these notifications as read, or all of the person if none is named. Return how many were unread."""
    unread = Message.objects.visible_to(user).unread()
    if public_ids:
        unread = unread.filter(public_id__in=public_ids)
    return unread.update(read_at=clock.now())


@transaction.atomic
def resend(message: Message, actor: User) -> Message:
    """Queue a message again, to the person's current address or to the original one. Sends the signal ``resent``.

    The mail keeps its Message-ID. Messages sent with it that still have their text go again too; a message that was sent
    with another goes alone. Raises PermissionDenied without ``outbox.resend``, and NotResendable if the message is secret,
    has no text left, is still being sent, or has no valid recipient.
    """
    if not may(actor, "outbox.resend"):
        raise PermissionDenied
    current = Message.objects.select_for_update(of=("self",)).select_related("recipient").get(pk=message.pk)
    recipient = current.recipient
    address = recipient.email if recipient else current.address
    if not current.can_be_resent or _obstacle(recipient, address):
        raise NotResendable
    others = Message.objects.filter(cause=current.cause, code=current.code, address=address).exclude(pk=current.pk)
    if others.exists():  # the address was another person's, and has the message already
        raise NotResendable
    if current.sent_with_id:
        current.sent_with = current.hold_until = None
    now = clock.now()
    again = {
        "state": State.QUEUED,
        "failure_reason": "",
        "error": "",
        "failed_at": None,
        "address": address,
        "queued_at": now,
    }
    if current.hold_until:
        Message.objects.filter(sent_with=current, body_removed_at=None).update(**again)
    for name, value in (again | {"attempts": 0, "lease_until": None, "next_at": now}).items():
        setattr(current, name, value)
    current.save()
    resent.send(Message, message=current, actor=actor)
    _notify_after_commit([current])
    return current


def resend_failed(failure_reason: str, actor: User) -> tuple[int, int]:
    """Send again what failed recently for one reason; see ``resend_all``."""
    failed = Message.objects.failed_recently(clock.now() - SHOWN_FOR).filter(
        failure_reason=failure_reason, secret=False
    )
    return resend_all(failed.filter(body_removed_at=None, sent_with=None).order_by("id"), actor)


def resend_all(messages: QuerySet[Message], actor: User) -> tuple[int, int]:
    """Send these messages again, each in its own transaction. Return how many are queued and how many were refused.

    Messages sent with another of them are counted with it. Raises PermissionDenied without ``outbox.resend``. At most
    RESENT_AT_ONCE messages are processed.
    """
    if not may(actor, "outbox.resend"):
        raise PermissionDenied
    queued = refused = 0
    leads: set[int] = set()
    for message in messages[:RESENT_AT_ONCE]:
        if message.sent_with_id in leads:
            continue
        try:
            resend(message, actor)
        except NotResendable:
            refused += 1
            continue
        queued += 1
        if message.hold_until and message.sent_with_id is None:
            leads.add(message.pk)
            queued += Message.objects.filter(sent_with=message).count()
    return queued, refused


@dataclass(frozen=True)
class FailureCause:
    """Messages that failed for one reason: how many, when last, and the answer of a mail server to one of them."""

    failure_reason: str
    count: int
    last_at: datetime
    said: str

    @property
    def label(self) -> str:
        """The reason as a sentence."""
        return str(FailureReason(self.failure_reason).label) if self.failure_reason else ""


@dataclass(frozen=True)
class DeliveryReport:
    """Recent failures by cause, and how many messages servers have put off several times."""

    causes: Sequence[FailureCause]
    put_off: int

    @property
    def failed(self) -> int:
        return sum(cause.count for cause in self.causes)


def delivery_report(within: timedelta = RECENTLY) -> DeliveryReport:
    """Report recent failures that were not sent again, most frequent cause first, and what is put off. Two queries.

    The home page of the operator's admins and the health page show it; the health page is amber if it is not empty.
    """
    grouped = (
        Message.objects.failed_recently(clock.now() - within)
        .values("failure_reason")
        .annotate(count=Count("pk"), last_at=Max("failed_at"), said=Max("error"))
        .order_by("-count", "failure_reason")
    )
    causes = [FailureCause(**cause) for cause in grouped]
    put_off = Message.objects.filter(
        state=State.RETRY, failure_reason=FailureReason.PUT_OFF, attempts__gte=PUT_OFF_ATTEMPTS
    )
    return DeliveryReport(causes, put_off[:COUNTED_PUT_OFF].count())


def remove_old_bodies() -> int:
    """Remove text and HTML of messages finished longer ago than ``MAIL_BODY_DAYS``; return how many.

    Subject, state and link stay; the data quoted in a mail for several goes too. Each batch is a transaction: it is safe
    to interrupt, and to run twice at once. Zero days keep everything.
    """
    if not settings.MAIL_BODY_DAYS:
        return 0
    now, removed = clock.now(), 0
    while True:
        with transaction.atomic():
            old = Message.objects.with_old_body(now - timedelta(days=settings.MAIL_BODY_DAYS)).order_by("created")
            batch = list(
                old.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:_BODIES_AT_ONCE]
            )
            Message.objects.filter(pk__in=batch).update(text="", html="", quoted=None, body_removed_at=now)
        removed += len(batch)
        if len(batch) < _BODIES_AT_ONCE:
            return removed


@receiver(person_erased)
@transaction.atomic
def _erase_messages(user: User, email: str, **kwargs: Any) -> None:
    """Remove what was written to an erased person, and the address; what waits is not sent."""
    theirs = Q(recipient=user) | (Q(recipient=None) & Q(address__iexact=email))
    Message.objects.filter(theirs, state__in=WAITING).update(
        state=State.NO_ADDRESS, failure_reason=FailureReason.INACTIVE, lease_until=None, lease_holder=None
    )
    nothing = {"subject": "", "summary": "", "text": "", "html": "", "quoted": None, "error": ""}
    Message.objects.filter(theirs).update(**nothing, address=user.email, body_removed_at=clock.now())


def wait_from_now() -> int:
    """Set the start of all waiting messages to now, and return how many there are.

    The demo writes rows with past dates. Nobody could have sent them then, and ``/readyz`` must not report them as
    messages that no worker sends.
    """
    return Message.objects.filter(state__in=WAITING).update(queued_at=clock.now())


def _hold_back(rows: Iterable[Message], cause: Cause, code: str, recipients: Collection[int]) -> None:
    """Hold messages back for a common mail if the last mail about the case is too recent. One query.

    A waiting mail is locked: it either takes the new message with it, or a worker has started it and the next mail does.
    Mails held since a restore and mails to a former address of the person take nothing with them.
    """
    window, now = timedelta(minutes=settings.MAIL_COLLECT_MINUTES), clock.now()
    earlier = Message.objects.filter(
        case_public_id=cause.case_public_id,
        code=code,
        recipient__in=recipients,
        sent_with=None,
        created__gt=now - 2 * window,
    )
    earlier = earlier.exclude(state=State.NO_ADDRESS).exclude(cause=cause.key).without_held()
    locked = earlier.order_by("id").select_for_update(of=("self",)).defer("text", "html", "quoted")
    last = {(message.recipient_id, message.address): message for message in locked}
    for row in rows:
        previous = last.get((row.recipient_id, row.address))
        if previous is None or row.state != State.QUEUED:
            continue
        mailed = previous.hold_until or previous.created
        if _collects(previous, now + window):
            row.sent_with, row.hold_until = previous, mailed
        elif mailed + window > now:
            row.hold_until = min(mailed, now) + window  # a mail in the future was written before the clock was set back
        if row.hold_until:
            row.next_at = row.queued_at = row.hold_until
            row.quoted = quotation_of(cause)


def _collects(message: Message, latest: datetime) -> bool:
    """Return whether others can go with a mail: until a worker starts, and not if it is sent again."""
    fresh = message.state == State.QUEUED and not message.attempts and message.queued_at == message.hold_until
    return fresh and message.queued_at <= latest


def _addressed(message: Message, code: str, recipient: User | None, address: str, failure_reason: str) -> Message:
    """Complete a new message. With a reason why it cannot be sent it gets the state ``no_address``."""
    message.code, message.recipient, message.address = code, recipient, address[:254]
    message.state, message.failure_reason = State.NO_ADDRESS if failure_reason else State.QUEUED, failure_reason
    message.message_id = f"<{message.public_id}@{urlsplit(settings.PORTAL_URL).hostname}>"
    return message


def _obstacle(recipient: User | None, address: str) -> str:
    """Return why nothing can be sent to the person at the address; empty if it can."""
    if recipient and not recipient.is_active:
        return FailureReason.INACTIVE
    try:
        validate_email(address)
    except ValidationError:
        return FailureReason.ADDRESS
    return ""


def _notify_after_commit(messages: Iterable[Message]) -> None:
    now = clock.now()
    ids = [message.pk for message in messages if message.state in WAITING and message.next_at <= now]
    if ids:
        transaction.on_commit(partial(notify_workers, ids), robust=True)
