"""Pages of the evidence of costs: third-party invoices and certified service reports."""

from typing import Any

from django.http import HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from .. import services
from ..forms import (
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
    work_drafts,
)
from ..models import Invoice, ServiceReport
from .base import PartView, RemoveView
from .fetching import part_or_404

_DETAILS = ("supplier", "number", "date", "currency", *services.AMOUNTS)


class _InvoiceView(PartView):
    """The form of an invoice with its costs."""

    template_name = "proofs/invoice.html"
    place = "invoices"
    invoice: Invoice | None = None

    @cached_property
    def types(self) -> list[tuple[str, str]]:
        return eligible_types(self.proof)

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        invoice = self.invoice
        initial = {name: getattr(invoice, name) for name in _DETAILS} if invoice else {}
        # Leave the field empty: most invoices have no rounding.
        initial["rounding"] = initial.get("rounding") or None
        form = InvoiceForm(self.proof, data, files, initial=initial, has_file=invoice is not None)
        form.fields["file"].bind(actor=self.request.user, organisation=self.proof.case.organisation)
        line_arguments = {"types": self.types, "currency": form.currency}
        rows = _cost_rows(invoice) if invoice and data is None else []
        return {"form": form, "lines": lines_of(ExpenseLineForm, data, initial=rows, form_kwargs=line_arguments)}

    def is_valid(self, page_forms: dict[str, Any]) -> bool:
        super().is_valid(page_forms)
        check_expenses(page_forms["lines"])
        return super().is_valid(page_forms)


def _cost_rows(invoice: Invoice) -> list[dict[str, Any]]:
    """Return the costs of an invoice as initial values. One query."""
    return [
        {
            "expense_type": line.expense_type.code if line.expense_type else "",
            "description": line.description,
            "net": line.net,
            "tax": line.tax,
        }
        for line in invoice.expenses.select_related("expense_type")
    ]


class AddInvoiceView(_InvoiceView):
    def heading(self) -> str:
        return _("Add invoice")

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        form = page_forms["form"]
        details = form.details()
        services.add_invoice(
            self.proof,
            actor=self.request.user,
            expected_version=expected_version,
            version=form.cleaned_data["file"],
            details=details,
            expenses=expense_drafts(page_forms["lines"], details),
        )
        return _("The invoice is saved.")


class EditInvoiceView(_InvoiceView):
    def heading(self) -> str:
        return _("Edit the invoice")

    def load(self) -> None:
        self.invoice = part_or_404(Invoice, self.proof, self.kwargs["part_id"])

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        form = page_forms["form"]
        details = form.details()
        services.edit_invoice(
            self.invoice,
            actor=self.request.user,
            expected_version=expected_version,
            details=details,
            expenses=expense_drafts(page_forms["lines"], details),
            version=form.cleaned_data["file"],
        )
        return _("The invoice is saved.")


class RemoveInvoiceView(RemoveView):
    place = "invoices"

    def heading(self) -> str:
        return _("Remove the invoice %(name)s?") % {"name": self.invoice}

    def load(self) -> None:
        self.invoice = part_or_404(Invoice, self.proof, self.kwargs["part_id"])

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.remove_invoice(self.invoice, actor=self.request.user, expected_version=expected_version)
        return _("The invoice is removed.")


class _ReportView(PartView):
    """*Generate report*: what was done, and who did it."""

    template_name = "proofs/report.html"
    place = "reports"
    report: ServiceReport | None = None

    @cached_property
    def types(self) -> list[tuple[str, str]]:
        return eligible_types(self.proof)

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        report = self.report
        form = ReportForm(data, types=self.types, initial=_report_initial(report) if report and data is None else {})
        rows = list(report.lines.values(*_WORK)) if report and data is None else []
        currency = {"currency": self.proof.currency}
        return {"form": form, "lines": lines_of(WorkLineForm, data, initial=rows, form_kwargs=currency)}

    def content(self, page_forms: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments for the service."""
        form = page_forms["form"]
        code = form.cleaned_data.get("expense_type", "")
        return {
            "work": form.cleaned_data["work"],
            "expense_type": types_by_code([code]).get(code),
            "lines": list(work_drafts(page_forms["lines"])),
        }


_WORK = ("person", "role", "starts", "ends", "hours", "rate")


def _report_initial(report: ServiceReport) -> dict[str, Any]:
    cost = report.expenses.select_related("expense_type").first()
    code = cost.expense_type.code if cost and cost.expense_type else ""
    return {"work": report.work, "expense_type": code}


class AddReportView(_ReportView):
    def heading(self) -> str:
        return _("Generate report")

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.add_report(
            self.proof, actor=self.request.user, expected_version=expected_version, **self.content(page_forms)
        )
        return _("The service report is generated. Certify it next.")


class EditReportView(_ReportView):
    def heading(self) -> str:
        return _("Edit the service report")

    def load(self) -> None:
        self.report = part_or_404(ServiceReport, self.proof, self.kwargs["part_id"])

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.edit_report(
            self.report, actor=self.request.user, expected_version=expected_version, **self.content(page_forms)
        )
        return _("The service report is saved. Certify it next.")


class CertifyReportView(PartView):
    """Shows the report and the statement to confirm. Name and time are those of the user who confirms."""

    template_name = "proofs/certify.html"
    place = "reports"

    def heading(self) -> str:
        return _("Certify the service report")

    def load(self) -> None:
        self.report = part_or_404(ServiceReport, self.proof, self.kwargs["part_id"])

    def gone(self) -> HttpResponse:
        return self.locked()

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        return {"form": CertifyForm(statement(), data)}

    def page_context(self, page_forms: dict[str, Any]) -> dict[str, Any]:
        lines = list(self.report.lines.all())
        total = sum(line.hours * line.rate for line in lines)
        return {"report": self.report, "work_lines": lines, "total": total}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.certify_report(
            self.report, actor=self.request.user, expected_version=expected_version, statement=statement()
        )
        return _("The service report is certified.")


def statement() -> str:
    """Return the statement to certify, in the reader's language. It is stored with the report."""
    return _(
        "I certify that our own staff did this work in the stated time and that the hourly rates are our actual costs."
    )


class RemoveReportView(RemoveView):
    place = "reports"

    def heading(self) -> str:
        return _("Remove the service report “%(name)s”?") % {"name": self.report}

    def load(self) -> None:
        self.report = part_or_404(ServiceReport, self.proof, self.kwargs["part_id"])

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.remove_report(self.report, actor=self.request.user, expected_version=expected_version)
        return _("The service report is removed.")
