"""Find the same file or invoice on other proofs of the same organization.

Proofs of other partners are not searched, as their documents are confidential.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import CharField, F, Q, QuerySet, Value

from incentives_portal.cases.enums import DISCARDED

from .models import Invoice, Proof, ProofDocument
from .rules import key_of
from .snapshot import DocumentPart, InvoicePart, ProofFolder


@dataclass(frozen=True)
class Duplicates:
    """References of the other proofs, by supplier and number of an invoice, and by file hash and an empty text."""

    cases: Mapping[tuple[str, str], set[str]] = field(default_factory=dict)

    def of_invoice(self, invoice: InvoicePart) -> tuple[str, ...]:
        same_number = self.cases.get((key_of(invoice.supplier), key_of(invoice.number)), set())
        return tuple(sorted(same_number.union(self.of_document(invoice))))

    def of_document(self, part: DocumentPart | InvoicePart) -> tuple[str, ...]:
        return tuple(sorted(self.cases.get((part.file.sha256, ""), set())))


def find(proof: Proof, folder: ProofFolder) -> Duplicates:
    """Find the files and invoices of the proof on other proofs. One query, none without files."""
    hashes = {part.sha256 for part in folder.files()}
    if not hashes:
        return Duplicates()
    same_number = _elsewhere(Invoice.objects.all(), proof).filter(
        number_key__in=[key_of(invoice.number) for invoice in folder.invoices]
    )
    rows = (
        _same_file(Invoice.objects.all(), proof, hashes)
        .union(
            _same_file(ProofDocument.objects.all(), proof, hashes),
            _named(same_number, F("supplier_key"), F("number_key")),
        )
        .values_list("first", "second", "reference")
    )
    cases = defaultdict(set)
    for first, second, reference in rows:
        cases[first, second].add(reference)
    return Duplicates(cases)


def _elsewhere(rows: QuerySet, proof: Proof) -> QuerySet:
    discarded = Q(proof__case__status=DISCARDED, proof__case__submitted_at=None)
    return (
        rows.filter(~discarded, proof__case__organisation=proof.case.organisation_id).exclude(proof=proof.pk).order_by()
    )


def _same_file(rows: QuerySet, proof: Proof, hashes: Iterable[str]) -> QuerySet:
    others = _elsewhere(rows, proof).filter(document__versions__sha256__in=hashes)
    return _named(others, F("document__versions__sha256"), Value("", output_field=CharField()))


def _named(rows: QuerySet, first: object, second: object) -> QuerySet:
    return rows.values(first=first, second=second, reference=F("proof__case__reference"))
