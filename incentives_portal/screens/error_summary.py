"""The error summary at the top of a page: the problems of a form, each with the id of its control."""

from dataclasses import dataclass

from django.forms import BaseForm, BaseFormSet, BoundField
from django.forms.widgets import ChoiceWidget


@dataclass(frozen=True)
class Problem:
    """One line of the error summary; ``target`` is the id of the control, empty for the form as a whole."""

    text: str
    target: str = ""


def problems(form: BaseForm | BaseFormSet) -> list[Problem]:
    """Return all problems of a bound form or formset, in the order of the fields.

    Marks the form as summarized, so that it does not repeat its own errors.
    """
    if not form.is_bound:
        return []
    if isinstance(form, BaseFormSet):
        whole = [Problem(str(text)) for text in form.non_form_errors()]
        return whole + [problem for one in form.forms for problem in problems(one)]
    form.summarised = True  # type: ignore[attr-defined]
    whole = [Problem(str(text)) for text in form.non_field_errors()]
    return whole + [Problem(str(text), _target(field)) for field in form for text in field.errors]


def _target(field: BoundField) -> str:
    """Return the id of the control, in a group that of its first box; empty for a hidden field."""
    if field.is_hidden:
        return ""
    if field.id_for_label:
        return field.id_for_label
    first = next(iter(field.subwidgets), None) if isinstance(field.field.widget, ChoiceWidget) else None
    return first.id_for_label if first else f"{field.auto_id}_0"
