"""The upload control: native, so that it works without scripts, with the files that were kept from a failed form above it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.renderers import BaseRenderer, TemplatesSetting
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

from . import limits
from .enums import TYPE_BY_ENDING
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
