"""The services that write proofs and their parts: one function per verb.

Nothing else writes them. Each edit increments the version of the proof's case.
"""

from .answers import ANSWERABLE, save_answers
from .basics import AttendeeDraft, Basics, edit_basics, save_attendees, set_final_comments
from .creating import Beginning, create_proof_for_activity, create_proof_for_period
from .documents import DocumentDraft, add_documents, edit_document, remove_document
from .invoices import AMOUNTS, ExpenseDraft, InvoiceDetails, add_invoice, edit_invoice, remove_invoice
from .parts import keep_sent_files
from .reports import WORK, WorkDraft, add_report, certify_report, edit_report, remove_report

__all__ = [
    "AMOUNTS",
    "ANSWERABLE",
    "WORK",
    "AttendeeDraft",
    "Basics",
    "Beginning",
    "DocumentDraft",
    "ExpenseDraft",
    "InvoiceDetails",
    "WorkDraft",
    "add_documents",
    "add_invoice",
    "add_report",
    "certify_report",
    "create_proof_for_activity",
    "create_proof_for_period",
    "edit_basics",
    "edit_document",
    "edit_invoice",
    "edit_report",
    "keep_sent_files",
    "remove_document",
    "remove_invoice",
    "remove_report",
    "save_answers",
    "save_attendees",
    "set_final_comments",
]
