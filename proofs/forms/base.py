"""What all forms of a proof share: a crispy layout in twelve columns, without a form tag."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms

#: (field, columns of twelve); fields that the form does not have are left out.
Row = tuple[str, int]


class PartForm(forms.Form):
    """A form of one part of a proof.

    ``rows`` gives the width of each field; other fields follow in full width. The page posts the version and the
    return address beside the form (views.base).
    """

    rows: tuple[Row, ...] = ()

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        named = dict(self.rows)
        order = [name for name in named if name in self.fields] + [name for name in self.fields if name not in named]
        fields = [Field(name, wrapper_class=f"f-{named.get(name, 12)}") for name in order]
        helper.layout = Layout(Div(*fields, css_class="fields"))
        return helper


def typed_currency(form: forms.Form, name: str, default: str, allowed: Any) -> str:
    """Return the currency in which the form's amounts are read: the chosen one if it is valid."""
    chosen = form.data.get(form.add_prefix(name)) if form.is_bound else form.initial.get(name)
    return chosen if chosen in allowed else default
