"""Pages of proof documents: several files at once, then a note for each; and the files themselves."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from incentives_portal.documents import serving
from incentives_portal.programs.models import Requirement

from .. import rules, services
from ..facts import requirements_for
from ..forms import DocumentsForm, EditDocumentForm, draft_of, notes_for, provable
from ..models import ProofDocument
from ..snapshot import ProofFolder, content_of, read
from .base import DocumentView, RemoveView
from .fetching import part_or_404, proof_or_404, version_or_404


class AddDocumentsView(DocumentView):
    """Uploads files, then asks for a note for each. Files are stored immediately, so that no error loses one."""

    template_name = "proofs/documents.html"

    def heading(self) -> str:
        return _("Add proof documents")

    @cached_property
    def requirements(self) -> list[Requirement]:
        return provable(requirements_for(self.proof, read(content_of(self.proof))))

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        form = DocumentsForm(data, files)
        form.fields["files"].bind(actor=self.request.user, organisation=self.proof.case.organisation)
        self.notes: list[tuple[Any, Any]] = []
        return {"form": form}

    def is_valid(self, page_forms: dict[str, Any]) -> bool:
        """Validate the files, then the note of each stored file.

        Files whose note was not on the posted page are not errors; the page asks for the note next.
        """
        form = page_forms["form"]
        good = form.is_valid()
        self.notes = notes_for(form.stored(), self.requirements, self.request.POST)
        return good and not [note for _item, note in self.notes if not note.is_valid()]

    def page_context(self, page_forms: dict[str, Any]) -> dict[str, Any]:
        """Return the notes, and the upload control without its own list of files."""
        blank = DocumentsForm()
        blank.fields["files"].bind(actor=self.request.user, organisation=self.proof.case.organisation)
        blank.fields["files"].required = not self.notes
        return {"notes": self.notes, "note_forms": [note for _item, note in self.notes], "blank": blank}

    def page(self, page_forms: dict[str, Any], status: int = 200, **more: Any) -> HttpResponse:
        """Render with status 200 if files wait for their first note: this is the next step and no error."""
        form = page_forms["form"]
        waiting = bool(self.notes) and not form.errors and not any(note.errors for _item, note in self.notes)
        return super().page(page_forms, 200 if waiting and status == 422 else status, **more)

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        drafts = [draft_of(item.version, note) for item, note in self.notes]
        services.add_documents(self.proof, actor=self.request.user, expected_version=expected_version, documents=drafts)
        count = len(drafts)
        return ngettext("%(count)s document is saved.", "%(count)s documents are saved.", count) % {"count": count}


class EditDocumentView(DocumentView):
    row: ProofDocument | None = None

    def heading(self) -> str:
        return _("Edit the document %(name)s") % {"name": self.file_name}

    def load(self) -> None:
        self.row = changeable_or_403(self)

    @cached_property
    def folder(self) -> ProofFolder:
        return read(content_of(self.proof))

    @property
    def file_name(self) -> str:
        part = self.folder.document(self.kwargs["part_id"])
        return part.file.name if part else ""

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        folder = self.folder
        part = folder.document(self.row.public_id) if self.row else None
        proven = [proof.code for proof in part.proves] if part else []
        initial = {"note": self.row.note, "proves": proven} if self.row and data is None else {}
        requirements = provable(requirements_for(self.proof, folder, also=proven))
        form = EditDocumentForm(requirements, data, files, initial=initial)
        form.fields["file"].bind(actor=self.request.user, organisation=self.proof.case.organisation)
        form.named_after(self.file_name)
        return {"form": form}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        form = page_forms["form"]
        services.edit_document(
            self.row,
            actor=self.request.user,
            expected_version=expected_version,
            note=form.cleaned_data["note"],
            proves=form.proves(),
            version=form.cleaned_data["file"],
        )
        return _("The document is saved.")


class RemoveDocumentView(DocumentView, RemoveView):
    def heading(self) -> str:
        return _("Remove the document %(name)s?") % {"name": self.file_name}

    def load(self) -> None:
        self.row = changeable_or_403(self)
        self.file_name = self.row.document.versions.order_by("-number")[0].original_name

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.remove_document(self.row, actor=self.request.user, expected_version=expected_version)
        return _("The document is removed.")


def changeable_or_403(view: DocumentView) -> ProofDocument:
    """Return the document of the page if the user may change it: contributors change only their own."""
    row = part_or_404(ProofDocument, view.proof, view.kwargs["part_id"])
    if view.proof.is_editable and not rules.may_change_document(view.request.user, view.proof, row):
        raise PermissionDenied
    return row


@require_safe
def download(request: HttpRequest, public_id: UUID, version_id: UUID) -> HttpResponseBase:
    """Download a file of the proof: the partner gets the original, others a sanitized copy."""
    proof = proof_or_404(request, public_id)
    return serving.file_response(version_or_404(proof, request.user, version_id), request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def original(request: HttpRequest, public_id: UUID, version_id: UUID) -> HttpResponseBase:
    """Download the original after a warning."""
    proof = proof_or_404(request, public_id)
    version = version_or_404(proof, request.user, version_id)
    return serving.original_response(request, version, back=proof.get_absolute_url())


@require_safe
def content(request: HttpRequest, public_id: UUID, version_id: UUID) -> HttpResponseBase:
    """Show the table or text in a file of the proof as a page."""
    proof = proof_or_404(request, public_id)
    version = version_or_404(proof, request.user, version_id)
    return serving.content_response(request, version, back=proof.get_absolute_url())


@require_safe
def page_image(request: HttpRequest, public_id: UUID, version_id: UUID, number: int) -> HttpResponseBase:
    """Return one page of a file of the proof as an image that the portal has rendered."""
    proof = proof_or_404(request, public_id)
    version = version_or_404(proof, request.user, version_id)
    return serving.page_response(version, number)
