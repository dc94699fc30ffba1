"""What all forms of a proof share: crispy without its own form tag, fields in rows of twelve columns."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms

#: (field, columns of twelve); fields that are not there are left out.
Row = tuple[str, int]


class PartForm(forms.Form):
    """A form of one part. ``rows`` says how wide each field is; what a form does not name stands below, over the whole width.

    What the person had seen, and where to go afterwards, the page sends beside it (views.base).
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
    """The currency that amounts of the form are read in: what was chosen in it, if that can be."""
    chosen = form.data.get(form.add_prefix(name)) if form.is_bound else form.initial.get(name)
    return chosen if chosen in allowed else default
