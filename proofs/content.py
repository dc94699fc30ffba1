"""All that a proof says, as plain data: what a submission keeps, and what pages and rules read. One query for any number of parts.

Amounts are strings, so that no digit is lost; a file is its version with its hash, so that what was seen can be told from what came later.
"""

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, JSONObject

from incentives_portal.documents.models import DocumentVersion
from incentives_portal.programs.models import ActivityType, Requirement

from .models import Answer, Attendee, ExpenseLine, Invoice, Proof, ProofDocument, ServiceLine, ServiceReport

if TYPE_CHECKING:
    from django.db.models.expressions import BaseExpression


def content_of(proof: Proof) -> dict[str, Any]:
    """The proof with all its parts, as JSON. The head is the row as given, the parts are read from the database."""
    # The prefix keeps the parts apart from the model's own names.
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
        "activity_name": activity.name if activity else None,
        "campaign": activity.campaign.name if activity else None,
        "plan": activity.campaign.plan.case.reference if activity else None,
        "usage_period": proof.usage_period.label if proof.usage_period else None,
    }


def _parts() -> dict[str, "BaseExpression"]:
    own = OuterRef("pk")
    return {
        "components": _rows(_component_types(), code="code", name="name"),
        "invoices": _rows(Invoice.objects.filter(proof=own).order_by("pk"), **_invoice()),
        "reports": _rows(ServiceReport.objects.filter(proof=own).order_by("pk"), **_report()),
        "attendees": _rows(
            Attendee.objects.filter(proof=own).order_by("pk"), name="name", cost=Cast("cost", CharField())
        ),
        "documents": _rows(ProofDocument.objects.filter(proof=own).order_by("pk"), **_document()),
        "answers": _rows(
            Answer.objects.filter(proof=own).order_by("requirement__order", "requirement__code"),
            code="requirement__code",
            words="requirement__words",
            satisfied_by="requirement__satisfied_by",
            choices="requirement__choices",
            number=Cast("number", CharField()),
            url="url",
            text="text",
        ),
    }


def _rows(rows: QuerySet, **fields: Any) -> ArraySubquery:
    return ArraySubquery(rows.values(row=JSONObject(**fields)))


def _component_types() -> QuerySet:
    used = Proof.components.through.objects.filter(proof=OuterRef(OuterRef("pk"))).values("activitytype")
    return ActivityType.objects.filter(pk__in=used).order_by("order", "code")


def _invoice() -> dict[str, Any]:
    return {
        "id": "public_id",
        "supplier": "supplier",
        "number": "number",
        "date": "date",
        "currency": "currency",
        "net": Cast("net", CharField()),
        "tax": Cast("tax", CharField()),
        "rounding": Cast("rounding", CharField()),
        "gross": Cast("gross", CharField()),
        "file": _file(),
        "expenses": _expenses("invoice"),
    }


def _report() -> dict[str, Any]:
    lines = ServiceLine.objects.filter(report=OuterRef("pk")).order_by("pk")
    return {
        "id": "public_id",
        "work": "work",
        "statement": "statement",
        "certified_name": "certified_name",
        "certified_at": "certified_at",
        "lines": _rows(
            lines,
            person="person",
            role="role",
            starts="starts",
            ends="ends",
            hours=Cast("hours", CharField()),
            rate=Cast("rate", CharField()),
        ),
        "expenses": _expenses("report"),
    }


def _expenses(evidence: str) -> ArraySubquery:
    return _rows(
        ExpenseLine.objects.filter(**{evidence: OuterRef("pk")}).order_by("pk"),
        id="public_id",
        type="expense_type__code",
        type_name="expense_type__name",
        words="words",
        net=Cast("net", CharField()),
        tax=Cast("tax", CharField()),
        rounding=Cast("rounding", CharField()),
    )


def _document() -> dict[str, Any]:
    links = ProofDocument.proves.through.objects.filter(proofdocument=OuterRef(OuterRef("pk"))).values("requirement")
    proves = Requirement.objects.filter(pk__in=links).order_by("order", "code")
    return {
        "id": "public_id",
        "note": "note",
        "file": _file(),
        "proves": _rows(proves, code="code", words="words"),
    }


def _file() -> Subquery:
    """The newest version of the document of the row."""
    versions = DocumentVersion.objects.filter(document=OuterRef("document")).order_by("-number")
    fields = JSONObject(version="public_id", name="original_name", sha256="sha256", size="size", type="type")
    return Subquery(versions.values(row=fields)[:1])
