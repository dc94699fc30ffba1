"""The form of the section *Metrics*, with a field for each requirement that is answered in it."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.forms import COMMENT_LIMIT
from incentives_portal.programs.enums import Group, SatisfiedBy
from incentives_portal.programs.models import Requirement
from incentives_portal.screens.fields import LongTextField, NumberField
from incentives_portal.texts import in_language

from ..services import ANSWERABLE
from ..snapshot import AnswerPart
from .base import PartForm


def field_name(code: str) -> str:
    """Return the name of an answer's field, which is the place of its findings."""
    return f"answers-{code}"


class AnswersForm(PartForm):
    """Numbers, URLs, texts, choices and declarations.

    No field is required in order to save; the list of requirements shows what is missing.
    """

    def __init__(self, requirements: Sequence[Requirement], answers: Iterable[AnswerPart], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.requirements = [row for row in requirements if row.satisfied_by in ANSWERABLE]
        values = {answer.code: answer.value for answer in answers}
        for row in self.requirements:
            name = field_name(row.code)
            self.fields[name] = _field(row)
            self.fields[name].needed_later = not row.any_of
            value = values.get(row.code)
            self.initial.setdefault(name, value == "yes" if row.satisfied_by == SatisfiedBy.DECLARATION else value)

    @property
    def groups(self) -> Iterator[tuple[str | Promise, list[forms.BoundField]]]:
        """Core requirements, communication requirements and metrics: label and fields of those that there are."""
        for group in Group:
            if fields := [self[field_name(row.code)] for row in self.requirements if row.group == group]:
                yield group.label, fields

    def answers(self) -> dict[str, Decimal | str | bool | None]:
        """Return the answers for services.save_answers, by requirement code."""
        return {row.code: self.cleaned_data.get(field_name(row.code)) for row in self.requirements}


def _field(row: Requirement) -> forms.Field:
    options: dict[str, Any] = {"label": str(row), "required": False}
    if row.any_of:
        options["help_text"] = _("One of several options. The list of requirements shows the others.")
    match row.satisfied_by:
        case SatisfiedBy.NUMBER:
            return NumberField(min_value=0, max_digits=16, **options)
        case SatisfiedBy.URL:
            return forms.URLField(max_length=500, assume_scheme="https", **options)
        case SatisfiedBy.DECLARATION:
            return forms.BooleanField(**options)
        case SatisfiedBy.CHOICE:
            return forms.ChoiceField(
                choices=[(choice["code"], in_language(choice["text"])) for choice in row.choices],
                widget=forms.RadioSelect,
                **options,
            )
    return LongTextField(max_length=COMMENT_LIMIT, rows=2, **options)
