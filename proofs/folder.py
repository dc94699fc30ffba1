"""A proof as one reads it: built from its content, live or kept with a submission. Nothing here makes a query."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format

from incentives_portal.money import quantize
from incentives_portal.texts import in_language

Texts = Mapping[str, str]


@dataclass(frozen=True)
class FilePart:
    """A file as it was when the content was read: ``version`` is the public id of its version."""

    version: str
    name: str
    sha256: str
    size: int
    type: str


@dataclass(frozen=True)
class ExpensePart:
    """A cost. ``type`` is the code of the expense type, empty if none was chosen; amounts are in the currency of its evidence."""

    id: str
    type: str
    type_names: Texts
    words: str
    net: Decimal
    tax: Decimal
    rounding: Decimal

    @property
    def type_name(self) -> str:
        return in_language(self.type_names)


@dataclass(frozen=True)
class InvoicePart:
    """A third party's bill with the costs taken from it; amounts in ``currency``."""

    id: str
    supplier: str
    number: str
    date: date
    currency: str
    net: Decimal
    tax: Decimal
    rounding: Decimal
    gross: Decimal
    file: FilePart
    expenses: tuple[ExpensePart, ...]

    @property
    def name(self) -> str:
        return f"{self.supplier} {self.number}"


@dataclass(frozen=True)
class WorkPart:
    """Who worked how long, and what an hour costs; ``amount`` is not rounded."""

    person: str
    role: str
    starts: date
    ends: date
    hours: Decimal
    rate: Decimal

    @property
    def amount(self) -> Decimal:
        return self.hours * self.rate


@dataclass(frozen=True)
class ReportPart:
    """A service report; certified when ``certified_at`` is known. Amounts are in the proof's currency."""

    id: str
    work: str
    statement: str
    certified_name: str
    certified_at: datetime | None
    lines: tuple[WorkPart, ...]
    expenses: tuple[ExpensePart, ...]

    @property
    def is_certified(self) -> bool:
        return self.certified_at is not None

    @property
    def hours(self) -> Decimal:
        return sum((line.hours for line in self.lines), Decimal(0))

    @property
    def amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))


@dataclass(frozen=True)
class AttendeePart:
    """Somebody who took part, and what that cost, in the proof's currency."""

    name: str
    cost: Decimal


@dataclass(frozen=True)
class ProvenPart:
    """A requirement that a document proves."""

    code: str
    words: Texts

    @property
    def text(self) -> str:
        return in_language(self.words)


@dataclass(frozen=True)
class DocumentPart:
    """A proof document with the note that says what it shows."""

    id: str
    note: str
    file: FilePart
    proves: tuple[ProvenPart, ...]


@dataclass(frozen=True)
class AnswerPart:
    """What was answered to a requirement: ``value`` is a number, an address, words, the code of a choice, or "yes" for a declaration."""

    code: str
    words: Texts
    satisfied_by: str
    value: Decimal | str
    choice_names: Texts

    @property
    def question(self) -> str:
        return in_language(self.words)

    @property
    def figure(self) -> str:
        """A number as the reader writes it, without decimals that say nothing."""
        if not isinstance(self.value, Decimal):
            return str(self.value)
        places = 0 if self.value == self.value.to_integral() else 2
        return number_format(self.value, places, force_grouping=True)

    @property
    def choice_name(self) -> str:
        return in_language(self.choice_names)


@dataclass(frozen=True)
class ProofFolder:
    """The whole evidence: basics, costs and what shows them, documents, answers. ``amount`` is asked in ``currency``."""

    reference: str
    name: str
    executed_on: date
    amount: Decimal
    currency: str
    impressions: int | None
    pre_approval_id: str
    final_comments: str
    activity_type: str
    activity_type_names: Texts
    activity_name: str
    campaign: str
    plan: str
    usage_period: str
    components: tuple[ProvenPart, ...]
    invoices: tuple[InvoicePart, ...]
    reports: tuple[ReportPart, ...]
    attendees: tuple[AttendeePart, ...]
    documents: tuple[DocumentPart, ...]
    answers: tuple[AnswerPart, ...]

    @property
    def activity_type_name(self) -> str:
        return in_language(self.activity_type_names)

    @property
    def reach(self) -> str:
        """Estimated impressions as the reader writes the number; a dash if none are given."""
        return "–" if self.impressions is None else number_format(self.impressions, 0, force_grouping=True)

    @property
    def has_evidence(self) -> bool:
        """Whether the costs are shown by one of the two: an invoice or a service report (vector PO-7)."""
        return bool(self.invoices or self.reports)

    def costs(self) -> Iterator[tuple[ExpensePart, str]]:
        """Every cost with its currency, invoices first."""
        for invoice in self.invoices:
            yield from ((cost, invoice.currency) for cost in invoice.expenses)
        for report in self.reports:
            yield from ((cost, self.currency) for cost in report.expenses)

    def files(self) -> Iterator[FilePart]:
        """Every file of the proof, invoices first."""
        yield from (invoice.file for invoice in self.invoices)
        yield from (document.file for document in self.documents)

    def invoice(self, public_id: object) -> InvoicePart | None:
        return next((invoice for invoice in self.invoices if invoice.id == str(public_id)), None)

    def report(self, public_id: object) -> ReportPart | None:
        return next((report for report in self.reports if report.id == str(public_id)), None)

    def document(self, public_id: object) -> DocumentPart | None:
        return next((document for document in self.documents if document.id == str(public_id)), None)


