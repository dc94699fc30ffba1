"""Forms of the evidence of costs (third-party invoices and service reports), and of the list of attendees."""

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
from ..services import AMOUNTS, ExpenseDraft, InvoiceDetails
from .base import PartForm
from .lines import LineForm, Lines

#: What certifies a service report. It is stored with the report, in the language in which it was read.
STATEMENT = _(
    "I certify that our own staff did this work in the stated time and that the hourly rates are our actual costs."
)


def eligible_types(proof: Proof) -> list[tuple[str, str]]:
    """Return the expense types of the activity as choices. One query. Empty if the activity reimburses every cost."""
    types = ExpenseType.objects.filter(eligible__type=proof.activity_type_id)
    return [(kind.code, str(kind)) for kind in types.order_by("pk")]


def expense_type_field(types: list[tuple[str, str]]) -> forms.ChoiceField:
    """Return the field for an expense type of the activity. The value is its code (see ``types_by_code``)."""
    return forms.ChoiceField(choices=[("", _("Choose an expense type")), *types], label=_("Expense type"))


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
        chosen = self["currency"].value()
        self.currency = chosen if chosen in CURRENCIES else proof.currency
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


class ExpenseLineForm(LineForm):
    """A cost taken from an invoice, in the invoice's currency."""

    description = forms.CharField(label=_("Description"), required=False, max_length=200)
    net = MoneyFormField(label=_("Net amount"), required=False)
    tax = MoneyFormField(label=_("Tax"), required=False, positive=False)

    def __init__(self, *args: Any, types: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if types:
            self.fields["expense_type"] = expense_type_field(types)
            self.order_fields(["expense_type"])


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
            tax=(details.tax if line["net"] is None else Decimal(0)) if line["tax"] is None else line["tax"],
        )
        for line in wanted
    ]


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
            self.fields["expense_type"] = expense_type_field(types)


class WorkLineForm(LineForm):
    """A person's hours, and the hourly rate in the proof's currency."""

    person = forms.CharField(label=_("Person"), max_length=120)
    role = forms.CharField(label=_("Role"), max_length=120)
    starts = DayField(label=_("From"))
    ends = DayField(label=_("To"))
    hours = NumberField(label=_("Hours"), min_value=Decimal("0.25"), max_digits=8)
    rate = MoneyFormField(label=_("Hourly rate"))

    def clean(self) -> dict[str, Any]:
        starts, ends = self.cleaned_data.get("starts"), self.cleaned_data.get("ends")
        if starts and ends and ends < starts:
            self.add_error("ends", gettext("The work ends before it starts."))
        return self.cleaned_data


class CertifyForm(PartForm):
    confirmed = forms.BooleanField(label=STATEMENT, error_messages={"required": _("Confirm the statement.")})


class AttendeeLineForm(LineForm):
    """An attendee, and the cost in the proof's currency."""

    widths: ClassVar[dict[str, int]] = {"name": 6}
    name = forms.CharField(label=_("Name"), max_length=120)
    cost = MoneyFormField(label=_("Cost"), required=False, positive=False)
