"""Build one mail for several comments, from stored data that does not change."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .letters import Cause, Letter, Quote
from .models import Message
from .rendering import SUBJECT_LENGTH, letter_bodies, one_line, zone_of


def quotation_of(cause: Cause) -> dict[str, Any]:
    """Return what a message stores of its cause, to be quoted in a mail for several (``Message.quoted``)."""
    return {
        "case_title": cause.case_title,
        "author": cause.author,
        "organisation": cause.organisation,
        "at": cause.at.isoformat(),
        "comment": cause.comment,
        "files": list(cause.files),
    }


def collected_with(message: Message) -> Message:
    """Return the content of a message with those sent with it, oldest first; the message itself if there are none.

    One query for any number of messages.
    The mail is in the language of the messages. It is the same each time: each message stores what is quoted of it.
    """
    others = Message.objects.filter(sent_with=message.pk, body_removed_at=None)
    rows = [message, *others.order_by("id").defer("text", "html")]
    if len(rows) == 1:
        return message
    causes = [_cause_of(row) for row in rows]
    zone = zone_of(message.recipient) if message.recipient else ZoneInfo(settings.TIME_ZONE)
    with translation.override(message.language), timezone.override(zone):
        letter = _letter(message, list(zip(rows, causes, strict=True)))
        text, html = letter_bodies(letter, causes[0], message.recipient)
    return Message(subject=one_line(letter.subject, SUBJECT_LENGTH), text=text, html=html)


def _cause_of(row: Message) -> Cause:
    quoted = row.quoted | {"at": datetime.fromisoformat(row.quoted["at"])}
    return Cause(
        key=row.cause,
        case_public_id=row.case_public_id,
        case_reference=row.case_reference,
        request_id=row.request_id,
        **quoted,
    )


def _letter(message: Message, rows: list[tuple[Message, Cause]]) -> Letter:
    first, number = rows[0][1], len(rows)
    values = {"number": number, "reference": first.case_reference, "title": first.case_title}
    if all(cause.comment or cause.files for _row, cause in rows):
        heading = _("There are %(number)s new comments")
        subject = ngettext(
            "%(number)s comment: %(reference)s, %(title)s", "%(number)s comments: %(reference)s, %(title)s", number
        )
    else:
        heading = _("There are %(number)s new messages")
        subject = ngettext(
            "%(number)s message: %(reference)s, %(title)s", "%(number)s messages: %(reference)s, %(title)s", number
        )
    return Letter(
        subject=subject % values,
        heading=heading % values,
        paragraphs=[
            _("They are about “%(title)s” (%(reference)s) and are listed in the order they were written.") % values
        ],
        quotes=[_quote(row, cause) for row, cause in rows],
        next_step=_("If a reply is needed, write it in the portal."),
        link=message.link,
    )


def _quote(row: Message, cause: Cause) -> Quote:
    """Quote what somebody wrote or, if nobody wrote anything, the subject of the message."""
    moment = timezone.localtime(cause.at)
    return Quote(
        commented_by=", ".join(filter(None, [cause.author, cause.organisation])),
        when=f"{date_format(moment, 'DATE_FORMAT')}, {date_format(moment, 'H:i')}",
        comment=cause.comment or ("" if cause.files else row.subject),
        files=cause.files,
    )
