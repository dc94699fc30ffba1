"""The content of a proof as a submission stores it, written and read as JSON.

The declared types define the JSON: the query writes their fields, msgspec reads them. Amounts are strings in it, so
that no digit is lost; a file is its version with its hash, so that it can be told from later versions.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, JSONObject
from django.utils.formats import number_format
from msgspec import Struct, convert, field
from msgspec.structs import fields, force_setattr

from incentives_portal.documents.models import DocumentVersion
from incentives_portal.money import quantize
from incentives_portal.programs.models import ActivityType, Requirement
from incentives_portal.texts import in_language

from .models import Answer, Attendee, ExpenseLine, Invoice, Proof, ProofDocument, ServiceLine, ServiceReport

if TYPE_CHECKING:
    from django.db.models.expressions import BaseExpression

Texts = Mapping[str, str]


class FilePart(Struct, frozen=True):
    """A file as it was when the content was read: ``version`` is the public id of its version."""

    version: str
    name: str
    sha256: str
    size: int
    type: str


class ExpensePart(Struct, frozen=True):
    """A cost.

    ``type`` is the code of the expense type, empty if none was chosen; amounts are in the currency of its evidence.
    """

    id: str
    type: str | None
    type_names: Texts | None = field(name="type_name")
    description: str
    net: Decimal
    tax: Decimal
    rounding: Decimal = Decimal(0)  # older submissions have no rounding

    def __post_init__(self) -> None:
        force_setattr(self, "type", self.type or "")

    @property
    def type_name(self) -> str:
        return in_language(self.type_names or {})


class InvoicePart(Struct, frozen=True):
    """A third party's invoice with the costs taken from it; amounts in ``currency``."""

    id: str
    supplier: str
    number: str
    date: date
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    file: FilePart
    expenses: tuple[ExpensePart, ...]
    rounding: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        _round(self.currency, [self], "net", "tax", "rounding", "gross")
        _round(self.currency, self.expenses, "net", "tax", "rounding")

    @property
    def name(self) -> str:
        return f"{self.supplier} {self.number}"


class WorkPart(Struct, frozen=True):
    """A person's hours and hourly rate; ``amount`` is not rounded."""

    person: str
    role: str
    starts: date
    ends: date
    hours: Decimal
    rate: Decimal

    @property
    def amount(self) -> Decimal:
        return self.hours * self.rate


class ReportPart(Struct, frozen=True):
    """A service report, certified if ``certified_at`` is set. Amounts are in the proof's currency."""

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


class AttendeePart(Struct, frozen=True):
    """An attendee, and the cost in the proof's currency."""

    name: str
    cost: Decimal


class ComponentPart(Struct, frozen=True):
    """A used component of a composite activity."""

    code: str
    name: Texts

    @property
    def text(self) -> str:
        return in_language(self.name)


class WordedPart(Struct, frozen=True):
    """A requirement that a document proves, or a choice of an answer, with its text."""

    code: str
    text: Texts

    @property
    def label(self) -> str:
        return in_language(self.text)


class DocumentPart(Struct, frozen=True):
    """A proof document with the note that says what it shows."""

    id: str
    note: str
    file: FilePart
    proves: tuple[WordedPart, ...]


class AnswerPart(Struct, frozen=True):
    code: str
    wording: Texts
    satisfied_by: str
    choices: tuple[WordedPart, ...]
    number: Decimal | None
    url: str
    text: str

    @property
    def question(self) -> str:
        return in_language(self.wording)

    @property
    def value(self) -> Decimal | str:
        """A number, a URL, a text, the code of a choice, or "yes" for a declaration."""
        return self.number if self.number is not None else self.url or self.text

    @property
    def figure(self) -> str:
        """A number in the reader's format, without trailing zeros."""
        if self.number is None:
            return str(self.value)
        places = 0 if self.number == self.number.to_integral() else 2
        return number_format(self.number, places, force_grouping=True)

    @property
    def choice_name(self) -> str:
        return next((choice.label for choice in self.choices if choice.code == self.text), "")


class ProofFolder(Struct, frozen=True):
    """The whole evidence: basics, costs and their evidence, documents, answers. ``amount`` is in ``currency``."""

    name: str
    executed_on: date
    amount: Decimal
    currency: str
    impressions: int | None
    pre_approval_id: str
    final_comments: str
    activity_type_names: Texts = field(name="activity_type_name")
    campaign: str | None
    plan: str | None
    usage_period: str | None
    components: tuple[ComponentPart, ...]
    invoices: tuple[InvoicePart, ...]
    reports: tuple[ReportPart, ...]
    attendees: tuple[AttendeePart, ...]
    documents: tuple[DocumentPart, ...]
    answers: tuple[AnswerPart, ...]

    def __post_init__(self) -> None:
        for name in ("campaign", "plan", "usage_period"):
            force_setattr(self, name, getattr(self, name) or "")
        _round(self.currency, [self], "amount")
        _round(self.currency, self.attendees, "cost")
        for report in self.reports:
            _round(self.currency, report.lines, "rate")
            _round(self.currency, report.expenses, "net", "tax", "rounding")

    @property
    def activity_type_name(self) -> str:
        return in_language(self.activity_type_names)

    @property
    def reach(self) -> str:
        """Estimated impressions in the reader's number format; a dash if there are none."""
        return "–" if self.impressions is None else number_format(self.impressions, 0, force_grouping=True)

    def costs(self) -> Iterator[tuple[ExpensePart, str]]:
        """Yield every cost with its currency, invoices first."""
        for invoice in self.invoices:
            yield from ((cost, invoice.currency) for cost in invoice.expenses)
        for report in self.reports:
            yield from ((cost, self.currency) for cost in report.expenses)

    def files(self) -> Iterator[FilePart]:
        """Yield every file of the proof, invoices first."""
        yield from (invoice.file for invoice in self.invoices)
        yield from (document.file for document in self.documents)

    def invoice(self, public_id: object) -> InvoicePart | None:
        return next((invoice for invoice in self.invoices if invoice.id == str(public_id)), None)

    def report(self, public_id: object) -> ReportPart | None:
        return next((report for report in self.reports if report.id == str(public_id)), None)

    def document(self, public_id: object) -> DocumentPart | None:
        return next((document for document in self.documents if document.id == str(public_id)), None)


