"""The forms of a proof. Each part has its own form and page, so that everything works without JavaScript."""

from .answers import AnswersForm
from .base import PartForm
from .basics import BasicsForm, ClaimBasicsForm, CommentsForm, NewProofForm
from .costs import (
    AttendeeLineForm,
    CertifyForm,
    ExpenseLineForm,
    InvoiceForm,
    ReportForm,
    WorkLineForm,
    attendee_drafts,
    check_expenses,
    eligible_types,
    expense_drafts,
    types_by_code,
    work_drafts,
)
from .documents import DocumentsForm, EditDocumentForm, NoteForm, draft_of, notes_for, provable
from .lines import MORE, LineForm, Lines, lines_of

__all__ = [
    "MORE",
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
    "LineForm",
    "Lines",
    "NewProofForm",
    "NoteForm",
    "PartForm",
    "ReportForm",
    "WorkLineForm",
    "attendee_drafts",
    "check_expenses",
    "draft_of",
    "eligible_types",
    "expense_drafts",
    "lines_of",
    "notes_for",
    "provable",
    "types_by_code",
    "work_drafts",
]
