"""Forms of the evidence of costs (third-party invoices and service reports), and of the list of attendees."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.forms import COMMENT_LIMIT
from incentives_portal.documents.fields import UploadField
from incentives_portal.money import CURRENCIES
from incentives_portal.programs.models import ExpenseType
from incentives_portal.screens.fields import DayField, LongTextField, MoneyFormField, NumberField

from .. import rules
from ..models import Proof
from ..services import AMOUNTS, AttendeeDraft, ExpenseDraft, InvoiceDetails, WorkDraft
from .base import PartForm, typed_currency
from .lines import LineForm, Lines


def eligible_types(proof: Proof) -> list[tuple[str, str]]:
    """Return the expense types of the activity as choices. One query. Empty if the activity reimburses every cost."""
    types = ExpenseType.objects.filter(eligible__type=proof.activity_type_id)
    return [(kind.code, str(kind)) for kind in types.order_by("pk")]


class ExpenseTypeField(forms.ChoiceField):
    """An expense type of the activity. The value is its code (see ``types_by_code``)."""

    def __init__(self, types: list[tuple[str, str]], **kwargs: Any) -> None:
        choices = [("", _("Choose an expense type")), *types]
        super().__init__(choices=choices, **({"label": _("Expense type")} | kwargs))


def types_by_code(codes: list[str]) -> dict[str, ExpenseType]:
    """Return the expense types by their codes. One query, none without codes."""
    return {kind.code: kind for kind in ExpenseType.objects.filter(code__in=codes)} if any(codes) else {}


class InvoiceForm(PartForm):
    """An invoice with its file and its details. Its currency decides how amounts are read."""

    file = UploadField(label=_("Invoice"))
    supplier = forms.CharField(label=_("Supplier"), max_length=120)
    number = forms.CharField(label=_("Invoice number"), max_length=60)
    date = DayField(label=_("Invoice date"))
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    net = MoneyFormField(label=_("Net amount"), positive=False)
    tax = MoneyFormField(label=_("Tax"), positive=False, help_text=_("Zero if there is none."))
    rounding = MoneyFormField(
        label=_("Rounding"),
        required=False,
        signed=True,
        help_text=_("As shown on the invoice. Enter a minus sign if it lowers the total."),
    )
    gross = MoneyFormField(label=_("Gross amount"), help_text=_("Net amount plus tax and rounding."))

    rows = (
        ("file", 12),
        ("supplier", 12),
        ("number", 4),
        ("date", 4),
        ("currency", 4),
        ("net", 3),
        ("tax", 3),
        ("rounding", 3),
        ("gross", 3),
    )

    def __init__(self, proof: Proof, *args: Any, has_file: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("currency", proof.currency)
        self.currency = typed_currency(self, "currency", proof.currency, CURRENCIES)
        for name in AMOUNTS:
            self.fields[name].currency = self.currency
        if has_file:
            self.fields["file"].required = False
            self.fields["file"].label = _("Replace the file (optional)")

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if "rounding" in cleaned:
            cleaned["rounding"] = cleaned["rounding"] or Decimal(0)
        if all(cleaned.get(name) is not None for name in AMOUNTS):
            problem = rules.invoice_problem(currency=self.currency, **{name: cleaned[name] for name in AMOUNTS})
            if problem:
                self.add_error(*problem)
        return cleaned

    def details(self) -> InvoiceDetails:
        details = {name: value for name, value in self.cleaned_data.items() if name != "file"}
        return InvoiceDetails(**details)


class ExpenseLineForm(LineForm):
    """A cost taken from an invoice, in the invoice's currency."""

    def __init__(self, *args: Any, types: list[tuple[str, str]], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        remove = self.fields.pop("remove")
        if types:
            self.fields["expense_type"] = ExpenseTypeField(types)
        self.fields["description"] = forms.CharField(label=_("Description"), required=False, max_length=200)
        self.fields["net"] = MoneyFormField(label=_("Net amount"), required=False, currency=currency)
        self.fields["tax"] = MoneyFormField(label=_("Tax"), required=False, positive=False, currency=currency)
        self.fields["remove"] = remove


def check_expenses(lines: Lines) -> None:
    """Add an error to each line without a net amount, unless it is the only one.

    A single line without an amount stands for the whole invoice.
    """
    wanted = [form for form in lines.forms if form.is_valid() and form.is_wanted]
    for form in wanted:
        if form.cleaned_data.get("net") is None and len(wanted) > 1:
            form.add_error("net", gettext("Enter the net amount of this cost."))


def expense_drafts(lines: Lines, details: InvoiceDetails) -> list[ExpenseDraft]:
    """Return the costs for the service. A single line without amounts becomes the whole invoice."""
    wanted = list(lines.wanted())
    types = types_by_code([line.get("expense_type", "") for line in wanted])
    return [
        ExpenseDraft(
            expense_type=types.get(line.get("expense_type", "")),
            description=line["description"],
            net=details.net if line["net"] is None else line["net"],
            tax=_tax(line, details),
        )
        for line in wanted
    ]


def _tax(line: dict[str, Any], details: InvoiceDetails) -> Decimal:
    if line["tax"] is not None:
        return line["tax"]
    return details.tax if line["net"] is None else Decimal(0)


class ReportForm(PartForm):
    """A service report: what was done. Its lines say who did it."""

    work = LongTextField(
        label=_("Description of the work"),
        max_length=COMMENT_LIMIT,
        rows=4,
        help_text=_("The work that your own staff did for this activity."),
    )

    def __init__(self, *args: Any, types: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if types:
            self.fields["expense_type"] = ExpenseTypeField(types)


class WorkLineForm(LineForm):
    """A person's hours, and the hourly rate in the proof's currency."""

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        remove = self.fields.pop("remove")
        self.fields["person"] = forms.CharField(label=_("Person"), max_length=120)
        self.fields["role"] = forms.CharField(label=_("Role"), max_length=120)
        self.fields["starts"] = DayField(label=_("From"))
        self.fields["ends"] = DayField(label=_("To"))
        self.fields["hours"] = NumberField(label=_("Hours"), min_value=Decimal("0.25"), max_digits=8)
        self.fields["rate"] = MoneyFormField(label=_("Hourly rate"), currency=currency)
        self.fields["remove"] = remove

    def clean(self) -> dict[str, Any]:
        starts, ends = self.cleaned_data.get("starts"), self.cleaned_data.get("ends")
        if starts and ends and ends < starts:
            self.add_error("ends", gettext("The work ends before it starts."))
        return self.cleaned_data


def work_drafts(lines: Lines) -> Iterator[WorkDraft]:
    for line in lines.wanted():
        yield WorkDraft(**line)


class CertifyForm(PartForm):
    """Certifies a report by confirming the statement."""

    confirmed = forms.BooleanField(error_messages={"required": _("Confirm the statement.")})

    def __init__(self, statement: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirmed"].label = statement


class AttendeeLineForm(LineForm):
    """An attendee, and the cost in the proof's currency."""

    widths: ClassVar[dict[str, int]] = {"name": 6}

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        remove = self.fields.pop("remove")
        self.fields["name"] = forms.CharField(label=_("Name"), max_length=120)
        self.fields["cost"] = MoneyFormField(label=_("Cost"), required=False, positive=False, currency=currency)
        self.fields["remove"] = remove


def attendee_drafts(lines: Lines) -> Iterator[AttendeeDraft]:
    for line in lines.wanted():
        yield AttendeeDraft(line["name"], line["cost"] if line["cost"] is not None else Decimal(0))
