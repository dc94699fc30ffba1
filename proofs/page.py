"""What the pages of a proof show.

The claim page and the review page include the same templates:

``_evidence.html``  the proof, read-only with ``evidence_context``; remarks are shown at their place or document. With
                    ``workbench_context`` it has forms and buttons for users who may edit.
``_checklist.html`` the requirements and the reimbursable amount, with ``workbench_context``.

Places, which are ids in the page: ``basics``, ``invoices``, ``reports``, ``expenses``, ``attendees``, ``documents``,
``answers``, ``answers-<code>``, ``comments``; rows: ``invoice-<id>``, ``report-<id>``, ``expense-<id>``,
``document-<id>``, and ``file-<version>``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.urls import reverse

from incentives_portal.accounts.models import User
from incentives_portal.cases.page import CasePage
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.programs.assess import Assessment, ProofFacts, assess_proof
from incentives_portal.programs.enums import CapKind, SatisfiedBy
from incentives_portal.programs.models import Requirement

from . import rules
from .facts import all_requirements, applicable, proof_facts, versions_of
from .forms import AnswersForm, CommentsForm, DocumentsForm
from .models import Proof
from .snapshot import (
    AnswerPart,
    DocumentPart,
    ExpensePart,
    FilePart,
    InvoicePart,
    ProofFolder,
    ReportPart,
    content_of,
    read,
)

#: Place, or public id of a file's version → the remarks there.
Marks = Mapping[str, Sequence[str]]

_PEOPLE_CAPS = (CapKind.MAX_ATTENDEES, CapKind.AMOUNT_PER_PERSON)


@dataclass(frozen=True)
class FileRow:
    """A file in a row; ``url`` is its download URL."""

    version: DocumentVersion | None
    name: str
    url: str


@dataclass(frozen=True)
class EvidenceRow:
    """An invoice, service report, document, answer or cost with its remarks, file and costs, and its currency if a cost."""

    part: InvoicePart | ReportPart | DocumentPart | AnswerPart | ExpensePart
    marks: list[str]
    file: FileRow | None = None
    expenses: "tuple[EvidenceRow, ...]" = ()
    currency: str = ""
    can_change: bool = False


@dataclass
class Evidence:
    """A proof prepared for a reader. ``folder`` may be what was submitted; ``can_write`` adds the buttons."""

    proof: Proof
    user: User
    folder: ProofFolder
    versions: dict[str, DocumentVersion]
    marks: Marks = field(default_factory=dict)
    can_write: bool = False
    can_contribute: bool = False
    here: str = ""

    def at(self, *places: str) -> list[str]:
        """Return the remarks at these places."""
        return [text for place in places for text in self.marks.get(place, ())]

    @property
    def section_marks(self) -> dict[str, list[str]]:
        sections = ("invoices", "reports", "expenses", "attendees", "documents", "comments")
        return {"basics": self.at("basics", "amount")} | {place: self.at(place) for place in sections}

    @property
    def other_marks(self) -> list[str]:
        """The remarks about parts that were removed since."""
        folder = self.folder
        known = {"amount", *self.section_marks, *(part.version for part in folder.files())}
        known |= {f"answers-{answer.code}" for answer in folder.answers}
        known |= {f"expense-{cost.id}" for cost, _currency in folder.costs()}
        for kind, rows in (("invoice", folder.invoices), ("report", folder.reports), ("document", folder.documents)):
            known |= {f"{kind}-{row.id}" for row in rows}
        return [text for place, texts in self.marks.items() if place not in known for text in texts]

    @cached_property
    def invoices(self) -> list[EvidenceRow]:
        return [
            EvidenceRow(
                part=invoice,
                marks=self.at(f"invoice-{invoice.id}", invoice.file.version),
                file=self._file(invoice.file),
                expenses=self._expenses(invoice.expenses, invoice.currency),
                can_change=self.can_write,
            )
            for invoice in self.folder.invoices
        ]

    @cached_property
    def reports(self) -> list[EvidenceRow]:
        return [
            EvidenceRow(
                part=report,
                marks=self.at(f"report-{report.id}"),
                expenses=self._expenses(report.expenses, self.folder.currency),
                can_change=self.can_write,
            )
            for report in self.folder.reports
        ]

    @cached_property
    def documents(self) -> list[EvidenceRow]:
        return [
            EvidenceRow(
                part=document,
                marks=self.at(f"document-{document.id}", document.file.version),
                file=self._file(document.file),
                can_change=self._may_change(document.file),
            )
            for document in self.folder.documents
        ]

    @cached_property
    def answers(self) -> list[EvidenceRow]:
        return [EvidenceRow(answer, self.at(f"answers-{answer.code}")) for answer in self.folder.answers]

    @property
    def total(self) -> Decimal | None:
        """The net total of the costs, if they are all in the proof's currency."""
        costs = list(self.folder.costs())
        if not costs or any(currency != self.folder.currency for _cost, currency in costs):
            return None
        return sum((cost.net for cost, _currency in costs), Decimal(0))

    def _expenses(self, parts: Sequence[ExpensePart], currency: str) -> tuple[EvidenceRow, ...]:
        return tuple(EvidenceRow(part, self.at(f"expense-{part.id}"), currency=currency) for part in parts)

    def _file(self, part: FilePart) -> FileRow:
        return FileRow(self.versions.get(part.version), part.name, file_url(self.proof, part.version))

    def _may_change(self, part: FilePart) -> bool:
        """Whether the reader may change the part.

        Users who may write change all documents, contributors only their own.
        """
        version = self.versions.get(part.version)
        is_own = version is not None and version.uploaded_by_id == self.user.pk
        return self.can_write or (self.can_contribute and is_own)


