"""What people type into a field for an amount, a number or a day, in the habits of six languages: read rightly, or refused with what to do.

Figures are read alike whatever the language is, also in those that the portal is not offered in; days are typed in those only that it is.

One row is what was typed, and what becomes of it per language. A refusal is named by the beginning of its sentence, and its example can be
typed: whoever follows it gets in.
"""

import re
from decimal import Decimal
from typing import NamedTuple

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from incentives_portal import money
from incentives_portal.accounts.models import User
from incentives_portal.screens.error_messages import tell
from incentives_portal.screens.fields import DayField, MoneyFormField, NumberField, WholeField
from incentives_portal.tests.world import november, sign_in, world  # noqa: F401

NBSP, NARROW, THIN, MARK = "\u00a0", "\u202f", "\u2009", "\u200e"
EN, DE, FR, NL, SV, ZH = "en", "de", "fr", "nl", "sv", "zh-hans"
ALL = (EN, DE, FR, NL, SV, ZH)
OFFERED = tuple(dict(settings.LANGUAGES))
COMMA, POINT, GROUPED_BY_POINT, SPACED = (DE, FR, NL, SV), (EN, ZH), (DE, NL), (FR, SV)


class Refused(NamedTuple):
    """What a refusal says, in the two languages that the portal is written in; the others read English."""

    english: str
    german: str


FIGURES = Refused("enter an amount in numbers", "Geben Sie einen Betrag in Ziffern ein")
UNCLEAR = Refused("can be read in more than one way", "lässt sich auf mehrere Arten lesen")
JPY, EUR, KWD = (
    Refused(
        f"{code} amounts can have at most {most} decimal places",
        f"Beträge in {code} haben höchstens {most} Nachkommastellen",
    )
    for code, most in (("JPY", 0), ("EUR", 2), ("KWD", 3))
)
POSITIVE = Refused("enter an amount greater than zero", "Geben Sie einen Betrag größer als null ein")
AMOUNT = Refused("enter an amount, for example", "Geben Sie einen Betrag ein, zum Beispiel")
TOO_LARGE = Refused("this amount is too large", "Dieser Betrag ist zu groß")
NUMBER = Refused("enter a number", "Geben Sie eine Zahl ein")
WHOLE = Refused("enter a whole number", "Geben Sie eine ganze Zahl")
TWO = Refused(
    "enter a number with at most 2 decimal places", "Geben Sie eine Zahl mit höchstens 2 Nachkommastellen ein"
)
TWELVE = Refused("enter a number with at most 12 digits", "Geben Sie eine Zahl mit höchstens 12 Ziffern ein")
MINIMUM = Refused("enter 0 or more", "Geben Sie mindestens 0 ein")
MAXIMUM = Refused("or less", "Geben Sie höchstens 1.")
DAY = Refused("enter a date, for example", "Geben Sie ein Datum ein, zum Beispiel")

