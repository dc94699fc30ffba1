"""What the services of a proof's parts share: reading a part under the lock, attaching files, updating rows."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.db import models
from django.utils.translation import gettext as _

from incentives_portal.cases.engine import latest_event
from incentives_portal.cases.errors import RuleViolation, StaleVersion
from incentives_portal.documents.models import Document, DocumentVersion
from incentives_portal.documents.services import UploadGone, attach

from ..models import Invoice, Proof, ProofDocument, SentFile

Part = TypeVar("Part", bound=models.Model)


def own(proof: Proof, part: Part) -> Part:
    """Return the part, read again under the proof's lock. Raises StaleVersion if somebody else has removed it."""
    row = type(part)._default_manager.filter(pk=part.pk, proof=proof).first()
    if row is None:
        raise StaleVersion(proof, latest_event(proof.case))
    return row


def take_over(part: Invoice | ProofDocument, version: DocumentVersion, place: str) -> Document:
    """Attach an uploaded file to a part of a proof and return its document.

    Raises RuleViolation for a file that belongs to another organization, was removed, refused or expired, or is in
    use.
    """
    own_files = Document.objects.filter(organisation=part.proof.case.organisation_id)
    document = own_files.select_for_update().filter(pk=version.document_id).first()
    if document is None:
        raise RuleViolation(_("This file cannot be used here. Choose it again."), place=place)
    try:
        attach([version], to=f"{part._meta.label_lower}:{part.public_id}")
    except UploadGone as gone:
        raise RuleViolation(str(gone), place=place) from gone
    return document


def keep_sent_files(proof: Proof, versions: Iterable[DocumentVersion]) -> None:
    """Record which files were submitted with the claim, as the operator sees only these.

    The caller holds the lock of the case.
    """
    files = [SentFile(proof=proof, version=version) for version in versions]
    SentFile.objects.bulk_create(files, ignore_conflicts=True)


def update_rows(rows: models.QuerySet[Part], wanted: Sequence[Part], fields: Sequence[str]) -> None:
    """Update the rows to the wanted values in place.

    Rows with unchanged values stay, so that remarks about them stay, too. The others take the remaining values in
    order; then rows are added or deleted. Four queries at most.
    """
    model, left, new = rows.model, list(rows), []
    for row in wanted:
        same = next((old for old in left if all(getattr(old, name) == getattr(row, name) for name in fields)), None)
        if same is None:
            new.append(row)
        else:
            left.remove(same)
    changed = left[: len(new)]
    for old, row in zip(changed, new, strict=False):
        for name in fields:
            setattr(old, name, getattr(row, name))
    if changed:
        model._default_manager.bulk_update(changed, fields)
    if surplus := [old.pk for old in left[len(changed) :]]:
        rows.filter(pk__in=surplus).delete()
    if added := new[len(changed) :]:
        model._default_manager.bulk_create(added)
