"""What a user typed into a form that came second, shown again to be copied."""

from collections.abc import Iterable

from django import forms


def typed_values(form: forms.Form) -> Iterable[tuple[str, str]]:
    """Yield what was typed into the visible fields, as (label, text)."""
    for field in form.visible_fields():
        value = (
            form.data.getlist(field.html_name) if hasattr(form.data, "getlist") else [form.data.get(field.html_name)]
        )
        typed = ", ".join(_displayed(field, text) for text in value if text)
        if typed:
            yield str(field.label), typed


def _displayed(field: forms.BoundField, text: str) -> str:
    """Return the text as the user saw it in the field: for a choice its label."""
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
