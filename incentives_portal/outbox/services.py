"""Writing messages: one row per cause, code and person or address, in the transaction of the cause. Workers send them (delivery.py)."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.dispatch import Signal
from django.utils import translation

from incentives_portal import clock
from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.prepared_statements import PreparedQuery

from .digest import quotation_of
from .enums import WAITING, FailureReason, State
from .letters import Cause, ExternalLetterWriter, ExternalRecipient, LetterWriter
from .models import Message
from .rendering import SUBJECT_LENGTH, Rendered, Renderer, one_line
from .tasks import notify_workers

#: So many messages are sent again with one click at most; who has more clicks again.
RESENT_AT_ONCE = 200
#: What failed within this time counts for the health page. Older failures still stand on the home page of admins.
RECENTLY, SHOWN_FOR = timedelta(days=1), timedelta(days=30)
#: Put off so often, a message waits for more than a busy moment of a server; so many of them are counted.
PUT_OFF_ATTEMPTS, COUNTED_PUT_OFF = 3, 100
_BODIES_AT_ONCE = 2_000

#: Somebody (``actor``) sent a message (``message``) again. Sent in the transaction in which it is queued, which fails with its receivers.
resent = Signal()


class NotResendable(Exception):
    """The message is on its way already, is secret, or there is nobody and no address to send it to."""


@transaction.atomic(savepoint=False)
def queue(
    cause: Cause, code: str, letter_for: LetterWriter, recipients: Iterable[User], *, collect: bool = False
) -> list[Message]:
    """Write a message to each of these people, and return the rows. The caller's transaction decides what happened and the rows.

    Each person gets one row per cause and code, however often this is called; the letter is written in the person's language and time zone.
    Who has no valid address, or is not active, gets a row in state ``no_address``; an empty list of people gives one such row without a
    recipient. Both are shown to staff. After the commit the workers are told; whether they hear it does not matter.

    With ``collect`` a person gets one mail about the case and code at once and further ones ``MAIL_COLLECT_MINUTES`` apart, each with all
    that was said meanwhile. The caller holds the lock of the case.
    """
    people, renderer = {person.pk: person for person in recipients}, Renderer()
    rows = [_written(cause, code, letter_for, person, renderer) for person in people.values()] or [_nobody(cause, code)]
    if collect and settings.MAIL_COLLECT_MINUTES:
        _hold_back(rows, cause, code, people)
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    stored = _stored().rows(cause=cause.key, code=code)
    wanted = people.keys() or {None}
    mine = [message for message in stored if message.recipient_id in wanted]
    _poke_after_commit(mine)
    return mine


@cache
def _stored() -> PreparedQuery[Message]:
    """What was kept of the rows, without the long columns: a row that was there already had its turn."""
    messages = Message.objects.defer("text", "html", "quoted").order_by("id")
    return PreparedQuery(lambda cause, code: messages.filter(cause=cause, code=code), cause="cause", code="code")


@transaction.atomic(savepoint=False)
def queue_external(
    cause: Cause, code: str, letter_for: ExternalLetterWriter, external_recipients: Iterable[ExternalRecipient]
) -> list[Message]:
    """Write a message to addresses that belong to no user, once to each, and return the rows.

    An address that is not valid gets a row in state ``no_address``; where this installation may write to (``MAIL_ALLOWED_DOMAINS``) is
    asked when it is sent, as for everybody.
    """
    wanted, renderer = (
        {external_recipient.address: external_recipient for external_recipient in external_recipients},
        Renderer(),
    )
    rows = [
        _to_address(cause, code, letter_for, external_recipient, renderer) for external_recipient in wanted.values()
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    stored = Message.objects.filter(cause=cause.key, code=code, recipient=None).order_by("id")
    mine = [message for message in stored if message.address in wanted]
    _poke_after_commit(mine)
    return mine


@transaction.atomic
def queue_secret(address: str, *, subject: str, text: str, html: str = "") -> Message:
    """Write a mail about signing in: no case, no notification, its body is hidden and wiped when sent, it is never sent again."""
    failure_reason = "" if _is_valid(address) else FailureReason.ADDRESS
    identity = _identity()
    message = Message.objects.create(
        cause=f"sign_in:{identity['public_id']}",
        code="accounts.sign_in",
        recipient=User.objects.filter(email__iexact=address).first(),
        address=address[:254],
        language=translation.get_language() or settings.LANGUAGE_CODE,
        subject=one_line(subject, SUBJECT_LENGTH),
        text="" if failure_reason else text,
        html="" if failure_reason else html,
        secret=True,
        state=State.NO_ADDRESS if failure_reason else State.QUEUED,
        failure_reason=failure_reason,
        **identity,
    )
    _poke_after_commit([message])
    return message


def mark_read(user: User, *public_ids: uuid.UUID) -> int:
    """Note that the person has seen these notifications, or all of them if none is named. Returns how many were unread."""
    unread = Message.objects.visible_to(user).unread()
    if public_ids:
        unread = unread.filter(public_id__in=public_ids)
    return unread.update(read_at=clock.now())


@transaction.atomic
def resend(message: Message, actor: User) -> Message:
    """Put a message back into the queue: to the person's present address, or the one that it was written to. Announced by ``resent``.

    The mail keeps its Message-ID. What went in one mail with it and still has its text goes again too; of such a mail a single part goes
    alone. Raises PermissionDenied without ``outbox.resend``, NotResendable for what is secret, has no text any more or is still on its
    way, or when there is still nobody.
    """
    if not may(actor, "outbox.resend"):
        raise PermissionDenied
    rows = Message.objects.select_for_update(of=("self",)).select_related("recipient")
    current = rows.get(pk=message.pk)
    person = current.recipient
    address = person.email if person else current.address
    failure_reason = _failure_reason_of(person) if person else not _is_valid(address)
    if not current.can_be_resent or failure_reason:
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
    for name, value in again.items():
        setattr(current, name, value)
    current.attempts, current.lease_until, current.next_at = 0, None, now
    current.save()
    resent.send(Message, message=current, actor=actor)
    _poke_after_commit([current])
    return current


def resend_failed(failure_reason: str, actor: User) -> tuple[int, int]:
    """Send again what failed for one reason lately; as ``resend_all``."""
    failed = Message.objects.failed_recently(clock.now() - SHOWN_FOR).filter(
        failure_reason=failure_reason, secret=False
    )
    return resend_all(failed.filter(body_removed_at=None, sent_with=None).order_by("id"), actor)


def resend_all(messages: QuerySet[Message], actor: User) -> tuple[int, int]:
    """Send each of these again that can be, each in a transaction of its own; how many are queued, and how many cannot be sent.

    What goes in one mail with another of them is counted with it. Raises PermissionDenied without ``outbox.resend``. At most
    RESENT_AT_ONCE are looked at.
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
    """Messages that failed for one reason: how many, when last, and what a mail server said of one of them."""

    failure_reason: str
    count: int
    last_at: datetime
    said: str

    @property
    def label(self) -> str:
        """The reason in words."""
        return str(FailureReason(self.failure_reason).label) if self.failure_reason else ""