#: Typed, currency, languages, and the amount or a part of the refusal.
AMOUNTS = [
    # Groups and a decimal mark: certain in every language.
    ("1.234,56", "EUR", ALL, "1234.56"),
    ("1,234.56", "EUR", ALL, "1234.56"),
    ("1234,56", "EUR", ALL, "1234.56"),
    ("1234.56", "EUR", ALL, "1234.56"),
    ("1 234,56", "EUR", ALL, "1234.56"),
    (f"1{NBSP}234,56", "SEK", ALL, "1234.56"),
    (f"1{NARROW}234,56", "EUR", ALL, "1234.56"),
    (f"1{THIN}234.56", "EUR", ALL, "1234.56"),
    ("1'234.56", "CHF", ALL, "1234.56"),
    ("1’234,56", "CHF", ALL, "1234.56"),
    ("12.345.678,90", "EUR", ALL, "12345678.90"),
    ("1,234,567", "JPY", ALL, "1234567"),
    ("1.234.567", "EUR", ALL, "1234567.00"),
    ("1,5", "EUR", ALL, "1.50"),
    ("1.5", "EUR", ALL, "1.50"),
    (",5", "EUR", ALL, "0.50"),
    ("0.500", "EUR", ALL, "0.50"),
    ("1234.500", "EUR", ALL, "1234.50"),
    ("  12 ", "EUR", ALL, "12.00"),
    ("007", "EUR", ALL, "7.00"),
    # One mark and three digits: as the language writes it, else it is asked.
    ("1.234", "EUR", GROUPED_BY_POINT, "1234.00"),
    ("1.234", "EUR", (*POINT, *SPACED), UNCLEAR),
    ("1.500", "EUR", POINT, UNCLEAR),
    ("1.000", "EUR", POINT, UNCLEAR),
    ("1,234", "EUR", POINT, "1234.00"),
    ("1,234", "EUR", COMMA, UNCLEAR),
    ("12.345", "USD", SPACED, UNCLEAR),
    ("1.234", "JPY", GROUPED_BY_POINT, "1234"),
    ("1.234", "KWD", POINT, "1.234"),
    ("1,234", "KWD", COMMA, "1.234"),
    ("1.234", "KWD", COMMA, UNCLEAR),
    ("1,234", "KWD", POINT, UNCLEAR),
    # The sign or the code of the currency, and no other.
    ("€1,234.56", "EUR", ALL, "1234.56"),
    (f"1.234,56{NBSP}€", "EUR", ALL, "1234.56"),
    ("EUR 1234", "EUR", ALL, "1234.00"),
    ("1234 eur", "EUR", ALL, "1234.00"),
    ("$5", "USD", ALL, "5.00"),
    ("1 234,50 kr", "SEK", (SV,), "1234.50"),
    ("￥１，２３４．５０", "CNY", (ZH,), "1234.50"),
    ("$5", "EUR", ALL, FIGURES),
    ("5 USD", "EUR", ALL, FIGURES),
    ("€", "EUR", ALL, FIGURES),
    # Figures of other scripts: full-width ones are the same characters, the others are asked for again.
    ("１２３４．５０", "EUR", ALL, "1234.50"),
    ("１，２３４．５０", "CNY", ALL, "1234.50"),
    (f"{MARK}1234.50", "EUR", ALL, "1234.50"),
    ("٣٤", "EUR", ALL, FIGURES),
    ("一千", "CNY", ALL, FIGURES),
    ("Ⅻ", "EUR", ALL, FIGURES),
    # A figure that is raised, lowered, framed or a fraction says something else.
    *((typed, "EUR", ALL, FIGURES) for typed in ("1²", "1₂", "①②", "1½", "½", "⒈5", "⑴", "1㉑", "㏠", "㍙")),
    # What is no amount.
    ("-5", "EUR", ALL, POSITIVE),
    ("−5", "EUR", ALL, POSITIVE),
    ("-€5", "EUR", ALL, POSITIVE),
    ("0", "EUR", ALL, POSITIVE),
    ("-0", "EUR", ALL, POSITIVE),
    ("--5", "EUR", ALL, FIGURES),
    ("5-", "EUR", ALL, FIGURES),
    ("(5)", "EUR", ALL, FIGURES),
    ("+5", "EUR", ALL, FIGURES),
    ("1e3", "EUR", ALL, FIGURES),
    ("1E+3", "EUR", ALL, FIGURES),
    ("0x10", "EUR", ALL, FIGURES),
    ("1_000", "EUR", ALL, FIGURES),
    ("NaN", "EUR", ALL, FIGURES),
    ("Infinity", "EUR", ALL, FIGURES),
    ("1/2", "EUR", ALL, FIGURES),
    ("5%", "EUR", ALL, FIGURES),
    ("a lot", "EUR", ALL, FIGURES),
    (".", "EUR", ALL, FIGURES),
    ("5.", "EUR", ALL, FIGURES),
    ("1 000 -", "EUR", ALL, FIGURES),
    ("", "EUR", ALL, AMOUNT),
    ("   ", "EUR", ALL, AMOUNT),
    # What can be several.
    ("1.2.3", "EUR", ALL, UNCLEAR),
    ("1,23,456", "INR", ALL, UNCLEAR),
    ("1,234.567,89", "EUR", ALL, UNCLEAR),
    ("1.234 567", "EUR", ALL, UNCLEAR),
    ("12 34", "EUR", ALL, UNCLEAR),
    ("1  234", "EUR", ALL, UNCLEAR),
    ("1,2345.67", "EUR", ALL, UNCLEAR),
    # More decimals than the currency has, and more than there is.
    ("10.5", "JPY", ALL, JPY),
    ("1,234.5", "JPY", ALL, JPY),
    ("1234.567", "EUR", ALL, EUR),
    ("0.005", "EUR", ALL, EUR),
    ("1.2345", "KWD", ALL, KWD),
    ("1.2340", "KWD", ALL, "1.234"),
    ("10.0", "JPY", ALL, "10"),
    ("9999999999999.99", "EUR", ALL, "9999999999999.99"),
    ("10000000000000", "EUR", ALL, TOO_LARGE),
    ("9" * 39, "EUR", ALL, TOO_LARGE),
    ("9" * 200, "EUR", ALL, TOO_LARGE),
    ("9" * 10_000, "EUR", ALL, FIGURES),
]  # fmt: skip

