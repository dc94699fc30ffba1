"""Amounts as they are written, rounded and read back. What people type is in test_typed.py."""

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
