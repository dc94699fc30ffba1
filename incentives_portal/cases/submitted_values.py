"""What somebody had typed when somebody else was faster: shown again, to be copied."""

from collections.abc import Iterable

from django import forms


def typed_values(form: forms.Form) -> Iterable[tuple[str, str]]:
    """What somebody typed into the visible fields, as (label, words)."""
    for field in form.visible_fields():
        value = (
            form.data.getlist(field.html_name) if hasattr(form.data, "getlist") else [form.data.get(field.html_name)]
        )
        words = ", ".join(_words(field, text) for text in value if text)
        if words:
            yield str(field.label), words


def _words(field: forms.BoundField, text: str) -> str:
    """What the person read in the box: for a choice its label."""
    for value, label in _flat(getattr(field.field, "choices", ())):
        if str(value) == text:
            return str(label)
    return text


def _flat(choices: Iterable) -> Iterable[tuple[object, object]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield value, label
