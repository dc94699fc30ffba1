"""Add, edit and remove third-party invoices and the costs taken from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import editing
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.services import record
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.services import remove as remove_document_file
from incentives_portal.money import format_amount, quantize
from incentives_portal.programs.models import EligibleExpense, ExpenseType

from .. import events, rules
from ..models import ExpenseLine, Invoice, Proof
from .parts import editing_part, take_over, update_rows

AMOUNTS = ("net", "tax", "rounding", "gross")
#: The fields by which costs are compared when they are updated.
COST = ("expense_type", "description", "net", "tax", "rounding")


@dataclass(frozen=True)
class InvoiceDetails:
    """The details of an invoice; amounts in its ``currency``.

    Net, tax and rounding (of either sign) add up to gross.
    """

    supplier: str
    number: str
    date: date
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    rounding: Decimal = Decimal(0)


@dataclass(frozen=True)
class ExpenseDraft:
    """A cost to be claimed from an invoice, in its currency.

    The type may be missing only if the activity reimburses every cost.
    """

    expense_type: ExpenseType | None
    net: Decimal
    tax: Decimal
    description: str = ""


def add_invoice(
    proof: Proof,
    *,
    actor: User,
    expected_version: int | None,
    version: DocumentVersion,
    details: InvoiceDetails,
    expenses: Sequence[ExpenseDraft] = (),
) -> Invoice:
    """Add an invoice with its file and the costs taken from it.

    Raises RuleViolation if net, tax and rounding do not add up to gross, the costs exceed the invoice, a type is
    not one of the activity's, or the invoice is on this proof already; and the errors of ``editing``.
    """
    with editing(
        proof, actor=actor, capability=rules.write_capability(proof), expected_version=expected_version
    ) as current:
        _check(current, details, expenses)
        invoice = Invoice(proof=current)
        invoice.document = take_over(invoice, version, "file")
        _write(invoice, details, expenses)
        record(
            current.case,
            actor,
            events.INVOICE_ADDED,
            capability=rules.write_capability(current),
            data=_event_data(invoice, version),
        )
    return invoice


def edit_invoice(
    invoice: Invoice,
    *,
    actor: User,
    expected_version: int | None,
    details: InvoiceDetails,
    expenses: Sequence[ExpenseDraft],
    version: DocumentVersion | None = None,
) -> Invoice:
    """Change an invoice and its costs; with ``version`` its file, too.

    The former file is kept for the record. Errors as of ``add_invoice``.
    """
    with editing_part(invoice, actor=actor, expected_version=expected_version) as (current, row):
        _check(current, details, expenses, row)
        if version is not None:
            former, row.document = row.document, take_over(row, version, "file")
            remove_document_file(former, actor)
        _write(row, details, expenses)
        record(
            current.case,
            actor,
            events.INVOICE_EDITED,
            capability=rules.write_capability(current),
            data=_event_data(row, version),
        )
    return row


def remove_invoice(invoice: Invoice, *, actor: User, expected_version: int | None) -> None:
    """Remove an invoice and its costs from the proof. Raises the errors of ``editing``."""
    with editing_part(invoice, actor=actor, expected_version=expected_version) as (current, row):
        data, document = _event_data(row), row.document
        row.delete()
        remove_document_file(document, actor)
        record(current.case, actor, events.INVOICE_REMOVED, capability=rules.write_capability(current), data=data)


def _check(
    proof: Proof, details: InvoiceDetails, expenses: Sequence[ExpenseDraft], own_row: Invoice | None = None
) -> None:
    amounts = {name: getattr(details, name) for name in AMOUNTS}
    if problem := rules.invoice_problem(currency=details.currency, **amounts):
        raise RuleViolation(problem[1], place=problem[0])
    check_expense_types(proof, [line.expense_type for line in expenses])
    _check_sums(details, expenses)
    same = proof.invoices.filter(supplier_key=rules.key_of(details.supplier), number_key=rules.key_of(details.number))
    if (same.exclude(pk=own_row.pk) if own_row else same).exists():
        raise RuleViolation(_("This invoice is already on this proof."), place="number")


def check_expense_types(proof: Proof, types: Sequence[ExpenseType | None]) -> None:
    """Raise RuleViolation for a type that the activity does not reimburse, or a missing one. One query."""
    eligible = set(EligibleExpense.objects.filter(type=proof.activity_type_id).values_list("expense", flat=True))
    if eligible and any(kind is None or kind.pk not in eligible for kind in types):
        raise RuleViolation(_("Choose one of the expense types of this activity."), place="expenses")


def _check_sums(details: InvoiceDetails, expenses: Sequence[ExpenseDraft]) -> None:
    if any(line.net <= 0 or line.tax < 0 for line in expenses):
        raise RuleViolation(_("Enter a net amount of more than zero for each cost."), place="expenses")
    net, tax = sum((line.net for line in expenses), Decimal(0)), sum((line.tax for line in expenses), Decimal(0))
    if net > details.net or tax > details.tax:
        raise RuleViolation(
            _("The costs add up to %(net)s net and %(tax)s tax, which is more than the invoice.")
            % {"net": format_amount(net, details.currency), "tax": format_amount(tax, details.currency)},
            place="expenses",
        )


def _write(invoice: Invoice, details: InvoiceDetails, expenses: Sequence[ExpenseDraft]) -> None:
    invoice.supplier, invoice.supplier_key = details.supplier.strip(), rules.key_of(details.supplier)
    invoice.number, invoice.number_key = details.number.strip(), rules.key_of(details.number)
    invoice.date, invoice.currency = details.date, details.currency
    for name in AMOUNTS:
        setattr(invoice, name, quantize(getattr(details, name), details.currency))
    invoice.save()
    rounding = rules.rounding_of_costs(
        [line.net + line.tax for line in expenses], rounding=invoice.rounding, gross=invoice.gross
    )
    rows = [
        ExpenseLine(
            proof=invoice.proof,
            invoice=invoice,
            expense_type=line.expense_type,
            description=line.description.strip(),
            net=quantize(line.net, details.currency),
            tax=quantize(line.tax, details.currency),
            rounding=part,
        )
        for line, part in zip(expenses, rounding, strict=True)
    ]
    update_rows(invoice.expenses.select_related("expense_type"), rows, COST)


def _event_data(invoice: Invoice, version: DocumentVersion | None = None) -> dict[str, str]:
    """Return the event's data: which invoice, its amount, and a new file if there is one."""
    file = {"file": version.original_name, "sha256": version.sha256} if version else {}
    return {"name": str(invoice), "gross": str(invoice.gross), "currency": invoice.currency, **file}
