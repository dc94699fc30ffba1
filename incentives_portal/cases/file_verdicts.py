"""A file that turned out bad after it was attached: written into the history of the case as the portal's deed, and told to its sender."""

from collections.abc import Callable, Iterable
from typing import Any

from django.dispatch import Signal

from incentives_portal.cases.models import CaseDetail
from incentives_portal.cases.services import record
from incentives_portal.documents.checking import file_refused, malware_found
from incentives_portal.documents.models import DocumentVersion

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