def _round(currency: str, parts: Iterable[Struct], *names: str) -> None:
    """Round amounts to the decimals of their currency while the parts are being read.

    They do not change after that.
    """
    for part in parts:
        for name in names:
            force_setattr(part, name, quantize(getattr(part, name), currency))


def read(content: Mapping[str, Any]) -> ProofFolder:
    """Return the folder of a content, current or submitted.

    Raises msgspec.ValidationError, which names the place that cannot be read.
    """
    return convert(content, ProofFolder)


def content_of(proof: Proof) -> dict[str, Any]:
    """Return the proof with all its parts, as JSON.

    The fields of the proof itself are taken from the instance; one query reads the parts, however many there are.
    """
    # The prefix keeps the annotations apart from the model's own attributes.
    parts = {f"its_{name}": rows for name, rows in _parts().items()}
    row = Proof.objects.filter(pk=proof.pk).order_by().select_related(None).values(**parts).get()
    return _head(proof) | {name.removeprefix("its_"): value for name, value in row.items()}


def _head(proof: Proof) -> dict[str, Any]:
    activity = proof.activity
    return {
        "reference": proof.case.reference,
        "name": proof.title,
        "executed_on": proof.executed_on.isoformat(),
        "amount": str(proof.amount),
        "currency": proof.currency,
        "impressions": proof.impressions,
        "pre_approval_id": proof.pre_approval_id,
        "final_comments": proof.final_comments,
        "location": proof.location.partner_id,
        "program": proof.program.code,
        "activity_type": proof.activity_type.code,
        "activity_type_name": proof.activity_type.name,
        "activity": str(activity.public_id) if activity else None,
        "activity_name": activity.in_force.name if activity else None,
        "campaign": activity.campaign.in_force.name if activity else None,
        "plan": activity.campaign.plan.case.reference if activity else None,
        "usage_period": proof.usage_period.label if proof.usage_period else None,
    }


@cache
def _parts() -> dict[str, "BaseExpression"]:
    """Return the parts of a proof as annotations of its query. Cached, as queries copy them."""
    own = OuterRef("pk")
    used = Proof.components.through.objects.filter(proof=OuterRef(own)).values("activitytype")
    proven = ProofDocument.proves.through.objects.filter(proofdocument=OuterRef(own)).values("requirement")
    return {
        "components": _rows(ComponentPart, ActivityType.objects.filter(pk__in=used).order_by("order", "code")),
        "invoices": _rows(
            InvoicePart,
            Invoice.objects.filter(proof=own).order_by("pk"),
            id="public_id",
            file=_file(),
            expenses=_expenses(invoice=own),
        ),
        "reports": _rows(
            ReportPart,
            ServiceReport.objects.filter(proof=own).order_by("pk"),
            id="public_id",
            lines=_rows(WorkPart, ServiceLine.objects.filter(report=own).order_by("pk")),
            expenses=_expenses(report=own),
        ),
        "attendees": _rows(AttendeePart, Attendee.objects.filter(proof=own).order_by("pk")),
        "documents": _rows(
            DocumentPart,
            ProofDocument.objects.filter(proof=own).order_by("pk"),
            id="public_id",
            file=_file(),
            proves=_rows(WordedPart, Requirement.objects.filter(pk__in=proven).order_by("order", "code")),
        ),
        "answers": _rows(
            AnswerPart,
            Answer.objects.filter(proof=own).order_by("requirement__order", "requirement__code"),
            code="requirement__code",
            wording="requirement__text",
            satisfied_by="requirement__satisfied_by",
            choices="requirement__choices",
            number=Cast("number", CharField()),
        ),
    }


def _expenses(**evidence: OuterRef) -> ArraySubquery:
    rows = ExpenseLine.objects.filter(**evidence).order_by("pk")
    return _rows(ExpensePart, rows, id="public_id", type="expense_type__code", type_name="expense_type__name")


def _file() -> Subquery:
    """The newest version of the row's document."""
    versions = DocumentVersion.objects.filter(document=OuterRef("document")).order_by("-number")
    return Subquery(versions.values(row=_object(FilePart, version="public_id", name="original_name"))[:1])


def _rows(part: type[Struct], rows: QuerySet, **sources: Any) -> ArraySubquery:
    return ArraySubquery(rows.values(row=_object(part, **sources)))


def _object(part: type[Struct], **sources: Any) -> JSONObject:
    """The JSON of a part.

    Each field is the column of its name, or the expression that ``sources`` has for it; decimals become strings.
    """
    columns: dict[str, Any] = {}
    for column in fields(part):
        name = column.encode_name
        same = Cast(name, CharField()) if column.type is Decimal else name
        columns[name] = sources.get(name, same)
    return JSONObject(**columns)
