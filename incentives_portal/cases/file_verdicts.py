"""A file that turned out bad after it was attached: written into the history of the case as the portal's deed, and told to its sender."""

from collections.abc import Callable, Iterable
from typing import Any

from django.dispatch import Signal
from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.models import CaseDetail, Event
from incentives_portal.cases.services import record
from incentives_portal.documents.checking import file_refused, malware_found
from incentives_portal.documents.enums import SENTENCES
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.outbox.letters import Letter
from incentives_portal.sandbox.parsing.reasons import Reason

from .messages import announce

#: Gives what holds a file; nothing for a file that is attached to nothing yet, or to something else.
Holders = Callable[[DocumentVersion], Iterable[CaseDetail]]


def follow_findings(holders: Holders, *, event: str, announcement: str) -> None:
    """Record and announce from now on what the virus scanner finds in files of these holders."""
    _follow(malware_found, holders, event, announcement, lambda verdict: {"finding": verdict["finding"]})


def follow_refusals(holders: Holders, *, event: str, announcement: str) -> None:
    """Record and announce from now on files of these holders that are refused after their form went through."""
    _follow(file_refused, holders, event, announcement, lambda verdict: {"why": verdict["reason"].value})


def _follow(
    signal: Signal, holders: Holders, event: str, announcement: str, data_of: Callable[[dict[str, Any]], dict[str, str]]
) -> None:
    def receive(sender: object, version: DocumentVersion, **verdict: Any) -> None:
        """In the transaction in which the verdict is written."""
        sender = version.uploaded_by
        file = {"name": version.original_name, "sha256": version.sha256, "sender": sender.name, "sender_id": sender.pk}
        for detail in holders(version):
            announce(announcement, detail, record(detail.case, None, event, data=file | data_of(verdict)))

    signal.connect(receive, weak=False, dispatch_uid=announcement)


def sender_of(_detail: CaseDetail, event: Event) -> list[User]:
    """The person who sent the file."""
    return list(User.objects.filter(pk=event.data["sender_id"]))


def infected_file(event: Event, person: User, **link: Any) -> Letter:
    """The letter about a file that was locked away, to whoever sent it and to those who would have read it."""
    values = {"file": event.data["name"], "finding": event.data["finding"], "name": event.data["sender"]}
    mine = person.pk == event.data["sender_id"]
    return Letter(
        subject=_("Malware found: %(file)s") % values,
        heading=_("The virus scanner found malware in a file"),
        paragraphs=[
            (_("You sent “%(file)s”.") if mine else _("%(name)s sent “%(file)s”.")) % values,
            _("The virus scanner found “%(finding)s” in it. The file is locked away and nobody can open it.") % values,
        ],
        next_step=(
            _("Have the computer checked from which it came, and send a clean file in its place.")
            if mine
            else _("You have nothing to do. The file cannot be opened by anybody.")
        ),
        **link,
    )


def refused_file(event: Event, **link: Any) -> Letter:
    """The letter about a file that was refused after it was attached, to who sent it."""
    values = {"file": event.data["name"]}
    return Letter(
        subject=_("File refused: %(file)s") % values,
        heading=_("A file was refused when it was checked"),
        paragraphs=[
            _("You sent “%(file)s”. It could not be checked at once, and now it is refused.") % values,
            str(SENTENCES[Reason(event.data["why"])]),
        ],
        next_step=_("Send another file in its place. Nobody else can open the refused one."),
        **link,
    )
