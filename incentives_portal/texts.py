"""Texts stored in several languages: names of programs and activities, requirements and reasons."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _


def in_language(value: Mapping[str, str], language: str | None = None) -> str:
    """Return the text in the reader's language, else in English, else in any; ``{operator}`` becomes its name."""
    language = language or get_language() or settings.LANGUAGE_CODE
    text = value.get(language) or value.get(settings.LANGUAGE_CODE) or next(iter(value.values()), "")
    return text.replace("{operator}", settings.OPERATOR_NAME)


class TextsWidget(forms.MultiWidget):
    """One labeled box per language of the portal."""

    template_name = "screens/texts_widget.html"

    def __init__(self, attrs: dict[str, Any] | None = None, *, long: bool = False) -> None:
        box = forms.Textarea(attrs={"rows": 2}) if long else forms.TextInput()
        widgets = {code.replace("-", "_"): box for code, _name in settings.LANGUAGES}
        super().__init__(widgets, attrs)

    def decompress(self, value: Any) -> list[str]:
        return [(value or {}).get(code, "") for code, _name in settings.LANGUAGES]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for (code, _name), sub in zip(settings.LANGUAGES, context["widget"]["subwidgets"], strict=True):
            sub["language"] = get_language_info(code)["name_local"]
            sub["attrs"].pop("required", None)
        return context


class TextsFormField(forms.MultiValueField):
    """A text per language; English is required."""

    default_error_messages = {
        "no_default": _("Enter the text at least in English. It is shown where a translation is missing.")
    }

    def __init__(self, *, long: bool = False, **kwargs: Any) -> None:
        kwargs["widget"] = TextsWidget(long=long)
        fields = [forms.CharField(required=False) for _code in settings.LANGUAGES]
        super().__init__(fields, require_all_fields=False, **kwargs)

    def compress(self, data_list: list[str]) -> dict[str, str]:
        texts = {code: text for (code, _name), text in zip(settings.LANGUAGES, data_list, strict=False) if text}
        if (texts or self.required) and not texts.get(settings.LANGUAGE_CODE):
            raise forms.ValidationError(self.error_messages["no_default"], code="no_default")
        return texts


class TextsField(models.JSONField):
    """A text in several languages, stored as ``{"en": "...", "de": "..."}``. Read it through in_language()."""

    def __init__(self, *args: Any, long: bool = False, **kwargs: Any) -> None:
        self.long = long
        kwargs.setdefault("default", dict)
        super().__init__(*args, **kwargs)

    def save_form_data(self, instance: models.Model, data: dict[str, str]) -> None:
        """Save the offered languages, which have a box in the form, and keep the texts in other languages."""
        offered = dict(settings.LANGUAGES)
        others = {code: text for code, text in getattr(instance, self.attname).items() if code not in offered}
        super().save_form_data(instance, data and data | others)

    def formfield(self, **kwargs: Any) -> Any:
        options = {"required": not self.blank, "label": capfirst(self.verbose_name), "help_text": self.help_text}
        return TextsFormField(long=self.long, **options)
