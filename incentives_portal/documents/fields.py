"""Form fields for uploads. What comes out of them is stored already: versions of documents, and not files.

Good files are stored while the form is validated, so that a form that fails for any reason, a refused file among them, keeps them:
it shows them above the control and sends them again by signed tokens (``upload_tokens.py``). Documents of a form that is never
completed belong to nothing and are swept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms.renderers import BaseRenderer, TemplatesSetting
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import Organisation, User

from . import limits, services, upload_tokens
from .content import AtOnce
from .enums import TYPE_BY_ENDING
from .errors import UploadRefused, messages_of
from .models import DocumentVersion


@dataclass(frozen=True)
class Sent:
    """What a browser sent for an upload field: new files, and the tokens of files kept from before."""

    files: list[UploadedFile]
    tokens: list[str]


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

    def value_from_datadict(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> Sent:
        return Sent(_all(files, name), _all(data, f"{name}-kept"))

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
                "bytes": limits.max_bytes(),
                "files": limits.max_files() if self.multiple else 1,
                "total": limits.max_total_bytes(),
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


class _StoredUploads(forms.Field):
    """What both fields share: good files are stored during validation, and held on to.

    The form has to call ``bind`` before it validates: documents belong to an organisation and are stored in somebody's name.
    """

    default_error_messages = {
        "required": _("Choose a file."),
        "gone": _("A file that was kept from before is no longer there. Choose it again."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._owner: tuple[User, Organisation] | None = None
        self._stored: list[DocumentVersion] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copy = super().__deepcopy__(memo)
        copy._owner, copy._stored = None, []
        return copy

    def bind(self, *, actor: User, organisation: Organisation) -> None:
        """Say in whose name and for whom files are stored."""
        self._owner = (actor, organisation)
        self.widget.slot = upload_tokens.slot_for(actor=actor, organisation=organisation)

    def has_changed(self, initial: object, data: Sent | None) -> bool:
        return data is not None and bool(data.files or data.tokens)

    def bound_data(self, data: object, initial: object) -> list[Kept]:
        """What the control shows after validation: the files that the form holds on to."""
        actor, organisation = self._bound()
        return [
            Kept(version, upload_tokens.token_for(version, actor=actor, organisation=organisation))
            for version in self._stored
        ]

    def _take(self, sent: Sent) -> list[DocumentVersion]:
        """Store the good ones of the new files. Raises ValidationError with one message for each refused one."""
        actor, organisation = self._bound()
        found = upload_tokens.versions_for(sent.tokens, actor=actor, organisation=organisation)
        at_once = AtOnce()
        kept, beyond = self._fitting(found, at_once)
        new, refused = services.store_good(sent.files, organisation=organisation, actor=actor, at_once=at_once)
        self._stored = self._choose(kept, new)
        messages = messages_of([*beyond, *refused])
        if len(found) < len(set(sent.tokens)):
            messages.append(str(self.error_messages["gone"]))
        if messages:
            raise ValidationError(messages)
        self.validate(self._stored)
        return self._stored

    def _fitting(
        self, found: list[DocumentVersion], at_once: AtOnce
    ) -> tuple[list[DocumentVersion], list[UploadRefused]]:
        """Which of the files sent before the form still holds on to, and the refusals of the others."""
        return found, []

    def _choose(self, kept: list[DocumentVersion], new: list[DocumentVersion]) -> list[DocumentVersion]:
        return [*kept, *new]

    def _bound(self) -> tuple[User, Organisation]:
        if self._owner is None:
            raise RuntimeError("Call bind(actor=…, organisation=…) on the upload field before the form is used.")
        return self._owner


class MultipleUploadField(_StoredUploads):
    """Several files at once. Cleans to a list of DocumentVersion, empty if the field is not required.

    What was sent ahead, or was kept from a form that failed, counts with the new files against what may come at once.
    """

    widget = MultipleUploadWidget

    def clean(self, value: Sent) -> list[DocumentVersion]:
        return self._take(value)

    def _fitting(
        self, found: list[DocumentVersion], at_once: AtOnce
    ) -> tuple[list[DocumentVersion], list[UploadRefused]]:
        """The first ones stay; what is beyond the limit is let go, to be sent with the next form, and swept."""
        fitting: list[DocumentVersion] = []
        beyond: list[UploadRefused] = []
        for version in found:
            try:
                at_once.add(version.original_name, version.size)
                fitting.append(version)
            except UploadRefused as refusal:
                beyond.append(refusal)
        return fitting, beyond


class UploadField(_StoredUploads):
    """One file. Cleans to a DocumentVersion, or to None if the field is not required.

    A new file takes the place of the one kept from before.
    """

    widget = UploadWidget

    def clean(self, value: Sent) -> DocumentVersion | None:
        return next(iter(self._take(Sent(value.files[:1], value.tokens))), None)

    def _choose(self, kept: list[DocumentVersion], new: list[DocumentVersion]) -> list[DocumentVersion]:
        return [*new, *kept][:1]
