"""What all services of a proof's parts share: finding the part again under the lock, taking over a file, bringing rows up to date."""

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
    """The part, read again under the proof's lock; gone means that somebody else took it out (StaleVersion)."""
    row = type(part)._default_manager.filter(pk=part.pk, proof=proof).first()
    if row is None:
        raise StaleVersion(proof, latest_event(proof.case))
    return row


def take_over(part: Invoice | ProofDocument, version: DocumentVersion, place: str) -> Document:
    """The document of a stored file, attached to a part of a proof. Raises RuleViolation for one of others, expired, refused, or in use."""
    document = Document.objects.select_for_update().filter(pk=version.document_id).first()
    foreign = document is None or document.organisation_id != part.proof.case.organisation_id
    if document is None or foreign or document.removed_at is not None:
        raise RuleViolation(_("This file cannot be used here. Choose it again."), place=place)
    try:
        attach([version], to=f"{part._meta.label_lower}:{part.public_id}")
    except UploadGone as gone:
        raise RuleViolation(str(gone), place=place) from gone
    return document


def keep_sent_files(proof: Proof, versions: Iterable[DocumentVersion]) -> None:
    """Keep which files were sent in with the claim: these the operator sees. The caller holds the lock of the case."""
    files = [SentFile(proof=proof, version=version) for version in versions]
    SentFile.objects.bulk_create(files, ignore_conflicts=True)


def update_rows(rows: models.QuerySet[Part], wanted: Sequence[Part], fields: Sequence[str]) -> None:
    """Make the rows what is wanted of these fields, in place: a row that says the same stays, so that remarks at it stay too.

    Of the others each takes what comes next, in order; then rows are added or deleted. Four queries at most.
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
