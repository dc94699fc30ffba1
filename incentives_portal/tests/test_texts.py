import pytest
from django import forms
from django.utils import translation

from incentives_portal import texts
from incentives_portal.programs.models import ExpenseType


def test_in_language_prefers_the_reader_then_english_then_any(settings):
    settings.OPERATOR_NAME = "Halden"
    words = {"en": "Logo of {operator}", "de": "Logo von {operator}"}

    assert texts.in_language(words, "de") == "Logo von Halden"
    assert texts.in_language(words, "sv") == "Logo of Halden"
    assert texts.in_language({"fr": "Seulement"}, "de") == "Seulement"
    assert texts.in_language({}, "de") == ""
    with translation.override("de"):
        assert texts.in_language(words) == "Logo von Halden"


class TextsForm(forms.Form):
    text = texts.TextsFormField()


def test_texts_form_field_keeps_what_was_written_per_language():
    form = TextsForm({"text_en": "Reason", "text_de": "Grund"})

    assert form.is_valid()
    assert form.cleaned_data["text"] == {"en": "Reason", "de": "Grund"}


@pytest.mark.parametrize("data", [{}, {"text_de": "Grund"}])
def test_texts_form_field_wants_english(data):
    form = TextsForm(data)

    assert list(form.errors) == ["text"]


def test_a_form_keeps_what_is_known_in_languages_that_it_does_not_offer():
    cost = ExpenseType(code="print", name={"en": "Print", "de": "Druck", "fr": "Impression"})
    form = forms.modelform_factory(ExpenseType, fields=["name"])({"name_en": "Printing"}, instance=cost)

    assert form.is_valid()
    assert cost.name == {"en": "Printing", "fr": "Impression"}
