"""The operator's monthly rates: as they were entered, or turned where only the opposite one was."""

from datetime import date
from decimal import Decimal

import pytest

from incentives_portal.programs.models import ExchangeRate
from incentives_portal.programs.rates import exchange_rates, monthly_rates

OCTOBER, NOVEMBER = date(2026, 10, 8), date(2026, 11, 30)


@pytest.fixture
def entered(db):
    rows = [
        (date(2026, 10, 1), "EUR", "USD", "1.25"),
        (date(2026, 11, 1), "EUR", "USD", "1.6"),
        (date(2026, 11, 1), "USD", "EUR", "0.6"),
        (date(2026, 11, 1), "CHF", "EUR", "0.9"),
    ]
    for month, source, target, rate in rows:
        ExchangeRate.objects.create(month=month, from_currency=source, to_currency=target, rate=Decimal(rate))


@pytest.mark.parametrize(
    ("source", "target", "day", "rate"),
    [
        ("EUR", "USD", OCTOBER, "1.25"),
        ("USD", "EUR", OCTOBER, "0.8"),
        ("USD", "EUR", NOVEMBER, "0.6"),
        ("EUR", "USD", NOVEMBER, "1.6"),
        ("EUR", "EUR", OCTOBER, "1"),
    ],
)
def test_rate_of_the_month(entered, source, target, day, rate):
    assert monthly_rates({"EUR", "USD"}, {OCTOBER, NOVEMBER}).rate(source, target, day) == Decimal(rate)


@pytest.mark.parametrize(("source", "day"), [("CHF", OCTOBER), ("EUR", date(2026, 9, 30))])
def test_rate_that_nobody_entered_is_unknown(entered, source, day):
    assert monthly_rates({"EUR", "USD", "CHF"}, {OCTOBER, NOVEMBER}).rate(source, "USD", day) is None


def test_rates_are_one_query_and_none_for_one_currency(entered, django_assert_num_queries):
    with django_assert_num_queries(1):
        monthly_rates(["EUR", "USD", "CHF"], [OCTOBER, NOVEMBER])
    with django_assert_num_queries(0):
        assert monthly_rates(["EUR", "EUR"], [OCTOBER]).rate("EUR", "EUR", OCTOBER) == 1


def test_all_rates_into_one_currency(entered, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert exchange_rates("EUR", NOVEMBER) == {"USD": Decimal("0.6"), "CHF": Decimal("0.9")}
    assert exchange_rates("EUR", OCTOBER) == {"USD": Decimal("0.8")}
