"""What fields say of what was typed: by their names, and in words of a form's own where it has any."""

import pytest
from django import forms
from django.utils import translation

from incentives_portal.screens.error_messages import Sentence


class Wish(forms.Form):
    share = forms.IntegerField(label="Share in %", max_value=1_000_000)
    shown = forms.CharField(label="What does it show?", max_length=3)
    why = forms.CharField(label="Why", error_messages={"required": "Say why."})
    when = forms.SplitDateTimeField(label="When")


def test_a_label_may_have_a_per_cent_sign():
    missing, huge = Wish({}), Wish({"share": "1" + "0" * 30})

    assert missing.errors["share"] == ["Share in %: enter a whole number, for example 1250."]
    assert huge.errors["share"] == ["Share in %: enter 1,000,000 or less."]


def test_a_label_that_is_a_question_ends_by_itself():
    assert Wish({}).errors["shown"] == ["What does it show? Fill in this field."]
    assert Wish({"shown": "much"}).errors["shown"] == ["What does it show? Use at most 3 characters. You entered 4."]


def test_what_a_form_says_in_words_of_its_own_stays():
    assert Wish({}).errors["why"] == ["Say why."]


def test_the_parts_of_a_field_say_the_name_of_the_whole():
    said = Wish({"when_0": "soon", "when_1": "12:00"}).errors["when"]

    assert said == ["When: enter a date, for example 31 Dec 2026."]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Share in %: Geben Sie eine ganze Zahl ein, zum Beispiel 1250."),
        ({"share": "2000000"}, "Share in %: Geben Sie höchstens 1.000.000 ein."),
    ],
)
def test_fields_say_it_in_the_reader_s_language(data, said):
    with translation.override("de"):
        assert Wish(data).errors["share"] == [said]


def test_a_sentence_keeps_its_name_when_values_are_put_into_it():
    assert Sentence("50 %", "enter %(n)s.") % {"n": 1250} == "50 %: enter 1,250."
