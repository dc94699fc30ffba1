"""Who is notified when something happens: each app registers its announcements here.

The outbox does not know events, only their ``Cause``. That a message was sent again is recorded here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.cases.event_kinds import EventKind
from incentives_portal.cases.event_kinds import register as register_kinds
from incentives_portal.cases.models import Case, Event
from incentives_portal.cases.services import record
from incentives_portal.outbox.letters import Cause, ExternalRecipient, Letter
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.services import queue, queue_external, resent
from incentives_portal.texts import in_language

from .types import case_type

#: Sending a message is no event, as its row says so; a user's sending it again is one.
RESENT = "outbox.message.resent"


@dataclass(frozen=True)
class Announcement:
    """One announcement: its code, its recipients and the letter.

    The letter is written in the recipient's language when it is queued. ``external`` are recipients whose addresses
    belong to no user, and their letter, which is different because they may know less.
    """

    code: str
    recipients: Callable[[Any, Event], Iterable[User]]
    letter: Callable[[Any, Event, User], Letter]
    external: (
        tuple[Callable[[Any, Event], list[ExternalRecipient]], Callable[[Any, Event, ExternalRecipient], Letter]] | None
    ) = None
    #: Whether several within minutes become one mail: for comments and refused files, never for decisions.
    collect: bool = False
    #: Whether the reader can ask a question by commenting on the page of the case.
    has_comments: bool = True


_announcements: dict[str, Announcement] = {}


def register(*announcements: Announcement) -> None:
    _announcements.update({announcement.code: announcement for announcement in announcements})


def all_announcements() -> list[Announcement]:
    return list(_announcements.values())


def cause_key(event_id: int) -> str:
    """Return the key of the cause of all messages about an event."""
    return f"event:{event_id}"


def cause_of(event: Event) -> Cause:
    """Return what the outbox needs to know about an event.

    Makes a query if its remarks, case or organization were not read yet.
    """
    return Cause(
        key=cause_key(event.pk),
        case_public_id=event.case.public_id,
        case_reference=event.case.reference,
        case_title=event.case.title,
        author=event.actor_name,
        organisation=event.organisation_name or settings.OPERATOR_NAME,
        at=event.at,
        comment=event.comment,
        files=[remark.version.original_name for remark in event.remarks_in_order if remark.version],
        request_id=event.request_id,
    )


def letter_to(announcement: Announcement, detail: Any, event: Event, recipient: User) -> Letter:
    """Return the letter to a user. A last recipient who may not read the case gets one without its content."""
    if not _may_read(event, recipient):
        return _letter_without_content(event)
    return replace(announcement.letter(detail, event, recipient), has_comments=announcement.has_comments)


def _may_read(event: Event, recipient: User) -> bool:
    """Whether the recipient may read the case.

    Checked only for last recipients (recipients.py), so the others cost no query.
    """
    if not getattr(recipient, "is_last_resort", False):
        return True
    return may(recipient, case_type(event.case.kind).read, event.case.scope)


def _letter_without_content(event: Event) -> Letter:
    """The letter to a last recipient who may not read the case.

    It says that there is an update, and that somebody needs a role to read it.
    """
    case = event.case
    values = {
        "reference": case.reference,
        "organisation": case.organisation.name,
        "program": in_language(case.program.name),
        "location": case.location.name,
    }
    return Letter(
        subject=gettext("%(reference)s: no one at %(organisation)s can read the update") % values,
        heading=gettext("No one with a role in the program is active"),
        paragraphs=[
            gettext("There is an update on %(reference)s (%(program)s, %(location)s).") % values,
            gettext(
                "Your role does not let you see it, and no one else at %(organisation)s who could see it is active."
            )
            % values,
        ],
        next_step=gettext(
            "Have someone at %(organisation)s assigned a role in %(program)s. That person can then read the "
            "update in the portal."
        )
        % values,
        link="/",
        link_label=gettext("Open the portal"),
    )


def announce(code: str, detail: Any, event: Event) -> None:
    """Queue the message for every recipient except the actor.

    If there are no recipients at all, a message to nobody is stored, which staff see; if the actor is the only one,
    nothing is queued. Raises KeyError for an unknown code.
    """
    announcement = _announcements[code]
    people = list(announcement.recipients(detail, event))
    others = [recipient for recipient in people if recipient.pk != event.actor_id]
    cause = cause_of(event)
    if others or not people:
        letter_for = partial(letter_to, announcement, detail, event)
        if blind := [recipient for recipient in others if not _may_read(event, recipient)]:
            # Never collected into one mail with others: that would quote what they may not read.
            queue(cause, code, letter_for, blind)
        readers = [recipient for recipient in others if recipient not in blind]
        if readers or not blind:
            queue(cause, code, letter_for, readers, collect=announcement.collect)
    if announcement.external:
        outsiders_of, letter = announcement.external
        if outsiders := outsiders_of(detail, event):
            queue_external(cause, code, partial(letter, detail, event), outsiders)


def _record_resent(sender: type[Message], message: Message, actor: User, **_kwargs: Any) -> None:
    """Record an event on the case whenever a user sends a message about it again; other messages have none."""
    if message.case_public_id is None:
        return
    case = Case.objects.get(public_id=message.case_public_id)
    name = message.recipient.name if message.recipient else message.address
    record(case, actor, RESENT, capability="outbox.resend", internal=True, data={"name": name})


register_kinds(EventKind(RESENT, _("sent the email to %(name)s again"), "send"))
resent.connect(_record_resent, dispatch_uid=RESENT)
