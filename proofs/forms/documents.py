"""Forms of proof documents: several files at once, then a note and requirements for each."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incentives_portal.documents.fields import MultipleUploadField, UploadField
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.programs.enums import SatisfiedBy
from incentives_portal.programs.models import Requirement

from ..services import DocumentDraft
from .base import PartForm


def provable(requirements: Sequence[Requirement]) -> list[Requirement]:
    """Return the requirements that a document can prove."""
    return [row for row in requirements if row.satisfied_by == SatisfiedBy.DOCUMENT]


class ProvesField(forms.MultipleChoiceField):
    """A choice of requirements of the activity, by their codes."""

    def __init__(self, requirements: Sequence[Requirement], **kwargs: Any) -> None:
        choices = [(row.code, str(row)) for row in requirements]
        super().__init__(
            choices=choices,
            label=_("Proves (optional)"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            **kwargs,
        )


class NoteForm(PartForm):
    """What a file shows, and which requirements it proves. The form of each file has its own prefix."""

    note = forms.CharField(label=_("What does it show?"), max_length=300)

    def __init__(self, requirements: Sequence[Requirement], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.requirements = {row.code: row for row in requirements}
        if requirements:
            self.fields["proves"] = ProvesField(requirements)
        self.order_fields(["note", "proves", "file"])

    def named_after(self, file_name: str) -> "NoteForm":
        """Name the file in the error message, to tell several files apart."""
        message = _("Write a note that says what “%(file)s” shows.") % {"file": file_name}
        self.fields["note"].error_messages["required"] = message
        return self

    def proves(self) -> tuple[Requirement, ...]:
        return tuple(self.requirements[code] for code in self.cleaned_data.get("proves", []))


class EditDocumentForm(NoteForm):
    """Note, requirements, and an optional replacement of the file."""

    file = UploadField(label=_("Replace the file (optional)"), required=False)


class DocumentsForm(PartForm):
    """Several files at once.

    Each valid file is stored immediately and then needs its note, so an error in one file does not lose another.
    """

    files = MultipleUploadField(label=_("Proof documents"))

    def stored(self) -> list[Any]:
        """Return the files that the validated form has stored, with their tokens."""
        return self["files"].value() or []


def notes_for(kept: Sequence[Any], requirements: Sequence[Requirement], data: Any) -> list[tuple[Any, NoteForm]]:
    """Return a note form for each stored file, bound only if the posted page had it already."""
    forms_of_files = []
    for item in kept:
        prefix = str(item.version.public_id)
        posted = data if f"{prefix}-note" in data else None
        form = NoteForm(requirements, posted, prefix=prefix).named_after(item.version.original_name)
        forms_of_files.append((item, form))
    return forms_of_files


def draft_of(version: DocumentVersion, form: NoteForm) -> DocumentDraft:
    return DocumentDraft(version=version, note=form.cleaned_data["note"], proves=form.proves())
