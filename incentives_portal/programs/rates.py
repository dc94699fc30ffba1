"""Convert amounts by the operator's rate for the month of an activity (docs/domain.md, "Exchange rates")."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db.models import Q

from incentives_portal import clock
from incentives_portal.accounts.services.setup import is_in_use

from .models import ExchangeRate

ONE = Decimal(1)


def is_rate_in_use(rate: ExchangeRate) -> bool:
    """Return whether claims may have been computed by the rate, or by its inverse if it is a new one.

    A rate counts from the first day of its month. A new one changes nothing that was computed, unless there is a rate of
    the opposite direction already.
    """
    if rate.month > clock.today(settings.TIME_ZONE) or not is_in_use():
        return False
    opposite = {"from_currency": rate.to_currency, "to_currency": rate.from_currency}
    return rate.pk is not None or ExchangeRate.objects.filter(month=rate.month, **opposite).exists()


@dataclass(frozen=True)
class MonthlyRates:
    """Rates by first day of the month, source and target currency. A missing rate is the inverse of the opposite one."""

    entered: Mapping[tuple[date, str, str], Decimal] = field(default_factory=dict)

    def rate(self, source: str, target: str, day: date) -> Decimal | None:
        """Return the value of one ``source`` unit in ``target`` in the month of the day; None without a rate."""
        if source == target:
            return ONE
        month = day.replace(day=1)
        inverse = self.entered.get((month, target, source))
        return self.entered.get((month, source, target)) or (ONE / inverse if inverse else None)


def monthly_rates(currencies: Collection[str], days: Collection[date]) -> MonthlyRates:
    """Return the rates between the currencies in the months of the days. One query, none for a single currency."""
    if len(set(currencies)) < 2:
        return MonthlyRates()
    rows = ExchangeRate.objects.filter(
        month__in={day.replace(day=1) for day in days}, from_currency__in=currencies, to_currency__in=currencies
    )
    entered = rows.values_list("month", "from_currency", "to_currency", "rate")
    return MonthlyRates({(month, source, target): rate for month, source, target, rate in entered})


def exchange_rates(currency: str, day: date) -> dict[str, Decimal]:
    """Return the value of one unit of each other currency in ``currency`` in the month of a day. One query."""
    rows = ExchangeRate.objects.filter(Q(from_currency=currency) | Q(to_currency=currency), month=day.replace(day=1))
    entered = list(rows.values_list("from_currency", "to_currency", "rate"))
    inverse = {target: ONE / rate for source, target, rate in entered if source == currency}
    return inverse | {source: rate for source, target, rate in entered if target == currency}
