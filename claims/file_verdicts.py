"""A file of a claim that turned out bad after it was attached: malware in a comment's file or in what was sent in, or a refused one."""

from django.db.models import Q

from incentives_portal.documents.checking import file_refused, malware_found
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.history.services import record
from incentives_portal.sandbox.parsing.reasons import Reason
from incentives_portal.workflow.messages import announce

from .models import Claim


def register_all() -> None:
    malware_found.connect(record_finding)
    file_refused.connect(record_refusal)


def record_finding(sender: object, version: DocumentVersion, finding: str, **_signal: object) -> None:
    """In the transaction in which the finding is written. The proof tells the person who sent it of its own files."""
    seen = Q(thread__events__remarks__version=version) | Q(proof__sealed_files__version=version)
    for claim in Claim.objects.filter(seen).select_related("thread").distinct():
        data = {"name": version.original_name, "finding": finding, "sha256": version.sha256}
        event = record(claim.thread, version.uploaded_by, "claims.file.infected", data=data)
        announce("claim_file_infected", claim, event)


def record_refusal(sender: object, version: DocumentVersion, reason: Reason, **_signal: object) -> None:
    """In the transaction in which a comment's file is refused: the person who sent it hears why."""
    for claim in Claim.objects.filter(thread__events__remarks__version=version).select_related("thread").distinct():
        data = {"name": version.original_name, "why": reason.value, "sha256": version.sha256}
        event = record(claim.thread, version.uploaded_by, "claims.file.refused", data=data)
        announce("claim_file_refused", claim, event)
