"""The kinds of events of a proof. Each sentence follows the actor's name and may use the keys of the event's data."""

from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.event_kinds import EventKind, register

CREATED = "proofs.proof.created"
EDITED = "proofs.proof.edited"
COMMENTS_EDITED = "proofs.comments.edited"
INVOICE_ADDED = "proofs.invoice.added"
INVOICE_EDITED = "proofs.invoice.edited"
INVOICE_REMOVED = "proofs.invoice.removed"
REPORT_ADDED = "proofs.report.added"
REPORT_EDITED = "proofs.report.edited"
REPORT_CERTIFIED = "proofs.report.certified"
REPORT_REMOVED = "proofs.report.removed"
DOCUMENTS_ADDED = "proofs.documents.added"
DOCUMENT_EDITED = "proofs.document.edited"
DOCUMENT_REMOVED = "proofs.document.removed"
ATTENDEES_EDITED = "proofs.attendees.edited"
ANSWERS_SAVED = "proofs.answers.saved"
FILE_INFECTED = "proofs.file.infected"
FILE_REFUSED = "proofs.file.refused"

register(
    EventKind(CREATED, _("created a proof of execution: %(name)s"), "plus-lg"),
    EventKind(EDITED, _("edited the proof"), "pencil"),
    EventKind(COMMENTS_EDITED, _("edited the final comments"), "pencil"),
    EventKind(INVOICE_ADDED, _("added the invoice %(name)s"), "paperclip"),
    EventKind(INVOICE_EDITED, _("edited the invoice %(name)s"), "pencil"),
    EventKind(INVOICE_REMOVED, _("removed the invoice %(name)s"), "trash"),
    EventKind(REPORT_ADDED, _("generated a service report: %(name)s"), "plus-lg"),
    EventKind(REPORT_EDITED, _("edited the service report %(name)s; it must be certified again"), "pencil"),
    EventKind(REPORT_CERTIFIED, _("certified the service report %(name)s"), "check-lg", "green"),
    EventKind(REPORT_REMOVED, _("removed the service report %(name)s"), "trash"),
    EventKind(DOCUMENTS_ADDED, _("added %(files)s"), "paperclip"),
    EventKind(DOCUMENT_EDITED, _("edited the note or file of %(name)s"), "pencil"),
    EventKind(DOCUMENT_REMOVED, _("removed %(name)s"), "trash"),
    EventKind(ATTENDEES_EDITED, _("edited the list of attendees"), "pencil"),
    EventKind(ANSWERS_SAVED, _("entered metrics and answers"), "pencil"),
    EventKind(FILE_REFUSED, _("rejected %(name)s, uploaded by %(sender)s, when the file was checked"), "x-lg", "red"),
    EventKind(FILE_INFECTED, _("found %(finding)s in %(name)s, uploaded by %(sender)s"), "exclamation-circle", "red"),
)
