"""What is wrong with a form, as lines for the top of the page, each with the id of the control that it is about."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.forms import BaseForm, BaseFormSet, BoundField
from django.forms.widgets import ChoiceWidget


@dataclass(frozen=True)
class Problem:
    """One line of the error summary; ``target`` is the id to jump to, empty where the line is about the form as a whole."""

    text: str
    target: str = ""


def problems(form: BaseForm | BaseFormSet) -> list[Problem]:
    """All problems of a bound form or formset, in the order of the fields. Marks the form, so that it does not repeat them above itself."""
    if not form.is_bound:
        return []
    if isinstance(form, BaseFormSet):
        whole = [Problem(str(text)) for text in form.non_form_errors()]
        return whole + [problem for one in form.forms for problem in problems(one)]
    form.summarised = True  # type: ignore[attr-defined]
    whole = [Problem(str(text)) for text in form.non_field_errors()]
    return whole + [problem for field in form for problem in _of_field(field)]


def _of_field(field: BoundField) -> Iterator[Problem]:
    for text in field.errors:
        yield Problem(str(text), _target(field))


def _target(field: BoundField) -> str:
    """The control itself; in a group the first of its boxes. Nobody can jump to a hidden one."""
    if field.is_hidden:
        return ""
    if field.id_for_label:
        return field.id_for_label
    first = next(iter(field.subwidgets), None) if isinstance(field.field.widget, ChoiceWidget) else None
    return first.id_for_label if first else f"{field.auto_id}_0"