@dataclass
class ProofEditor:
    """What the editor shows besides the evidence: the assessment, and the forms on the page itself."""

    evidence: Evidence
    facts: ProofFacts
    assessment: Assessment
    requirements: list[Requirement]

    @cached_property
    def answers_form(self) -> AnswersForm | None:
        """The form for the answers; None if the activity asks for none."""
        form = AnswersForm(self.requirements, self.evidence.folder.answers, auto_id="id_answers_%s")
        for box in form:
            box.said = self.evidence.at(box.name)
        return form if form.requirements else None

    @cached_property
    def comments_form(self) -> CommentsForm:
        return CommentsForm(initial={"final_comments": self.evidence.folder.final_comments}, auto_id="id_comments_%s")

    @cached_property
    def documents_form(self) -> DocumentsForm:
        return DocumentsForm(auto_id="id_documents_%s")

    @property
    def wants_attendees(self) -> bool:
        """Whether the activity asks for attendees, or limits their cost."""
        asked = any(row.satisfied_by == SatisfiedBy.TABLE for row in self.requirements)
        return asked or any(cap.kind in _PEOPLE_CAPS for cap in self.facts.activity.caps)


def evidence_context(
    proof: Proof,
    user: User,
    *,
    content: Mapping[str, Any] | None = None,
    marks: Marks | None = None,
) -> dict[str, Any]:
    """Return the context of ``proofs/_evidence.html``, a read-only proof. One or two queries.

    With ``content``, the proof as it was submitted.
    """
    folder = read(content if content is not None else content_of(proof))
    return {"evidence": Evidence(proof, user, folder, versions_of(folder), marks or {})}


def workbench_context(proof: Proof, user: User, *, here: str = "", marks: Marks | None = None) -> dict[str, Any]:
    """Return the context of ``proofs/_evidence.html`` and ``_checklist.html``, an editable proof.

    ``here`` is the path of the page, to which its forms return. Five queries for any number of parts and those of
    the limits (facts.proof_facts); two more for a composite activity.
    """
    folder = read(content_of(proof))
    versions = versions_of(folder)
    requirements = all_requirements(proof, folder)
    facts = proof_facts(proof, folder, versions, requirements)
    evidence = Evidence(
        proof,
        user,
        folder,
        versions,
        marks or {},
        can_write=rules.may_write(user, proof),
        can_contribute=rules.may_contribute(user, proof),
        here=here or proof.get_absolute_url(),
    )
    return {
        "evidence": evidence,
        "editor": ProofEditor(evidence, facts, assess_proof(facts), applicable(requirements, folder)),
    }


def file_url(proof: Proof, version_id: object) -> str:
    """Return the download URL of a file of the proof, by the public id of its version."""
    return reverse("proofs:file", args=[proof.public_id, version_id])


class ProofPage(CasePage[Proof]):
    """A proof without a claim, prepared for a reader."""

    def file_url(self, version: DocumentVersion) -> str:
        return file_url(self.detail, version.public_id)

    @property
    def until(self) -> datetime | None:
        """The deadline for the claim. No query."""
        return rules.due_at(self.detail)

    @property
    def until_note(self) -> str:
        return self.detail.case.reference
