"""Amounts and days as form fields."""

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation

from incentives_portal.screens.fields import EXAMPLE_DAY, DayField, LongTextField, MoneyFormField


class Amount(forms.Form):
    amount = MoneyFormField(currency="EUR")


class Day(forms.Form):
    day = DayField()
    day.bound_to(date(2026, 9, 1), date(2026, 11, 30))


class Comment(forms.Form):
    comment = LongTextField(max_length=20)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_end_counts_as_one_character_and_is_kept_as_one(end):
    full, too_long = Comment({"comment": end.join("0123456789")}), Comment({"comment": end.join("0123456789x")})
    full.full_clean()
    too_long.full_clean()

    assert full.cleaned_data == {"comment": "\n".join("0123456789")}
    assert "comment" in too_long.errors


@pytest.mark.parametrize(("typed", "language"), [("1234,50", "en"), ("1.234,50", "de"), ("1 234,50", "fr")])
def test_amount_is_read_in_the_habits_of_every_language(typed, language):
    with translation.override(language):
        form = Amount({"amount": typed})
        form.full_clean()

    assert form.cleaned_data == {"amount": Decimal("1234.50")}


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "Amount: enter an amount, for example 1250.00."),
        ("0", "Amount: enter an amount greater than zero."),
        ("-5", "Amount: enter an amount greater than zero."),
        ("1.2.3", "Amount: “1.2.3” can be read in more than one way. Write it like 1250.00."),
        ("a lot", "Amount: enter an amount in numbers, for example 1250.00."),
    ],
)
def test_amount_that_cannot_be_meant_is_refused_and_stays_in_the_box(typed, problem):
    form = Amount({"amount": typed})

    assert form.errors == {"amount": [problem]}
    assert form["amount"].value() == typed


def test_amount_may_be_nothing_where_zero_counts():
    field = MoneyFormField(currency="EUR", positive=False, required=False)

    assert field.clean("0") == Decimal("0.00")
    assert field.clean("") is None


@pytest.mark.parametrize(
    ("currency", "language", "shown"), [("EUR", "en", "1250.50"), ("EUR", "de", "1250,50"), ("JPY", "en", "1250")]
)
def test_amount_is_shown_as_it_would_be_typed(currency, language, shown):
    value = Decimal("1250.50") if currency == "EUR" else Decimal(1250)

    with translation.override(language):
        assert MoneyFormField(currency=currency).prepare_value(value) == shown


def test_day_says_its_range_before_one_types():
    day = Day()["day"]

    assert str(day.help_text) == "From 1 Sep 2026 to 30 Nov 2026."
    assert str(day) == (
        '<input type="date" name="day" min="2026-09-01" max="2026-11-30" required aria-describedby="id_day_helptext" id="id_day">'
    )


@pytest.mark.parametrize(
    ("typed", "problems"),
    [
        ("2026-09-01", {}),
        ("2026-11-30", {}),
        ("2026-12-01", {"day": ["Day: enter a date between 1 Sep 2026 and 30 Nov 2026."]}),
        ("2026-08-31", {"day": ["Day: enter a date between 1 Sep 2026 and 30 Nov 2026."]}),
        ("soon", {"day": ["Day: enter a date, for example 31 Dec 2026."]}),
    ],
)
def test_day_outside_its_range_is_refused(typed, problems):
    assert Day({"day": typed}).errors == problems


LANGUAGES = [code for code, _name in settings.LANGUAGES]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "typed", ["2026-12-31", "31.12.2026", "31 Dec 2026", "Dec 31, 2026", "31/12/2026", "12-31-2026"]
)
def test_day_that_can_be_read_in_one_way_is_taken_in_every_language(language, typed):
    with translation.override(language):
        assert DayField().clean(typed) == date(2026, 12, 31)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("typed", ["11/12/2026", "11-12-2026", "11/12/26", "26-11-12", "11.12.26"])
def test_day_that_could_be_another_one_elsewhere_is_refused_with_an_example(language, typed):
    with translation.override(language):
        form = Day({"day": typed})
        [said] = form.errors["day"]
        example = str(EXAMPLE_DAY)

        assert typed in said
        assert example in said
        assert DayField().clean(example) == date(2026, 12, 31)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("field", [forms.DateField(), forms.DateTimeField()], ids=["day", "moment"])
def test_no_field_of_a_library_guesses_a_day_either(language, field):
    with translation.override(language), pytest.raises(ValidationError):
        field.clean("11/12/2026")


def test_day_is_given_to_the_browser_in_its_own_format_in_every_language():
    with translation.override("de"):
        assert 'value="2026-11-19"' in str(Day(initial={"day": date(2026, 11, 19)})["day"])
