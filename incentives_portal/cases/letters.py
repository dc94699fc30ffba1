"""What letters about all kinds of cases share.

The sentences are in the letters of each kind, as sentences are translated whole.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.documents.enums import SENTENCES
from incentives_portal.outbox.letters import Letter
from incentives_portal.sandbox.parsing.reasons import Reason
from incentives_portal.texts import in_language

from .enums import APPROVED
from .models import Event

#: The values that the sentences of a letter name: key → text.
Values = Mapping[str, str]
#: Returns ``link`` and ``link_label`` of a letter, for the user who reads it.
LinkTo = Callable[[Any, User], dict[str, str]]


def letter_about(
    event: Event,
    values: Values,
    *,
    subject: str,
    heading: str,
    paragraphs: Sequence[str] = (),
    next_step: str = "",
    **parts: Any,
) -> Letter:
    """Build a letter with the actor's comment and the values filled into its sentences (``%(reference)s``)."""
    return Letter(
        subject=subject % values,
        heading=heading % values,
        paragraphs=[paragraph % values for paragraph in paragraphs],
        next_step=next_step % values,
        **({"comment": event.comment} | parts),
    )


def why(event: Event, remarks: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """The reason for a decision, what would fix it, and remarks at their places.

    An approved case has nothing to fix.
    """
    reason = event.reason
    return {
        "reason": in_language(reason.text) if reason else "",
        "fix": in_language(reason.fix) if reason and event.to_status != APPROVED else "",
        "remarks": list(remarks),
    }


def deadline(at: datetime | None, zone: str, *, weekday: bool = True) -> str:
    """Format a deadline in the program's time zone: Friday, 20 November 2026, 23:59 (Berlin).

    Empty if there is none.
    """
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone))
    formats = ["l"] * weekday + ["DATE_FORMAT", "H:i"]
    city = zone.rpartition("/")[2].replace("_", " ")
    return f"{', '.join(date_format(local, each) for each in formats)} ({city})"


def infected_file(link_to: LinkTo, detail: Any, event: Event, recipient: User) -> Letter:
    """The letter about a quarantined file, to its sender and to those who would have read it."""
    values = {"file": event.data["name"], "finding": event.data["finding"], "name": event.data["sender"]}
    mine = recipient.pk == event.data["sender_id"]
    return letter_about(
        event,
        values,
        subject=_("Malware found: %(file)s"),
        heading=_("The virus scanner found malware in a file"),
        paragraphs=[
            _("You sent “%(file)s”.") if mine else _("%(name)s sent “%(file)s”."),
            _("The virus scanner found “%(finding)s” in it. The file is quarantined, and no one can open it."),
        ],
        next_step=(
            _("Have the computer it came from checked, and send a clean file in its place.")
            if mine
            else _("You do not need to do anything. No one can open the file.")
        ),
        **link_to(detail, recipient),
    )


def refused_file(link_to: LinkTo, detail: Any, event: Event, recipient: User) -> Letter:
    """The letter about a file that was refused after it was attached, to its sender."""
    return letter_about(
        event,
        {"file": event.data["name"], "why": str(SENTENCES[Reason(event.data["why"])])},
        subject=_("File rejected: %(file)s"),
        heading=_("A file was rejected when it was checked"),
        paragraphs=[
            _("You sent “%(file)s”. It could not be checked immediately and has now been rejected."),
            "%(why)s",
        ],
        next_step=_("Send another file in its place. No one else can open the rejected file."),
        **link_to(detail, recipient),
    )