#: Typed, languages, and the number or a part of the refusal; for a field with two decimals and for one without.
NUMBERS = [
    ("1.5", ALL, "1.5", WHOLE),
    ("1,5", ALL, "1.5", WHOLE),
    ("2,50", ALL, "2.5", WHOLE),
    ("12", ALL, "12", "12"),
    ("１２", ALL, "12", "12"),
    *((typed, ALL, NUMBER, WHOLE) for typed in ("1²", "1₂", "①②", "1½", "⒈5")),
    ("12.0", ALL, "12", "12"),
    ("1 250", ALL, "1250", "1250"),
    (f"1{NARROW}250", ALL, "1250", "1250"),
    ("1'250", ALL, "1250", "1250"),
    ("1,250,000", ALL, "1250000", "1250000"),
    ("1.000", GROUPED_BY_POINT, "1000", "1000"),
    ("1.000", (*POINT, *SPACED), UNCLEAR, UNCLEAR),
    ("1,000", POINT, "1000", "1000"),
    ("1,000", COMMA, UNCLEAR, UNCLEAR),
    ("0,125", ALL, TWO, WHOLE),
    ("-1", ALL, MINIMUM, MINIMUM),
    ("1e3", ALL, NUMBER, WHOLE),
    ("1_000", ALL, NUMBER, WHOLE),
    ("NaN", ALL, NUMBER, WHOLE),
    ("٣٤", ALL, NUMBER, WHOLE),
    ("50 %", ALL, NUMBER, WHOLE),
    ("many", ALL, NUMBER, WHOLE),
    ("9" * 200, ALL, TWELVE, MAXIMUM),
    ("9" * 5000, ALL, NUMBER, WHOLE),
]  # fmt: skip

#: Typed, languages, and the day or a part of the refusal.
DAYS = [
    ("2026-12-31", OFFERED, "2026-12-31"),
    ("31.12.2026", OFFERED, "2026-12-31"),
    ("31/12/2026", OFFERED, "2026-12-31"),
    ("12/31/2026", OFFERED, "2026-12-31"),
    ("31 Dec 2026", OFFERED, "2026-12-31"),
    (" 2026-12-31 ", OFFERED, "2026-12-31"),
    ("２０２６-１２-３１", OFFERED, "2026-12-31"),
    ("３１．１２．２０２６", OFFERED, "2026-12-31"),
    *((typed, OFFERED, DAY) for typed in ("1².12.2026", "2026-12-3¹", "①.12.2026", "31.12.202₆", "㏠.12.2026")),
    ("29.2.2028", OFFERED, "2028-02-29"),
    ("11/12/2026", OFFERED, UNCLEAR),
    ("11-12-26", OFFERED, UNCLEAR),
    ("29.2.2027", OFFERED, DAY),
    ("2026-02-30", OFFERED, DAY),
    ("0000-00-00", OFFERED, DAY),
    ("99999-01-01", OFFERED, DAY),
    ("2026", OFFERED, DAY),
    ("46387", OFFERED, DAY),
    ("tomorrow", OFFERED, DAY),
    ("1e3", OFFERED, DAY),
    ("", OFFERED, DAY),
]


