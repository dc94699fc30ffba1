"""Record and announce files that are refused or found infected after they were attached.

The event has no actor, as the portal itself found it; the announcement also goes to the sender of the file.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from django.dispatch import Signal

from incentives_portal.cases.models import CaseDetail
from incentives_portal.cases.services import record
from incentives_portal.documents.checking import file_refused, malware_found
from incentives_portal.documents.models import DocumentVersion

from .messages import announce

#: Returns the cases to which a file is attached; none for a file that is not attached yet, or attached to something
#: else.
Holders = Callable[[DocumentVersion], Iterable[CaseDetail]]


def follow_findings(holders: Holders, *, event: str, announcement: str) -> None:
    """Record and announce malware that the virus scanner finds in files of these cases."""
    _follow(malware_found, holders, event, announcement, lambda verdict: {"finding": verdict["finding"]})


def follow_refusals(holders: Holders, *, event: str, announcement: str) -> None:
    """Record and announce files of these cases that are refused after their form was accepted."""
    _follow(file_refused, holders, event, announcement, lambda verdict: {"why": verdict["reason"].value})


def _follow(
    signal: Signal, holders: Holders, event: str, announcement: str, data_of: Callable[[dict[str, Any]], dict[str, str]]
) -> None:
    def receive(sender: object, version: DocumentVersion, **verdict: Any) -> None:
        """Runs in the transaction that writes the verdict."""
        sender = version.uploaded_by
        file = {"name": version.original_name, "sha256": version.sha256, "sender": sender.name, "sender_id": sender.pk}
        # By key, as the event takes the end of the case's chain until the commit.
        for detail in sorted(holders(version), key=attrgetter("pk")):
            announce(announcement, detail, record(detail.case, None, event, data=file | data_of(verdict)))

    signal.connect(receive, weak=False, dispatch_uid=announcement)