@dataclass(frozen=True)
class DeliveryReport:
    """What became of messages lately: those that failed for good, by cause, and how many servers put off again and again."""

    causes: Sequence[FailureCause]
    put_off: int

    @property
    def failed(self) -> int:
        return sum(cause.count for cause in self.causes)


def delivery_report(within: timedelta = RECENTLY) -> DeliveryReport:
    """What failed within this time and was not sent again, most frequent cause first, and what is put off now. Two queries.

    For the home page of the operator's admins and for the health page, which is amber where there is anything.
    """
    failed = Message.objects.failed_recently(clock.now() - within)
    grouped = (
        failed.order_by()
        .values("failure_reason")
        .annotate(count=Count("pk"), last_at=Max("failed_at"), said=Max("error"))
    )
    causes = [FailureCause(**cause) for cause in grouped.order_by("-count", "failure_reason")]
    put_off = Message.objects.filter(
        state=State.RETRY, failure_reason=FailureReason.PUT_OFF, attempts__gte=PUT_OFF_ATTEMPTS
    )
    return DeliveryReport(causes, put_off[:COUNTED_PUT_OFF].count())


def remove_old_bodies() -> int:
    """Remove text and HTML of what came to its end longer ago than ``MAIL_BODY_DAYS``; how many. Subject, state and link stay.

    What a mail for several quotes of it goes too. In batches, each a transaction of its own: safe to be broken off, and to run twice at
    once. Zero days keep everything.
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


def wait_from_now() -> int:
    """Let everything that waits begin to wait now, and return how many that is.

    For rows written at a time that is not the present (the demo tells what happened weeks ago): nobody could have sent them then, and
    ``/readyz`` must not take them for messages that a worker left lying.
    """
    return Message.objects.filter(state__in=WAITING).update(queued_at=clock.now())


def _hold_back(rows: Iterable[Message], cause: Cause, code: str, recipients: Collection[int]) -> None:
    """Let messages wait for more of their kind where the last mail about the case is too recent. One query.

    A mail that still waits is locked: either it takes the new message along, or a worker has begun to send it and the next one does.
    What is held since a restore takes nothing along, and neither does a mail to an address that is the person's no more.
    """
    window, now = timedelta(minutes=settings.MAIL_COLLECT_MINUTES), clock.now()
    earlier = Message.objects.filter(
        case_public_id=cause.case_public_id, code=code, recipient__in=recipients, sent_with=None
    )
    earlier = earlier.filter(created__gt=now - 2 * window).exclude(state=State.NO_ADDRESS).exclude(cause=cause.key)
    earlier = earlier.without_held()
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
            row.hold_until = min(mailed, now) + window  # a mail of the future is of a clock that was set back
        if row.hold_until:
            row.next_at = row.queued_at = row.hold_until
            row.quoted = quotation_of(cause)


def _collects(message: Message, latest: datetime) -> bool:
    """Whether a mail takes others along: until a worker begins, and never one that is sent again, whose Message-ID is known already."""
    fresh = message.state == State.QUEUED and not message.attempts and message.queued_at == message.hold_until
    return fresh and message.queued_at <= latest


def _written(cause: Cause, code: str, letter_for: LetterWriter, person: User, renderer: Renderer) -> Message:
    letter = renderer.render(letter_for, cause, person)
    return _row(cause, code, letter, recipient=person, address=person.email, failure_reason=_failure_reason_of(person))


def _to_address(
    cause: Cause, code: str, letter_for: ExternalLetterWriter, external_recipient: ExternalRecipient, renderer: Renderer
) -> Message:
    letter = renderer.render(letter_for, cause, external_recipient)
    failure_reason = "" if _is_valid(external_recipient.address) else FailureReason.ADDRESS
    return _row(cause, code, letter, recipient=None, address=external_recipient.address, failure_reason=failure_reason)


def _row(
    cause: Cause, code: str, letter: Rendered, *, recipient: User | None, address: str, failure_reason: str
) -> Message:
    return Message(
        **_about(cause),
        code=code,
        recipient=recipient,
        address=address[:254],
        language=letter.language,
        subject=letter.subject,
        summary=letter.summary,
        text=letter.text,
        html=letter.html,
        link=letter.link,
        state=State.NO_ADDRESS if failure_reason else State.QUEUED,
        failure_reason=failure_reason,
        **_identity(),
    )


def _nobody(cause: Cause, code: str) -> Message:
    return Message(
        **_about(cause),
        code=code,
        language=settings.LANGUAGE_CODE,
        state=State.NO_ADDRESS,
        failure_reason=FailureReason.NOBODY,
        **_identity(),
    )


def _about(cause: Cause) -> dict[str, object]:
    return {
        "cause": cause.key,
        "case_public_id": cause.case_public_id,
        "case_reference": cause.case_reference,
        "request_id": cause.request_id,
    }


def _identity() -> dict[str, object]:
    public_id = uuid.uuid4()
    return {"public_id": public_id, "message_id": f"<{public_id}@{urlsplit(settings.PORTAL_URL).hostname}>"}


def _failure_reason_of(person: User) -> str:
    if not person.is_active:
        return FailureReason.INACTIVE
    return "" if _is_valid(person.email) else FailureReason.ADDRESS


def _is_valid(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def _poke_after_commit(messages: Iterable[Message]) -> None:
    now = clock.now()
    ids = [message.pk for message in messages if message.state in WAITING and message.next_at <= now]
    if ids:
        transaction.on_commit(partial(notify_workers, ids), robust=True)
