"""One mail for several comments: what is quoted in it, from rows and events that do not change."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incentives_portal.history.models import Event

from .letters import Letter, Quote
from .models import Message
from .rendering import SUBJECT_LENGTH, letter_bodies, one_line, zone_of


@dataclass(frozen=True)
class Collected:
    """The content of a mail that stands for several messages."""

    subject: str
    text: str
    html: str


def collected_with(message: Message) -> Message | Collected:
    """The content of a message with those that go with it, oldest first; the message itself where there are none. The same
    queries for any number.

    In the language that the messages were written in. The same each time: what it quotes are events.
    """
    others = Message.objects.filter(sent_with=message.pk).order_by("id").defer("text", "html")
    rows = [message, *others.select_related("event__organisation").prefetch_related("event__remarks__version")]
    if len(rows) == 1 or message.event is None:
        return message
    zone = zone_of(message.recipient) if message.recipient else ZoneInfo(settings.TIME_ZONE)
    with translation.override(message.language), timezone.override(zone):
        letter = _letter(message, [(row, row.event) for row in rows if row.event])
        text, html = letter_bodies(letter, message.event, message.recipient)
    return Collected(one_line(letter.subject, SUBJECT_LENGTH), text, html)


def _letter(message: Message, rows: list[tuple[Message, Event]]) -> Letter:
    thread, number = rows[0][1].thread, len(rows)
    values = {"number": number, "reference": thread.reference, "title": thread.title}
    are_comments = all(event.words or not event.data for _row, event in rows)
    return Letter(
        subject=_subject(number, are_comments=are_comments) % values,
        heading=(_("There are %(number)s new comments") if are_comments else _("There are %(number)s new messages"))
        % values,
        paragraphs=[
            _("They are about “%(title)s” (%(reference)s) and stand here in the order they were written.") % values
        ],
        quotes=[_quote(row, event) for row, event in rows],
        next_step=_("If an answer is needed, reply in the portal."),
        link=message.link,
    )


def _subject(number: int, *, are_comments: bool) -> str:
    if are_comments:
        return ngettext(
            "%(number)s comment: %(reference)s, %(title)s", "%(number)s comments: %(reference)s, %(title)s", number
        )
    return ngettext(
        "%(number)s message: %(reference)s, %(title)s", "%(number)s messages: %(reference)s, %(title)s", number
    )


def _quote(row: Message, event: Event) -> Quote:
    """What somebody wrote, or, where an event has no text of a person, what its message is about."""
    moment = timezone.localtime(event.at)
    return Quote(
        said_by=f"{event.actor_name}, {event.organisation.name}",
        when=f"{date_format(moment, 'DATE_FORMAT')}, {date_format(moment, 'H:i')}",
        words=event.words or ("" if event.remarks.all() else row.subject),
        files=[remark.version.original_name for remark in event.remarks.all() if remark.version],
    )
