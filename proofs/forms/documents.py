"""Forms of proof documents: several files at once, then a note and requirements for each."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incentives_portal.documents.fields import MultipleUploadField, UploadField
from incentives_portal.programs.enums import SatisfiedBy
from incentives_portal.programs.models import Requirement

from .base import PartForm


def provable(requirements: Sequence[Requirement]) -> list[Requirement]:
    """Return the requirements that a document can prove."""
    return [row for row in requirements if row.satisfied_by == SatisfiedBy.DOCUMENT]


class NoteForm(PartForm):
    """What a file shows, and which requirements it proves. The form of each file has its own prefix.

    The error message names the file, to tell several files apart.
    """

    note = forms.CharField(label=_("What does it show?"), max_length=300)

    def __init__(self, file_name: str, requirements: Sequence[Requirement], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        message = _("Write a note that says what “%(file)s” shows.") % {"file": file_name}
        self.fields["note"].error_messages["required"] = message
        self.requirements = {row.code: row for row in requirements}
        if requirements:
            self.fields["proves"] = forms.MultipleChoiceField(
                choices=[(row.code, str(row)) for row in requirements],
                label=_("Proves (optional)"),
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        self.order_fields(["note", "proves", "file"])

    def proves(self) -> tuple[Requirement, ...]:
        return tuple(self.requirements[code] for code in self.cleaned_data.get("proves", []))


class EditDocumentForm(NoteForm):
    file = UploadField(label=_("Replace the file (optional)"), required=False)


class DocumentsForm(PartForm):
    """Several files at once.

    Each valid file is stored immediately and then needs its note, so an error in one file does not lose another.
    """

    files = MultipleUploadField(label=_("Proof documents"))


def notes_for(kept: Sequence[Any], requirements: Sequence[Requirement], data: Any) -> Iterator[tuple[Any, NoteForm]]:
    """Yield each stored file with its note form, bound only if the posted page had it already.

    ``kept`` are the files that a validated form has stored, with their tokens.
    """
    for item in kept:
        prefix = str(item.version.public_id)
        posted = data if f"{prefix}-note" in data else None
        yield item, NoteForm(item.version.original_name, requirements, posted, prefix=prefix)
