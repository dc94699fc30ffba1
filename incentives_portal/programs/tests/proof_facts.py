"""Proofs as facts, from compact data: what the examples of proof_vectors.json are made of."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from incentives_portal.programs.assess import (
    AttendeeFact,
    DocumentFact,
    ExpenseFact,
    Finding,
    InvoiceFact,
    ProgramFacts,
    ProofFacts,
    ReportFact,
)

from .pure import activity_facts

#: Thursday in the usage period July to December 2026, whose claiming window (16 August to 15 February) is open.
TODAY = date(2026, 11, 19)
USAGE = (date(2026, 7, 1), date(2026, 12, 31))
CLAIMING = (date(2026, 8, 16), date(2027, 2, 15))


def proof_facts(data: Mapping[str, Any], **changes: Any) -> ProofFacts:
    """A proof on the claim track in US dollars. ``data``: see proof_vectors.json; ``changes`` replace whole fields."""
    kind = data.get("kind", "standard")
    facts: dict[str, Any] = {
        "today": TODAY,
        "program": ProgramFacts(track="claim", kind=kind),
        "activity": activity_facts(data["activity"], kind, data.get("components", ())),
        "executed_on": date.fromisoformat(data.get("executed_on", "2026-10-08")),
        "amount": Decimal(data["amount"]),
        "currency": "USD",
        "usage": USAGE,
        "claiming": CLAIMING,
        "impressions": data.get("impressions"),
        "invoices": tuple(_invoice(number) for number in data.get("invoices", ())),
        "reports": tuple(ReportFact(certified, lines=1) for certified in data.get("reports", ())),
        "documents": tuple(_document(*row) for row in data.get("documents", ())),
        "expenses": tuple(_expense(*row) for row in data.get("expenses", ())),
        "attendees": tuple(AttendeeFact(name, Decimal(cost)) for name, cost in data.get("attendees", ())),
        "answers": dict(data.get("answers", {})),
        "earned": _decimal(data.get("earned")),
        "accrued": _decimal(data.get("accrued")),
    }
    return ProofFacts(**(facts | changes))


def told(findings: list[Finding]) -> list[str]:
    """Findings in short: ``block documents requirement.document print_piece``."""
    return [
        " ".join(filter(None, (finding.level, finding.place, finding.rule, finding.params.get("code", ""))))
        for finding in findings
    ]


def _invoice(number: str) -> InvoiceFact:
    return InvoiceFact("Druckhaus Nord", number, date(2026, 10, 12), net=Decimal(100))


def _document(name: str, note: str, *proves: str) -> DocumentFact:
    return DocumentFact(name, note, frozenset(proves))


def _expense(kind: str, net: str, tax: str = "0") -> ExpenseFact:
    return ExpenseFact(kind, Decimal(net), Decimal(tax), description=kind)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
