"""What the error summary says of a form."""

import pytest
from django import forms
from django.template import Context, Template
from django.utils import translation

from incentives_portal.screens.error_summary import Problem, problems
from incentives_portal.screens.fields import MoneyFormField

KINDS = [("invoice", "Invoice"), ("report", "Report")]


class Costs(forms.Form):
    expected_version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label="Name", max_length=5)
    amount = MoneyFormField(label="Amount", currency="EUR")
    kind = forms.ChoiceField(label="Kind", choices=KINDS, widget=forms.RadioSelect)
    shown_in = forms.MultipleChoiceField(label="Shown in", choices=KINDS, widget=forms.CheckboxSelectMultiple)
    when = forms.SplitDateTimeField(label="When")

    def clean(self):
        raise forms.ValidationError("These costs are claimed already.")


def test_problems_of_a_form_stand_in_the_order_of_its_fields():
    form = Costs(
        {"expected_version": "1", "name": "Trade fair", "amount": "1.2.3", "kind": "invoice", "shown_in": ["report"]}
    )

    found = problems(form)

    assert found == [
        Problem("These costs are claimed already."),
        Problem("Name: use at most 5 characters. You entered 10.", "id_name"),
        Problem("Amount: “1.2.3” can be read in more than one way. Write it like 1250.00.", "id_amount"),
        Problem("When: enter a date and a time, for example 31 Dec 2026 14:30.", "id_when_0"),
    ]


def test_problems_of_groups_lead_to_their_first_box_and_those_of_hidden_fields_nowhere():
    form = Costs({"name": "Fair", "amount": "10", "when_0": "2026-11-19", "when_1": "12:00"})

    found = problems(form)

    assert found == [
        Problem("These costs are claimed already."),
        Problem("Part of this page is missing. Open the page again, and submit it again."),
        Problem("Kind: choose one from the list.", "id_kind_0"),
        Problem("Shown in: choose at least one from the list.", "id_shown_in_0"),
    ]


def test_problems_name_the_field_in_the_reader_s_language():
    form = Costs({"name": ""})

    with translation.override("de"):
        found = problems(form)

    assert Problem("Name: Füllen Sie dieses Feld aus.", "id_name") in found


def test_problems_of_a_formset_name_the_controls_of_each_form():
    class Line(forms.Form):
        description = forms.CharField(label="Text", error_messages={"required": "Write what it was."})

    lines = forms.formset_factory(Line, min_num=2, validate_min=True, extra=0)
    sent = lines({"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-description": ""})

    found = problems(sent)

    assert found == [
        Problem("Please submit at least 2 forms."),
        Problem("Write what it was.", "id_form-0-description"),
    ]


@pytest.mark.parametrize("form", [Costs(), Costs(initial={"name": "Fair"})], ids=["empty", "filled"])
def test_problems_of_a_form_that_was_not_sent_are_none(form):
    assert problems(form) == []


def test_error_summary_takes_forms_and_lists_of_forms():
    class Note(forms.Form):
        comment = forms.CharField(error_messages={"required": "Write a note."})

    notes = [Note({"a-comment": "", "b-comment": ""}, prefix=prefix) for prefix in "ab"]

    summary = Template("{% load screens %}{% error_summary form notes missing %}").render(
        Context({"form": Note({"comment": "fine"}), "notes": notes, "missing": None})
    )

    assert "There are 2 problems" in summary
    assert '<a href="#id_a-comment">Write a note.</a>' in summary
    assert '<a href="#id_b-comment">Write a note.</a>' in summary


def test_problems_mark_the_form_so_that_it_does_not_repeat_them():
    form = Costs({"name": "Fair"})

    problems(form)

    assert form.summarised is True
