"""The forms of a proof. Each part has its own form and page, so that everything works without JavaScript."""

from .answers import AnswersForm
from .base import PartForm
from .basics import BasicsForm, ClaimBasicsForm, CommentsForm, NewProofForm
from .costs import (
    STATEMENT,
    AttendeeLineForm,
    CertifyForm,
    ExpenseLineForm,
    InvoiceForm,
    ReportForm,
    WorkLineForm,
    check_expenses,
    eligible_types,
    expense_drafts,
    types_by_code,
)
from .documents import DocumentsForm, EditDocumentForm, NoteForm, notes_for, provable
from .lines import lines_of

__all__ = [
    "STATEMENT",
    "AnswersForm",
    "AttendeeLineForm",
    "BasicsForm",
    "CertifyForm",
    "ClaimBasicsForm",
    "CommentsForm",
    "DocumentsForm",
    "EditDocumentForm",
    "ExpenseLineForm",
    "InvoiceForm",
    "NewProofForm",
    "NoteForm",
    "PartForm",
    "ReportForm",
    "WorkLineForm",
    "check_expenses",
    "eligible_types",
    "expense_drafts",
    "lines_of",
    "notes_for",
    "provable",
    "types_by_code",
]
