"""What all forms of a proof share: a crispy layout in twelve columns, without a form tag."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms


class PartForm(forms.Form):
    """A form of one part of a proof.

    ``rows`` gives the first fields with their columns of twelve; other fields follow in full width. Fields that the
    form does not have are left out. The page posts the version and the return address beside the form (views.base).
    """

    rows: tuple[tuple[str, int], ...] = ()

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        named = dict(self.rows)
        order = dict.fromkeys([*(name for name in named if name in self.fields), *self.fields])
        fields = [Field(name, wrapper_class=f"f-{named.get(name, 12)}") for name in order]
        helper.layout = Layout(Div(*fields, css_class="fields"))
        return helper
