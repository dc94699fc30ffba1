"""Amounts as they are written, rounded and read back. What people type is in test_typed_values.py."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentives_portal import money


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


@pytest.mark.parametrize(
    ("value", "currency", "language", "expected"),
    [
        ("24500.5", "CHF", "en", "CHF\u00a024,500.50"),
        ("-24500.5", "CHF", "en", "-CHF\u00a024,500.50"),
        ("24500.5", "SEK", "zh-hans", "SEK\u00a024,500.50"),
        ("24500.5", "CHF", "de", "24.500,50\u00a0CHF"),
        ("24500.5", "CAD", "en", "CA$24,500.50"),
        ("24500.5", "INR", "en", "₹24,500.50"),
        ("1.5", "KWD", "en", "KWD\u00a01.500"),
    ],
)
def test_a_code_stands_apart_from_the_figure_and_a_sign_does_not(value, currency, language, expected):
    assert money.format_amount(Decimal(value), currency, language) == expected


@pytest.mark.parametrize("language", ["en", "de", "fr", "nl", "sv", "zh-hans"])
@pytest.mark.parametrize("currency", money.CURRENCIES)
@pytest.mark.parametrize("value", ["24500.5", "-24500.5", "0.5", "1"])
def test_no_letter_touches_a_figure_and_what_is_written_can_be_typed(language, currency, value):
    amount = money.quantize(Decimal(value), currency)

    written = money.format_amount(amount, currency, language)

    assert not re.search(r"[A-Za-z]\d|\d[A-Za-z]", written)
    assert money.parse_amount(written, currency, language) == amount


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("25.009", "EUR", "25.00"),
        ("0.9", "JPY", "0"),
        ("1.0009", "KWD", "1.000"),
        ("9999.9999999999999999999999", "EUR", "10000.00"),
        ("9999.999999", "EUR", "9999.99"),
    ],
)
def test_limits_are_rounded_down_but_lose_nothing_to_a_division(value, currency, expected):
    assert str(money.quantize_limit(Decimal(value), currency)) == expected


@pytest.mark.parametrize("text", [".0", ",00", "-.0"])
def test_nothing_but_zeros_after_the_mark_is_zero(text):
    assert str(money.parse_number(text, 2)) == "0"


@pytest.mark.parametrize(("length", "accepted"), [(1000, True), (1001, False)])
def test_number_of_a_thousand_characters_is_read_and_a_longer_one_is_not(length, accepted):
    if accepted:
        assert money.parse_number("0" * (length - 1) + "7", 2) == 7
    else:
        with pytest.raises(money.NumberError, match="invalid"):
            money.parse_number("0" * (length - 1) + "7", 2)


@pytest.mark.parametrize("text", ["1,23,456.00", "1234,567.00", "1,2345.00", "12,34,567", "1 23 456"])
def test_groups_that_are_not_of_three_digits_are_unclear(text):
    with pytest.raises(money.NumberError, match="unclear"):
        money.parse_number(text, 2, "en")
