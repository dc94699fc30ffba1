"""Form fields for uploads. They clean to stored versions of documents, not to files.

The view stores the files before the form is validated (``form_uploads.receive``); the field reports the result. A form
that fails keeps its good files: it lists them above the input and sends them again as signed tokens
(``upload_tokens.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import Organisation, User

from . import quotas, upload_tokens
from .enums import TYPE_BY_ENDING
from .models import DocumentVersion
from .upload_validation import BatchLimits, UploadRefused, messages_of


@dataclass(frozen=True)
class UploadValue:
    """Data sent for an upload field: new files, and the tokens of files already stored."""

    files: list[UploadedFile]
    tokens: list[str]


@dataclass
class Received:
    """The result for an upload field: stored versions, refusals, and whether a kept file is gone."""

    versions: list[DocumentVersion]
    refusals: list[UploadRefused]
    is_incomplete: bool = False


@dataclass(frozen=True)
class Kept:
    """A stored file and the token that the form sends instead of it."""

    version: DocumentVersion
    token: str


class UploadWidget(forms.Widget):
    """Input for one file. The limits are shown beside it."""

    template_name = "documents/_upload.html"
    needs_multipart_form = True
    multiple = False
    #: Signed slot with which a script uploads files before the form is sent (``views.py``); empty: the form sends them.
    slot = ""

    def value_from_datadict(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> UploadValue:
        new = _all(files, name)
        return UploadValue(new if self.multiple else new[:1], _all(data, f"{name}-kept"))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> bool:
        return name not in files and f"{name}-kept" not in data

    def get_context(self, name: str, value: list[Kept] | None, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        attributes = context["widget"]["attrs"]
        limits_id = f"{attributes.get('id', name)}_limits"
        described_by = [attributes.get("aria-describedby"), limits_id]
        attributes["aria-describedby"] = " ".join(part for part in described_by if part)
        if value:
            attributes.pop("required", None)
        context["widget"] |= {
            "classes": str(attributes.pop("class", "")).split(),
            "kept": value or [],
            "limits_id": limits_id,
            "accept": ",".join(f".{ending}" for ending in TYPE_BY_ENDING),
            "multiple": self.multiple,
            "types": quotas.accepted_types_text(),
            "size": quotas.max_size_text(),
            "max_files": quotas.max_files(),
            "total": quotas.max_total_text(),
            "slot": self.slot,
            "bounds": {
                "bytes": settings.UPLOAD_MAX_BYTES,
                "files": quotas.max_files() if self.multiple else 1,
                "total": settings.UPLOAD_MAX_TOTAL_BYTES,
            },
        }
        return context


class MultipleUploadWidget(UploadWidget):
    multiple = True


def _all(data: Mapping[str, Any], name: str) -> list[Any]:
    """Return all values of a name from request data or a plain dictionary."""
    if isinstance(data, MultiValueDict):
        return data.getlist(name)
    value = data.get(name, [])
    return list(value) if isinstance(value, (list, tuple)) else [value]


class UploadFieldBase(forms.Field):
    """Common base of both upload fields.

    The form must call ``bind`` when it is created: documents belong to an organization and have an uploader.
    """

    default_error_messages = {
        "required": _("Choose a file."),
        "gone": _("A file that you added earlier is no longer available. Choose it again."),
    }

    _owner: tuple[User, Organisation] | None = None
    received: Received | None = None

    def bind(self, *, actor: User, organisation: Organisation) -> None:
        self._owner = (actor, organisation)
        self.widget.slot = upload_tokens.slot_for(actor=actor, organisation=organisation)

    @property
    def owner(self) -> tuple[User, Organisation]:
        if self._owner is None:
            raise RuntimeError("Call bind(actor=…, organisation=…) on the upload field before the form is used.")
        return self._owner

    def has_changed(self, initial: object, data: UploadValue | None) -> bool:
        return data is not None and bool(data.files or data.tokens)

    def bound_data(self, data: object, initial: object) -> list[Kept]:
        """Return the files that the input shows after validation."""
        actor, organisation = self.owner
        return [
            Kept(version, upload_tokens.token_for(version, actor=actor, organisation=organisation))
            for version in (self.received.versions if self.received else [])
        ]

    def fitting(
        self, found: list[DocumentVersion], batch: BatchLimits
    ) -> tuple[list[DocumentVersion], list[UploadRefused]]:
        """Return the files sent earlier that the form keeps, and the refusals of the others."""
        return found, []

    def choose(self, kept: list[DocumentVersion], new: list[DocumentVersion]) -> list[DocumentVersion]:
        """Return the files that the form is about."""
        return [*kept, *new]

    def _versions(self) -> list[DocumentVersion]:
        """Return the stored files. Raises ValidationError with one message for each refused file."""
        if self.received is None:
            raise RuntimeError("Call form_uploads.receive(form) before the form is validated.")
        messages = messages_of(self.received.refusals)
        if self.received.is_incomplete:
            messages.append(str(self.error_messages["gone"]))
        if messages:
            raise ValidationError(messages)
        self.validate(self.received.versions)
        return self.received.versions


class MultipleUploadField(UploadFieldBase):
    """Several files. Cleans to a list of DocumentVersion, empty if the field is not required.

    Files kept from a failed form count toward the limits of one form, together with the new ones.
    """

    widget = MultipleUploadWidget

    def clean(self, value: UploadValue) -> list[DocumentVersion]:
        return self._versions()

    def fitting(
        self, found: list[DocumentVersion], batch: BatchLimits
    ) -> tuple[list[DocumentVersion], list[UploadRefused]]:
        """Keep files until the limit is reached; the rest is refused and expires."""
        fitting: list[DocumentVersion] = []
        beyond: list[UploadRefused] = []
        for version in found:
            try:
                batch.add(version.original_name, version.size)
                fitting.append(version)
            except UploadRefused as refusal:
                beyond.append(refusal)
        return fitting, beyond


class UploadField(UploadFieldBase):
    """One file. Cleans to a DocumentVersion, or to None if the field is not required.

    A new file replaces the one kept from before.
    """

    widget = UploadWidget

    def clean(self, value: UploadValue) -> DocumentVersion | None:
        return next(iter(self._versions()), None)

    def choose(self, kept: list[DocumentVersion], new: list[DocumentVersion]) -> list[DocumentVersion]:
        return [*new, *kept][:1]