def read(content: Mapping[str, Any]) -> ProofFolder:
    """The folder of a content, live or from a submission."""
    currency = content["currency"]
    same = ("reference", "name", "currency", "impressions", "pre_approval_id", "final_comments", "activity_type")
    return ProofFolder(
        **{name: content[name] for name in same},
        executed_on=date.fromisoformat(content["executed_on"]),
        amount=quantize(Decimal(content["amount"]), currency),
        activity_type_names=content["activity_type_name"],
        activity_name=content["activity_name"] or "",
        campaign=content["campaign"] or "",
        plan=content["plan"] or "",
        usage_period=content["usage_period"] or "",
        components=tuple(ProvenPart(part["code"], part["name"]) for part in content["components"]),
        invoices=tuple(map(_invoice, content["invoices"])),
        reports=tuple(_report(report, currency) for report in content["reports"]),
        attendees=tuple(
            AttendeePart(part["name"], quantize(Decimal(part["cost"]), currency)) for part in content["attendees"]
        ),
        documents=tuple(map(_document, content["documents"])),
        answers=tuple(map(_answer, content["answers"])),
    )


def _invoice(data: Mapping[str, Any]) -> InvoicePart:
    currency = data["currency"]
    return InvoicePart(
        id=data["id"],
        supplier=data["supplier"],
        number=data["number"],
        currency=currency,
        date=date.fromisoformat(data["date"]),
        net=quantize(Decimal(data["net"]), currency),
        tax=quantize(Decimal(data["tax"]), currency),
        rounding=_rounding(data, currency),
        gross=quantize(Decimal(data["gross"]), currency),
        file=FilePart(**data["file"]),
        expenses=tuple(_expense(expense, currency) for expense in data["expenses"]),
    )


def _expense(data: Mapping[str, Any], currency: str) -> ExpensePart:
    return ExpensePart(
        id=data["id"],
        type=data["type"] or "",
        type_names=data["type_name"] or {},
        words=data["words"],
        net=quantize(Decimal(data["net"]), currency),
        tax=quantize(Decimal(data["tax"]), currency),
        rounding=_rounding(data, currency),
    )


def _rounding(data: Mapping[str, Any], currency: str) -> Decimal:
    """What was submitted before there was a line for rounding has none."""
    return quantize(Decimal(data.get("rounding", "0")), currency)


def _report(data: Mapping[str, Any], currency: str) -> ReportPart:
    certified = data["certified_at"]
    return ReportPart(
        **{name: data[name] for name in ("id", "work", "statement", "certified_name")},
        certified_at=datetime.fromisoformat(certified) if certified else None,
        lines=tuple(
            WorkPart(
                person=line["person"],
                role=line["role"],
                starts=date.fromisoformat(line["starts"]),
                ends=date.fromisoformat(line["ends"]),
                hours=Decimal(line["hours"]),
                rate=quantize(Decimal(line["rate"]), currency),
            )
            for line in data["lines"]
        ),
        expenses=tuple(_expense(expense, currency) for expense in data["expenses"]),
    )


def _document(data: Mapping[str, Any]) -> DocumentPart:
    proves = tuple(ProvenPart(part["code"], part["words"]) for part in data["proves"])
    return DocumentPart(data["id"], data["note"], FilePart(**data["file"]), proves)


def _answer(data: Mapping[str, Any]) -> AnswerPart:
    value = Decimal(data["number"]) if data["number"] is not None else data["url"] or data["text"]
    choices = {choice["code"]: choice["words"] for choice in data["choices"]}
    return AnswerPart(
        code=data["code"],
        words=data["words"],
        satisfied_by=data["satisfied_by"],
        value=value,
        choice_names=choices.get(data["text"], {}),
    )
