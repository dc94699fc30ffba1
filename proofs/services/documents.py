"""Add, edit and remove proof documents: files with a note and the requirements that they prove."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import editing
from incentives_portal.cases.errors import NotAllowed, RuleViolation
from incentives_portal.cases.services import record
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.services import remove as remove_document_file
from incentives_portal.programs.enums import SatisfiedBy
from incentives_portal.programs.facts import requirements_of
from incentives_portal.programs.models import Requirement

from .. import events, rules
from ..models import Proof, ProofDocument
from .parts import editing_part, take_over


@dataclass(frozen=True)
class DocumentDraft:
    """A stored file, a note that says what it shows, and the requirements that it proves."""

    version: DocumentVersion
    note: str
    proves: tuple[Requirement, ...] = ()


def add_documents(
    proof: Proof, *, actor: User, expected_version: int | None, documents: Sequence[DocumentDraft]
) -> list[ProofDocument]:
    """Add files with their notes, all or none.

    Contributors may, too, if only an incentives admin writes the rest. Raises RuleViolation for a file without a
    note or of another organization, or a requirement that this activity does not have; and the errors of
    ``editing``.
    """
    with editing(proof, actor=actor, capability=rules.CONTRIBUTE, expected_version=expected_version) as current:
        provable = _provable(current)
        rows = []
        for draft in documents:
            _check(draft.note, draft.proves, draft.version.original_name, provable)
            row = ProofDocument(proof=current, note=draft.note.strip())
            row.document = take_over(row, draft.version, "files")
            row.save()
            row.proves.set(draft.proves)
            rows.append(row)
        data = {
            "files": ", ".join(draft.version.original_name for draft in documents),
            "versions": [{"file": draft.version.original_name, "sha256": draft.version.sha256} for draft in documents],
        }
        record(current.case, actor, events.DOCUMENTS_ADDED, capability=rules.CONTRIBUTE, data=data)
    return rows


def edit_document(
    row: ProofDocument,
    *,
    actor: User,
    expected_version: int | None,
    note: str,
    proves: Sequence[Requirement] = (),
    version: DocumentVersion | None = None,
) -> ProofDocument:
    """Change note and requirements of a document; with ``version`` its file, too.

    The former file is kept for the record. Contributors change only their own documents. Errors as of
    ``add_documents``.
    """
    with _editing(row, actor, expected_version) as (current, own_row):
        name = version.original_name if version else _name(own_row)
        _check(note, proves, name, _provable(current))
        if version is not None:
            former, own_row.document = own_row.document, take_over(own_row, version, "file")
            remove_document_file(former, actor)
        own_row.note = note.strip()
        own_row.save()
        own_row.proves.set(proves)
        data = {"name": name} | ({"sha256": version.sha256} if version else {})
        record(current.case, actor, events.DOCUMENT_EDITED, capability=rules.CONTRIBUTE, data=data)
    return own_row


def remove_document(row: ProofDocument, *, actor: User, expected_version: int | None) -> None:
    """Remove a document from the proof. Contributors remove only their own. Raises the errors of ``editing``."""
    with _editing(row, actor, expected_version) as (current, own_row):
        document, name = own_row.document, _name(own_row)
        own_row.delete()
        remove_document_file(document, actor)
        record(current.case, actor, events.DOCUMENT_REMOVED, capability=rules.CONTRIBUTE, data={"name": name})


@contextmanager
def _editing(row: ProofDocument, actor: User, expected_version: int | None) -> Iterator[tuple[Proof, ProofDocument]]:
    """Edit a document as ``editing_part`` does; contributors only their own."""
    with editing_part(row, actor=actor, expected_version=expected_version, capability=rules.CONTRIBUTE) as (
        current,
        own_row,
    ):
        if not rules.may_change_document(actor, current, own_row):
            raise NotAllowed(_("Someone else added this document. An incentives admin can change it."))
        yield current, own_row


def _provable(proof: Proof) -> set[int]:
    """Return the requirements of the activity that a document can prove."""
    rows = requirements_of(proof.activity_type, proof.program, proof.components.all())
    return {row.pk for row in rows if row.satisfied_by == SatisfiedBy.DOCUMENT}


def _check(note: str, proves: Sequence[Requirement], file_name: str, provable: set[int]) -> None:
    if problem := rules.note_problem(note, file_name):
        raise RuleViolation(problem, place="note")
    if not {requirement.pk for requirement in proves} <= provable:
        raise RuleViolation(_("Choose requirements of this activity."), place="proves")


def _name(row: ProofDocument) -> str:
    """Return the name of the newest file of the document."""
    return row.document.versions.order_by("-number").values_list("original_name", flat=True).first() or ""
