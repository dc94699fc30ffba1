"""Pages of the evidence of costs: third-party invoices and certified service reports."""

from typing import Any

from django.forms import model_to_dict
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import services
from ..forms import (
    STATEMENT,
    CertifyForm,
    ExpenseLineForm,
    InvoiceForm,
    ReportForm,
    WorkLineForm,
    check_expenses,
    eligible_types,
    expense_drafts,
    lines_of,
    types_by_code,
)
from ..models import Invoice, ServiceReport
from .base import PartView, RemoveView


class InvoiceView(PartView):
    """The form of an invoice with its costs, to add one or to edit it."""

    template_name = "proofs/invoice.html"
    place = "invoices"
    model = Invoice

    @property
    def heading(self) -> str:
        return _("Edit the invoice") if "part_id" in self.kwargs else _("Add invoice")

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        initial = model_to_dict(self.part, InvoiceForm.base_fields) if self.part else {}
        # Leave the field empty: most invoices have no rounding.
        initial["rounding"] = initial.get("rounding") or None
        form = InvoiceForm(self.proof, data, files, initial=initial, has_file=self.part is not None)
        form.fields["file"].bind(actor=self.request.user, organisation=self.proof.case.organisation)
        costs = self.part.expenses.select_related("expense_type") if self.part and data is None else ()
        rows = [
            {
                "expense_type": line.expense_type.code if line.expense_type else "",
                "description": line.description,
                "net": line.net,
                "tax": line.tax,
            }
            for line in costs
        ]
        types = eligible_types(self.proof)
        return {"form": form, "lines": lines_of(ExpenseLineForm, data, rows, types=types, currency=form.currency)}

    def is_valid(self, page_forms: dict[str, Any]) -> bool:
        super().is_valid(page_forms)
        check_expenses(page_forms["lines"])
        return super().is_valid(page_forms)

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        cleaned = page_forms["form"].cleaned_data
        details = services.InvoiceDetails(**{name: value for name, value in cleaned.items() if name != "file"})
        write = services.edit_invoice if self.part else services.add_invoice
        write(
            self.part or self.proof,
            actor=self.request.user,
            expected_version=expected_version,
            version=cleaned["file"],
            details=details,
            expenses=expense_drafts(page_forms["lines"], details),
        )
        return _("The invoice is saved.")


class RemoveInvoiceView(RemoveView):
    place = "invoices"
    model = Invoice

    @property
    def heading(self) -> str:
        return _("Remove the invoice %(name)s?") % {"name": self.part}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.remove_invoice(self.part, actor=self.request.user, expected_version=expected_version)
        return _("The invoice is removed.")


class ReportView(PartView):
    """*Generate report*, or edit it: what was done, and who did it."""

    template_name = "proofs/report.html"
    place = "reports"
    model = ServiceReport

    @property
    def heading(self) -> str:
        return _("Edit the service report") if "part_id" in self.kwargs else _("Generate report")

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        initial, rows = {}, ()
        if self.part and data is None:
            code = self.part.expenses.values_list("expense_type__code", flat=True).first()
            initial = {"work": self.part.work, "expense_type": code}
            rows = self.part.lines.values(*services.WORK)
        form = ReportForm(data, types=eligible_types(self.proof), initial=initial)
        return {"form": form, "lines": lines_of(WorkLineForm, data, rows, currency=self.proof.currency)}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        cleaned = page_forms["form"].cleaned_data
        code = cleaned.get("expense_type", "")
        write = services.edit_report if self.part else services.add_report
        write(
            self.part or self.proof,
            actor=self.request.user,
            expected_version=expected_version,
            work=cleaned["work"],
            expense_type=types_by_code([code]).get(code),
            lines=[services.WorkDraft(**line) for line in page_forms["lines"].wanted()],
        )
        if self.part:
            return _("The service report is saved. Certify it next.")
        return _("The service report is generated. Certify it next.")


class CertifyReportView(PartView):
    """Shows the report and the statement to confirm. Name and time are those of the user who confirms."""

    template_name = "proofs/certify.html"
    place = "reports"
    model = ServiceReport
    heading = gettext_lazy("Certify the service report")
    gone = PartView.locked

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        return {"form": CertifyForm(data)}

    def page(self, page_forms: dict[str, Any], status: int = 200, **more: Any) -> HttpResponse:
        lines = self.part.lines.all()
        total = sum(line.hours * line.rate for line in lines)
        return super().page(page_forms, status, report=self.part, work_lines=lines, total=total, **more)

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.certify_report(
            self.part, actor=self.request.user, expected_version=expected_version, statement=str(STATEMENT)
        )
        return _("The service report is certified.")


class RemoveReportView(RemoveView):
    place = "reports"
    model = ServiceReport

    @property
    def heading(self) -> str:
        return _("Remove the service report “%(name)s”?") % {"name": self.part}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.remove_report(self.part, actor=self.request.user, expected_version=expected_version)
        return _("The service report is removed.")
