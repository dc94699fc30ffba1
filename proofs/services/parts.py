"""What the services of a proof and its parts share: the lock, checks, attaching files, updating rows."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.db import models
from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import editing, latest_event
from incentives_portal.cases.errors import RuleViolation, StaleVersion
from incentives_portal.documents.models import Document, DocumentVersion
from incentives_portal.documents.services import UploadGone, attach

from .. import rules
from ..models import Invoice, Proof, ProofDocument, SentFile

Part = TypeVar("Part", bound=models.Model)


@contextmanager
def editing_part(
    part: Part, *, actor: User, expected_version: int | None, capability: str = ""
) -> Iterator[tuple[Proof, Part]]:
    """Edit a part of a proof: ``editing``, by default with the capability to write the proof.

    Yields the locked proof, and the part read again. Raises StaleVersion if somebody else has removed it, and the
    errors of ``editing``.
    """
    proof: Proof = part.proof  # type: ignore[attr-defined]
    capability = capability or rules.write_capability(proof)
    with editing(proof, actor=actor, capability=capability, expected_version=expected_version) as current:
        row = type(part)._default_manager.filter(pk=part.pk, proof=current).first()
        if row is None:
            raise StaleVersion(current, latest_event(current.case))
        yield current, row


def check_date_and_amount(executed_on: date, amount: Decimal, allowed: tuple[date, date], *, in_campaign: bool) -> None:
    """Raise RuleViolation for a date of execution that is not allowed, or an amount that is not positive."""
    if problem := rules.date_problem(executed_on, allowed, in_campaign=in_campaign):
        raise RuleViolation(problem, place="executed_on")
    if amount <= 0:
        raise RuleViolation(_("Enter an amount of more than zero."), place="amount")


def take_over(part: Invoice | ProofDocument, version: DocumentVersion, place: str) -> Document:
    """Attach an uploaded file to a part of a proof and return its document.

    Raises RuleViolation for a file that belongs to another organization, was removed, refused or expired, or is in
    use.
    """
    own_files = Document.objects.select_for_update().filter(organisation=part.proof.case.organisation_id)
    document = own_files.filter(pk=version.document_id).first()
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
    SentFile.objects.bulk_create(
        (SentFile(proof=proof, version=version) for version in versions), ignore_conflicts=True
    )


def update_rows(rows: models.QuerySet[Part], wanted: Sequence[Part], fields: Sequence[str]) -> None:
    """Update the rows to the wanted values in place.

    Rows with unchanged values stay, so that remarks about them stay, too. The others take the remaining values in
    order; then rows are added or deleted. Four queries at most.
    """
    left, new = list(rows), []
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
    rows.model._default_manager.bulk_update(changed, fields)
    if surplus := [old.pk for old in left[len(changed) :]]:
        rows.filter(pk__in=surplus).delete()
    rows.model._default_manager.bulk_create(new[len(changed) :])
