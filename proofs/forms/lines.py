"""Forms with several lines, without JavaScript: a button adds lines, an emptied line is ignored."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from incentives_portal.screens.fields import MoneyFormField

MAX_LINES = 100
_MORE_AT_ONCE = 3


class LineForm(forms.Form):
    """One line, with its amounts in ``currency``.

    ``widths`` are the columns of twelve that a field takes, three by default.
    """

    widths: ClassVar[dict[str, int]] = {}
    remove = forms.BooleanField(label=_("Remove"), required=False)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, MoneyFormField):
                field.currency = currency

    @property
    def is_wanted(self) -> bool:
        """Whether the line has content and is not to be removed."""
        return self.has_changed() and not self.cleaned_data.get("remove")

    @property
    def cells(self) -> list[tuple[forms.BoundField, int]]:
        return [(field, self.widths.get(field.name, 3)) for field in self if field.name != "remove"]

    @property
    def has_data(self) -> bool:
        """Whether the line has content that could be removed."""
        return bool(self.initial) or (self.is_bound and self.has_changed())

    def has_changed(self) -> bool:
        """Count a line with initial values as changed until its fields are emptied."""
        return any(self[name].data not in (None, "", []) for name in self.fields if name != "remove")

    def full_clean(self) -> None:
        """Skip the validation of lines that are empty or to be removed."""
        super().full_clean()
        if self.is_bound and (not self.has_changed() or self.data.get(self.add_prefix("remove"))):
            self.cleaned_data = {"remove": True}
            self._errors = ErrorDict()


class Lines(forms.BaseFormSet):
    def wanted(self) -> Iterator[dict[str, Any]]:
        """Yield the data of the lines that have content and are not removed."""
        for form in self.forms:
            if form.is_wanted:
                yield {name: value for name, value in form.cleaned_data.items() if name != "remove"}


def lines_of(line_form: type[LineForm], data: Any, initial: Iterable[dict[str, Any]], **form_kwargs: Any) -> Lines:
    """Return a formset with the initial lines and some empty ones, more of them if the user asked for more."""
    kind = forms.formset_factory(
        line_form, formset=Lines, extra=_MORE_AT_ONCE, max_num=MAX_LINES, absolute_max=MAX_LINES, validate_max=True
    )
    if data is not None and "more" in data:
        data = data.copy()
        total = data.get("lines-TOTAL_FORMS", "0")
        # The pages post nothing else, so treat any other value as zero.
        present = int(total) if total.isdecimal() and len(total) < 4 else 0
        data["lines-TOTAL_FORMS"] = str(present + _MORE_AT_ONCE)
    return kind(data, initial=list(initial), prefix="lines", form_kwargs=form_kwargs)
