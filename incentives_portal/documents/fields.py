"""Form fields for uploads. What comes out of them is stored already: versions of documents, and not files.

The view stores what was sent before it has the form validated (``form_uploads.receive``); the field says what became of it. A form that
fails for any reason, a refused file among them, keeps the good files: it shows them above the control and sends them again by signed
tokens (``upload_tokens.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms.renderers import BaseRenderer, TemplatesSetting
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import Organisation, User

from . import limits, upload_tokens
from .content import BatchLimits, UploadRefused, messages_of
from .enums import TYPE_BY_ENDING
from .models import DocumentVersion


@dataclass(frozen=True)
class UploadValue:
    """What a browser sent for an upload field: new files, and the tokens of files kept from before."""

    files: list[UploadedFile]
    tokens: list[str]


@dataclass
class Received:
    """What became of it: the files that the form holds on to, the refusals of others, and whether kept ones are no longer there."""

    versions: list[DocumentVersion]
    refusals: list[UploadRefused]
    is_incomplete: bool = False


@dataclass(frozen=True)
class Kept:
    """A file that is stored already, and the token by which the form holds on to it."""

    version: DocumentVersion
    token: str


class UploadWidget(forms.Widget):
    """Control for one file. The limits stand beside it before anything is chosen."""

    template_name = "documents/_upload.html"
    needs_multipart_form = True
    multiple = False
    #: With it a script may send files ahead, one by one (``views.py``); without it the form sends them.
    slot = ""

    def value_from_datadict(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> UploadValue:
        return UploadValue(_all(files, name), _all(data, f"{name}-kept"))

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
            "types": limits.accepted_types_text(),
            "size": limits.max_size_text(),
            "max_files": limits.max_files(),
            "total": limits.max_total_text(),
            "slot": self.slot,
            "bounds": {
                "bytes": settings.UPLOAD_MAX_BYTES,
                "files": limits.max_files() if self.multiple else 1,
                "total": settings.UPLOAD_MAX_TOTAL_BYTES,
            },
        }
        return context

    def render(
        self,
        name: str,
        value: list[Kept] | None,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> SafeString:
        """With the project's own templates, whichever renderer the form has."""
        return super().render(name, value, attrs, TemplatesSetting())


class MultipleUploadWidget(UploadWidget):
    """Control for several files at once."""

    multiple = True


def _all(data: Mapping[str, Any], name: str) -> list[Any]:
    """All values of a name, from a request's data or from a plain dictionary."""
    if isinstance(data, MultiValueDict):
        return data.getlist(name)
    value = data.get(name, [])
    return list(value) if isinstance(value, (list, tuple)) else [value]


class UploadFieldBase(forms.Field):
    """What both fields share.

    The form has to call ``bind`` when it is made: documents belong to an organisation and are stored in somebody's name.
    """

    default_error_messages = {
        "required": _("Choose a file."),
        "gone": _("A file that you added earlier is no longer available. Choose it again."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._owner: tuple[User, Organisation] | None = None
        self.received: Received | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copy = super().__deepcopy__(memo)
        copy._owner, copy.received = None, None
        return copy

    def bind(self, *, actor: User, organisation: Organisation) -> None:
        """Say in whose name and for whom files are stored."""
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
        """What the control shows after validation: the files that the form holds on to."""
        actor, organisation = self.owner
        return [
            Kept(version, upload_tokens.token_for(version, actor=actor, organisation=organisation))
            for version in (self.received.versions if self.received else [])
        ]

    def sent(self, value: UploadValue) -> UploadValue:
        """What of it the field takes."""
        return value

    def fitting(
        self, found: list[DocumentVersion], batch: BatchLimits
    ) -> tuple[list[DocumentVersion], list[UploadRefused]]:
        """Which of the files sent before the form still holds on to, and the refusals of the others."""
        return found, []

    def choose(self, kept: list[DocumentVersion], new: list[DocumentVersion]) -> list[DocumentVersion]:
        """Which of the files the form is about."""
        return [*kept, *new]

    def _versions(self) -> list[DocumentVersion]:
        """What was stored. Raises ValidationError with one message for each refused file."""
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
    """Several files at once. Cleans to a list of DocumentVersion, empty if the field is not required.

    What was sent ahead, or was kept from a form that failed, counts with the new files against what may come at once.
    """

    widget = MultipleUploadWidget

    def clean(self, value: UploadValue) -> list[DocumentVersion]:
        return self._versions()

    def fitting(
        self, found: list[DocumentVersion], batch: BatchLimits
    ) -> tuple[list[DocumentVersion], list[UploadRefused]]:
        """The first ones stay; what is beyond the limit is let go, to be sent with the next form, and expires."""
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

    A new file takes the place of the one kept from before.
    """

    widget = UploadWidget

    def clean(self, value: UploadValue) -> DocumentVersion | None:
        return next(iter(self._versions()), None)

    def sent(self, value: UploadValue) -> UploadValue:
        return UploadValue(value.files[:1], value.tokens)

    def choose(self, kept: list[DocumentVersion], new: list[DocumentVersion]) -> list[DocumentVersion]:
        return [*new, *kept][:1]
