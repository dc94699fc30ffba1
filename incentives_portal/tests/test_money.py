"""Amounts typed by people, in the habits of six languages (stack.md 6; fault M-08)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentives_portal import money

NBSP, NARROW, THIN = "\u00a0", "\u202f", "\u2009"


@pytest.mark.parametrize(
    ("text", "language", "currency", "expected"),
    [
        ("1234.50", "en", "EUR", "1234.50"),
        ("1,234.50", "en", "EUR", "1234.50"),
        ("1234,50", "en", "EUR", "1234.50"),
        ("1234.50", "de", "EUR", "1234.50"),
        ("1.234", "de", "EUR", "1234.00"),
        ("1.234,5", "de", "EUR", "1234.50"),
        ("1,234", "en", "EUR", "1234.00"),
        ("1.234", "en", "KWD", "1.234"),
        ("1,234", "de", "KWD", "1.234"),
        (f"1{NARROW}234,50", "fr", "EUR", "1234.50"),
        (f"1{NBSP}234,50", "sv", "SEK", "1234.50"),
        (f"1{THIN}234,50", "fr", "EUR", "1234.50"),
        ("1 234,50", "nl", "EUR", "1234.50"),
        ("1,234.50", "zh-hans", "CNY", "1234.50"),
        ("１２３４．５０", "zh-hans", "CNY", "1234.50"),
        ("1'234.50", "de", "CHF", "1234.50"),
        ("1’234.50", "de", "CHF", "1234.50"),
        ("1.234.567", "de", "EUR", "1234567.00"),
        ("1,234,567", "en", "JPY", "1234567"),
        (".5", "en", "EUR", "0.50"),
        ("  12 ", "en", "EUR", "12.00"),
        ("-5", "en", "EUR", "-5.00"),
        ("-0", "en", "EUR", "0.00"),
        ("1000000", "en", "EUR", "1000000.00"),
    ],
)
def test_parse_amount_reads_what_was_meant(text, language, currency, expected):
    value = money.parse_amount(text, currency, language)

    assert str(value) == expected


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "EUR"),
        (" ", "EUR"),
        ("abc", "EUR"),
        ("1e9", "EUR"),
        ("NaN", "EUR"),
        ("Infinity", "EUR"),
        ("1.2.3", "EUR"),
        ("1,23,456", "EUR"),
        ("1,234.567,89", "EUR"),
        ("12 34", "EUR"),
        ("1.234 567", "EUR"),
        ("1.005", "JPY"),
        ("12.345", "EUR"),
        ("10.5", "JPY"),
        ("--5", "EUR"),
        ("99999999999999999", "EUR"),
        ("1\x002", "EUR"),
        ("٣٤", "EUR"),
    ],
)
def test_parse_amount_refuses_what_it_would_have_to_guess(text, currency):
    with pytest.raises(money.AmountError):
        money.parse_amount(text, currency, "en")


@given(
    cents=st.integers(min_value=0, max_value=10**12),
    language=st.sampled_from(["en", "de", "fr", "nl", "sv", "zh-hans"]),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_parse_amount_reads_back_what_babel_prints(cents, language, currency):
    from babel.numbers import format_decimal

    value = money.quantize(Decimal(cents) / 100, currency)
    printed = format_decimal(
        value,
        format="#,##0." + "0" * money.decimals(currency) if money.decimals(currency) else "#,##0",
        locale=language.replace("-", "_").replace("zh_hans", "zh_Hans"),
    )

    assert money.parse_amount(printed, currency, language) == value


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [("0.005", "EUR", "0.01"), ("2.5", "JPY", "3"), ("1.0005", "KWD", "1.001"), ("-0.005", "EUR", "-0.01")],
)
def test_quantize_rounds_half_up_to_the_currency(value, currency, expected):
    assert str(money.quantize(Decimal(value), currency)) == expected


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "€1,234.50"), ("de", "1.234,50\u00a0€"), ("zh-hans", "€1,234.50")]
)
def test_format_amount_writes_as_the_language_does(language, expected):
    assert money.format_amount(Decimal("1234.5"), "EUR", language) == expected
