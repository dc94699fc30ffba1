"""What a remark can point at: a document, a row of the proof, an answer, or a section of the form.

Places are named as in findings (programs.assess): ``basics``, ``invoices``, ``reports``, ``expenses``,
``attendees``, ``documents``, ``answers-<code>``; rows of the proof are ``invoice-<id>``, ``report-<id>``,
``expense-<id>``, with the public id of the row.
"""

from collections.abc import Iterator

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.models import Event, Remark
from proofs.snapshot import InvoicePart, ProofFolder, ReportPart, read

from .models import Claim

SECTIONS: dict[str, Promise] = {
    "basics": _("Name, date, and amount"),
    "invoices": _("Third-party invoices"),
    "reports": _("Certified service reports"),
    "expenses": _("Expenses"),
    "attendees": _("Attendees"),
    "documents": _("Proof documents"),
}


def folder_of(claim: Claim) -> ProofFolder | None:
    """Return the proof as it was last submitted, which a reviewer reads and points at. No query."""
    return read(claim.case.submission.content) if claim.case.submission else None


def named_places(folder: ProofFolder) -> Iterator[tuple[str, str]]:
    """Yield every place of a proof that a remark can point at, with its label, in the order of the form."""
    yield "basics", str(SECTIONS["basics"])
    for invoice in folder.invoices:
        yield f"invoice-{invoice.id}", _("Invoice %(name)s") % {"name": invoice.name}
        yield from _named_expenses(invoice)
    for report in folder.reports:
        yield f"report-{report.id}", _("Service report %(name)s") % {"name": report.work[:60]}
        yield from _named_expenses(report)
    if folder.attendees:
        yield "attendees", str(SECTIONS["attendees"])
    for answer in folder.answers:
        yield f"answers-{answer.code}", answer.question
    yield "documents", str(SECTIONS["documents"])


def _named_expenses(part: InvoicePart | ReportPart) -> Iterator[tuple[str, str]]:
    for expense in part.expenses:
        yield f"expense-{expense.id}", _("Expense %(name)s") % {"name": expense.description or expense.type_name}


def part_at(folder: ProofFolder, place: str) -> object:
    """Return the content at a place, for comparing two versions of a proof. None if there is none."""
    kind, _dash, key = place.partition("-")
    match kind:
        case "basics" | "amount":
            return (folder.name, folder.executed_on, folder.amount, folder.impressions, folder.pre_approval_id)
        case "invoices" | "reports" | "attendees" | "documents":
            return getattr(folder, kind)
        case "expenses":
            return list(folder.costs())
        case "invoice" | "report" | "document":
            return getattr(folder, kind)(key)
        case "expense":
            return next((cost for cost, _currency in folder.costs() if cost.id == key), None)
        case "answers":
            return next((answer.value for answer in folder.answers if answer.code == key), None)
    return None


def rows_of_files(folder: ProofFolder) -> Iterator[tuple[str, str]]:
    """Yield the public id of each file's version, and the place of its row."""
    for invoice in folder.invoices:
        yield invoice.file.version, f"invoice-{invoice.id}"
    for document in folder.documents:
        yield document.file.version, f"document-{document.id}"


def remark_lines(claim: Claim, event: Event) -> list[tuple[str, str]]:
    """Return the remarks of an event as (document or place, text), for letters."""
    remarks = event.remarks_in_order
    folder = folder_of(claim) if remarks else None
    places = dict(named_places(folder)) if folder else {}
    return [(name_of(remark, places), remark.shown_text) for remark in remarks]


def name_of(remark: Remark, places: dict[str, str]) -> str:
    """Return the label of what the remark points at."""
    if remark.version:
        return remark.version.original_name
    return places.get(remark.place) or str(SECTIONS.get(remark.place, _("The claim")))
