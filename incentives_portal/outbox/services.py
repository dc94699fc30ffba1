"""Writing messages: one row per event, code and person or address, in the transaction of the event. Sending is the workers' business."""

import uuid
from collections.abc import Iterable
from functools import cache, partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import translation

from incentives_portal import clock
from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.history.models import Event
from incentives_portal.history.services import record
from incentives_portal.prepared import Prepared

from .enums import WAITING, State, Trouble
from .kinds import RESENT
from .letters import LetterWriter, Outsider, OutsiderWriter
from .models import Message
from .rendering import SUBJECT_LENGTH, Rendered, one_line, render
from .tasks import poke


class NotResendable(Exception):
    """The message is on its way already, is secret, or there is nobody and no address to send it to."""


@transaction.atomic(savepoint=False)
def queue(event: Event, code: str, letter_for: LetterWriter, recipients: Iterable[User]) -> list[Message]:
    """Write the message about an event to each of these people, and return the rows. The caller's transaction decides event and rows.

    Each person gets one row per event and code, however often this is called; the letter is written in the person's language and time zone.
    Who has no valid address, or is not active, gets a row in state ``no_address``; an empty list of people gives one such row without a
    recipient. Both are shown to staff. After the commit the workers are told; whether they hear it does not matter.
    """
    people = {person.pk: person for person in recipients}
    rows = [_written(event, code, letter_for, person) for person in people.values()] or [_nobody(event, code)]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    stored = _stored().rows(event=event.pk, code=code)
    wanted = people.keys() or {None}
    mine = [message for message in stored if message.recipient_id in wanted]
    _poke_after_commit(mine)
    return mine


@cache
def _stored() -> Prepared[Message]:
    """What was kept of the rows, without the long columns: a row that was there already had its turn."""
    messages = Message.objects.defer("text", "html").order_by("id")
    return Prepared(lambda event, code: messages.filter(event=event, code=code), event=-1, code="code")


@transaction.atomic(savepoint=False)
def queue_outsiders(
    event: Event, code: str, letter_for: OutsiderWriter, outsiders: Iterable[Outsider]
) -> list[Message]:
    """Write the message about an event to addresses that belong to no user, once to each, and return the rows.

    An address that is not valid gets a row in state ``no_address``; where this installation may write to (``MAIL_ALLOWED_DOMAINS``) is
    asked when it is sent, as for everybody.
    """
    wanted = {outsider.address: outsider for outsider in outsiders}
    rows = [_to_address(event, code, letter_for, outsider) for outsider in wanted.values()]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    stored = Message.objects.filter(event=event, code=code, recipient=None).order_by("id")
    mine = [message for message in stored if message.address in wanted]
    _poke_after_commit(mine)
    return mine


@transaction.atomic
def queue_secret(address: str, *, subject: str, text: str, html: str = "") -> Message:
    """Write a mail about signing in: no event, no notification, its body is hidden and wiped when sent, it is never sent again."""
    trouble = "" if _is_valid(address) else Trouble.ADDRESS
    message = Message.objects.create(
        code="accounts.sign_in",
        recipient=User.objects.filter(email__iexact=address).first(),
        address=address[:254],
        language=translation.get_language() or settings.LANGUAGE_CODE,
        subject=one_line(subject, SUBJECT_LENGTH),
        text="" if trouble else text,
        html="" if trouble else html,
        secret=True,
        state=State.NO_ADDRESS if trouble else State.QUEUED,
        trouble=trouble,
        **_identity(),
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
    """Put a message back into the queue and record who did it: to the person's present address, or the one that it was written to.

    The mail keeps its Message-ID. Raises PermissionDenied without ``outbox.resend``, NotResendable for what is secret or still on its
    way, or when there is still nobody.
    """
    if not may(actor, "outbox.resend"):
        raise PermissionDenied
    rows = Message.objects.select_for_update(of=("self",)).select_related("recipient", "event__thread")
    current = rows.get(pk=message.pk)
    person, event = current.recipient, current.event
    address = person.email if person else current.address
    trouble = _trouble_with(person) if person else not _is_valid(address)
    if not current.can_be_resent or event is None or trouble:
        raise NotResendable
    now = clock.now()
    current.state, current.trouble, current.error = State.QUEUED, "", ""
    current.address, current.attempts, current.lease_until = address, 0, None
    current.queued_at = current.next_at = now
    current.save()
    record(event.thread, actor, RESENT, internal=True, data={"name": person.name if person else address})
    _poke_after_commit([current])
    return current


def wait_from_now() -> int:
    """Let everything that waits begin to wait now, and return how many that is.

    For rows written at a time that is not the present (the demo tells what happened weeks ago): nobody could have sent them then, and
    ``/readyz`` must not take them for messages that a worker left lying.
    """
    return Message.objects.filter(state__in=WAITING).update(queued_at=clock.now())


def _written(event: Event, code: str, letter_for: LetterWriter, person: User) -> Message:
    letter = render(letter_for, event, person)
    return _row(event, code, letter, recipient=person, address=person.email, trouble=_trouble_with(person))


def _to_address(event: Event, code: str, letter_for: OutsiderWriter, outsider: Outsider) -> Message:
    letter = render(letter_for, event, outsider)
    trouble = "" if _is_valid(outsider.address) else Trouble.ADDRESS
    return _row(event, code, letter, recipient=None, address=outsider.address, trouble=trouble)


def _row(event: Event, code: str, letter: Rendered, *, recipient: User | None, address: str, trouble: str) -> Message:
    return Message(
        event=event,
        code=code,
        recipient=recipient,
        address=address[:254],
        language=letter.language,
        subject=letter.subject,
        summary=letter.summary,
        text=letter.text,
        html=letter.html,
        link=letter.link,
        state=State.NO_ADDRESS if trouble else State.QUEUED,
        trouble=trouble,
        **_identity(),
    )


def _nobody(event: Event, code: str) -> Message:
    return Message(
        event=event,
        code=code,
        language=settings.LANGUAGE_CODE,
        state=State.NO_ADDRESS,
        trouble=Trouble.NOBODY,
        **_identity(),
    )


def _identity() -> dict[str, object]:
    public_id = uuid.uuid4()
    return {"public_id": public_id, "message_id": f"<{public_id}@{urlsplit(settings.PORTAL_URL).hostname}>"}


def _trouble_with(person: User) -> str:
    if not person.is_active:
        return Trouble.INACTIVE
    return "" if _is_valid(person.email) else Trouble.ADDRESS


def _is_valid(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def _poke_after_commit(messages: Iterable[Message]) -> None:
    ids = [message.pk for message in messages if message.state in WAITING]
    if ids:
        transaction.on_commit(partial(poke, ids), robust=True)
