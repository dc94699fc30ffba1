"""What stands in a box for JSON and cannot be kept is what cannot be read, and no error of the portal (fault X-08)."""

import pytest
from django import forms

from incentives_portal.screens.fields import Decoder

REFUSED = [
    "[" * 100_000,
    '{"a":' * 5000,
    "9" * 5000,
    '{"a": 1e999}',
    "NaN",
    '"\\u0000"',
    '{"a\\u0000": 1}',
    '"\\ud800"',
    "{",
    '{"a": -Infinity}',
]


@pytest.mark.parametrize("typed", REFUSED, ids=lambda typed: typed[:12])
def test_x08_what_the_database_would_not_keep_is_refused_and_stays_in_the_box(typed):
    class Box(forms.Form):
        value = forms.JSONField(decoder=Decoder)

    form = Box({"value": typed})

    assert form.errors == {"value": ['Value: enter it as JSON, for example {"name": "value"}.']}
    assert form["value"].value() == typed


@pytest.mark.parametrize("typed", ['{"a": [1, 2.5, null, "ü😀"]}', '"\\u00e9"', "[[[[]]]]"])
def test_what_can_be_kept_is_read(typed):
    assert forms.JSONField(decoder=Decoder).clean(typed) is not None
