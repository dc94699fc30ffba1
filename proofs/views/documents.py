"""Pages of proof documents: several files at once, then a note for each; and the files themselves."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from incentives_portal.documents import serving

from .. import rules, services
from ..facts import requirements_for
from ..forms import DocumentsForm, EditDocumentForm, NoteForm, notes_for, provable
from ..models import ProofDocument
from ..snapshot import content_of, read
from .base import PartView, RemoveView
from .fetching import file_or_404


class DocumentView(PartView):
    """A page for contributors, too: adding files, and changing their own."""

    place = "documents"
    capability = rules.CONTRIBUTE
    model = ProofDocument

    def load(self) -> None:
        super().load()
        may_change = not self.part or rules.may_change_document(self.request.user, self.proof, self.part)
        if self.proof.is_editable and not may_change:
            raise PermissionDenied


class AddDocumentsView(DocumentView):
    """Uploads files, then asks for a note for each. Files are stored immediately, so that no error loses one."""

    template_name = "proofs/documents.html"
    heading = gettext_lazy("Add proof documents")

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        self.notes: list[tuple[Any, NoteForm]] = []
        return {"form": self._uploads(data, files)}

    def _uploads(self, *args: Any) -> DocumentsForm:
        form = DocumentsForm(*args)
        form.fields["files"].bind(actor=self.request.user, organisation=self.proof.case.organisation)
        return form

    def is_valid(self, page_forms: dict[str, Any]) -> bool:
        """Validate the files, then the note of each stored file.

        Files whose note was not on the posted page are not errors; the page asks for the note next.
        """
        form = page_forms["form"]
        good = form.is_valid()
        requirements = provable(requirements_for(self.proof, read(content_of(self.proof))))
        self.notes = list(notes_for(form["files"].value() or [], requirements, self.request.POST))
        return good and not [note for _item, note in self.notes if not note.is_valid()]

    def page(self, page_forms: dict[str, Any], status: int = 200, **more: Any) -> HttpResponse:
        """Show the notes, and the upload control without its own list of files.

        The status is 200 if files wait for their first note: this is the next step and no error.
        """
        notes = [note for _item, note in self.notes]
        if notes and status == 422 and not any(form.errors for form in (page_forms["form"], *notes)):
            status = 200
        blank = self._uploads()
        blank.fields["files"].required = not notes
        return super().page(page_forms, status, notes=self.notes, note_forms=notes, blank=blank, **more)

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.add_documents(
            self.proof,
            actor=self.request.user,
            expected_version=expected_version,
            documents=[
                services.DocumentDraft(item.version, note.cleaned_data["note"], note.proves())
                for item, note in self.notes
            ],
        )
        count = len(self.notes)
        return ngettext("%(count)s document is saved.", "%(count)s documents are saved.", count) % {"count": count}


class EditDocumentView(DocumentView):
    @property
    def heading(self) -> str:
        return _("Edit the document %(name)s") % {"name": self.file_name}

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        folder = read(content_of(self.proof))
        part = folder.document(self.kwargs["part_id"])
        self.file_name = part.file.name if part else ""
        proven = [requirement.code for requirement in part.proves] if part else []
        initial = {"note": part.note, "proves": proven} if part and data is None else {}
        requirements = provable(requirements_for(self.proof, folder, also=proven))
        form = EditDocumentForm(self.file_name, requirements, data, files, initial=initial)
        form.fields["file"].bind(actor=self.request.user, organisation=self.proof.case.organisation)
        return {"form": form}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        form = page_forms["form"]
        services.edit_document(
            self.part,
            actor=self.request.user,
            expected_version=expected_version,
            note=form.cleaned_data["note"],
            proves=form.proves(),
            version=form.cleaned_data["file"],
        )
        return _("The document is saved.")


class RemoveDocumentView(DocumentView, RemoveView):
    @property
    def heading(self) -> str:
        name = self.part.document.versions.order_by("-number")[0].original_name
        return _("Remove the document %(name)s?") % {"name": name}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.remove_document(self.part, actor=self.request.user, expected_version=expected_version)
        return _("The document is removed.")


@require_safe
def download(request: HttpRequest, public_id: UUID, version_id: UUID) -> HttpResponseBase:
    """Download a file of the proof: the partner gets the original, others a sanitized copy."""
    return serving.file_response(file_or_404(request, public_id, version_id), request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def original(request: HttpRequest, public_id: UUID, version_id: UUID) -> HttpResponseBase:
    """Download the original after a warning."""
    version = file_or_404(request, public_id, version_id)
    return serving.original_response(request, version, back=reverse("proofs:detail", args=[public_id]))


@require_safe
def content(request: HttpRequest, public_id: UUID, version_id: UUID) -> HttpResponseBase:
    """Show the table or text in a file of the proof as a page."""
    version = file_or_404(request, public_id, version_id)
    return serving.content_response(request, version, back=reverse("proofs:detail", args=[public_id]))


@require_safe
def page_image(request: HttpRequest, public_id: UUID, version_id: UUID, number: int) -> HttpResponseBase:
    """Return one page of a file of the proof as an image that the portal has rendered."""
    return serving.page_response(file_or_404(request, public_id, version_id), number, request.user)
