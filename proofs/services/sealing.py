"""What of a proof is sent in with its claim."""

from collections.abc import Iterable

from incentives_portal.documents.models import DocumentVersion

from ..models import Proof, SealedFile


def keep_sent_files(proof: Proof, versions: Iterable[DocumentVersion]) -> None:
    """Keep which files were sent in: these the operator sees. The caller holds the lock of the case."""
    files = [SealedFile(proof=proof, version=version) for version in versions]
    SealedFile.objects.bulk_create(files, ignore_conflicts=True)