def outcome(field, typed, language):
    """What the field makes of it in a language: the value, or a sentence."""
    with translation.override(language):
        tell(field, "X")
        try:
            return str(field.clean(typed))
        except ValidationError as error:
            [said] = error.messages
            return said


def is_right(got, expected, field, language):
    """Whether that is the value, or the refusal, in the reader's language, with an example that gets in."""
    if isinstance(expected, str):
        return got == expected
    example = re.search(r"(?:like|wie|example|Beispiel) (.+?)\.$", got)
    understood = example is None or not outcome(field, example[1], language).startswith("X")
    return got.startswith("X: ") and (expected.german if language == DE else expected.english) in got and understood


def wrong(rows, make):
    """The rows of which something else became than stands in them."""
    found = []
    for typed, languages, expected in rows:
        for language in languages:
            field = make()
            got = outcome(field, typed, language)
            if not is_right(got, expected, field, language):
                found.append(f"{typed!r} in {language}: {got!r}, not {expected!r}")
    return found


def test_m08_amounts_are_read_as_they_were_meant_or_refused():
    found = []
    for typed, currency, languages, expected in AMOUNTS:
        found += wrong([(typed, languages, expected)], lambda currency=currency: MoneyFormField(currency=currency))

    assert found == []


def test_m08_numbers_are_read_as_they_were_meant_or_refused():
    hours = [(typed, languages, decimal) for typed, languages, decimal, _whole in NUMBERS]
    people = [(typed, languages, whole) for typed, languages, _decimal, whole in NUMBERS]

    assert wrong(hours, lambda: NumberField(min_value=0, max_digits=12)) == []
    assert wrong(people, lambda: WholeField(min_value=0, max_value=10**12)) == []


def test_days_are_read_as_they_were_meant_or_refused():
    assert wrong(DAYS, DayField) == []


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
@pytest.mark.parametrize("language", ALL)
def test_what_a_field_shows_can_be_sent_again(language, currency):
    """A form that is opened and saved changes nothing: what stands in the box is read as the value that it was made of."""
    fields = {
        MoneyFormField(currency=currency): ["1", "1000", "1234", "1000000", "0.5", "1.25", "1.234", "1234.567"],
        NumberField(): ["0", "1", "1000", "1234", "1.5", "1234.25"],
        WholeField(): ["0", "7", "1000", "1234567"],
    }
    with translation.override(language):
        for field, values in fields.items():
            for value in values:
                kept = money.quantize(Decimal(value), currency) if isinstance(field, MoneyFormField) else Decimal(value)
                assert field.clean(str(field.prepare_value(kept))) == kept, (field, value)


@pytest.mark.parametrize(
    ("address", "data", "name"),
    [
        ("admin:programs_exchangerate_add", {"rate": "1.085"}, "rate"),
        ("admin:programs_cap_add", {"percent": "12,5"}, "percent"),
        ("admin:programs_cap_add", {"count": "1.000"}, "count"),
        ("admin:programs_program_add", {"review_business_days": "1.000"}, "review_business_days"),
        ("admin:programs_activitytype_add", {"order": "1.000"}, "order"),
    ],
)
def test_numbers_of_the_configuration_are_read_alike(world, client, address, data, name):
    """In German 1.085 may be a rate or a thousand and more: that is asked; 12,5 per cent is, and 1.000 is a thousand."""
    User.objects.filter(pk=world.elif_.pk).update(language="de")
    form = sign_in(client, world.elif_).post(reverse(address), data).context["adminform"].form

    if name == "rate":
        assert UNCLEAR.german in form.errors["rate"][0]
    else:
        assert form.cleaned_data[name] == {"percent": Decimal("12.5")}.get(name, 1000)
