"""Form fields of the portal."""

from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from incentives_portal import money


class MoneyFormField(forms.CharField):
    """An amount, typed in the habits of any of the portal's languages; cleans to a Decimal in ``currency``.

    What cannot be read without guessing is refused with an example; what was typed stays in the box.
    """

    def __init__(self, *, currency: str = "EUR", positive: bool = True, **kwargs: Any) -> None:
        self.currency = currency
        self.positive = positive
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "num"})
        )
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            digits = "0." + "0" * money.decimals(self.currency) if money.decimals(self.currency) else "0"
            return format_decimal(value, format=digits, locale=money.locale())
        return value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return money.parse_amount(text, self.currency)
        except money.AmountError as error:
            raise ValidationError(str(error), code="amount") from error

    def validate(self, value: Any) -> None:
        if value is None:
            super().validate("")
        elif value < 0 or (self.positive and value == 0):
            words = _("Enter an amount greater than zero.") if self.positive else _("Enter zero or more.")
            raise ValidationError(words, code="sign")

    def run_validators(self, value: Any) -> None:
        """The parser has checked all that there is to check."""


class DayField(forms.DateField):
    """A day, chosen in the browser's own calendar; the allowed range stands under the field before one types."""

    def __init__(self, *, first: date | None = None, last: date | None = None, **kwargs: Any) -> None:
        self.first, self.last = first, last
        kwargs.setdefault("widget", DayInput())
        super().__init__(**kwargs)
        self.bound_to(first, last)

    def bound_to(self, first: date | None, last: date | None) -> None:
        """Set the range, for forms that learn it when they are made."""
        self.first, self.last = first, last
        if first and last:
            self.help_text = _("From %(first)s to %(last)s.") % {
                "first": date_format(first, "DATE_FORMAT"),
                "last": date_format(last, "DATE_FORMAT"),
            }
        for name, day in (("min", first), ("max", last)):
            if day:
                self.widget.attrs[name] = day.isoformat()

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and self.first and self.last and not self.first <= value <= self.last:
            raise ValidationError(
                _("Enter a date between %(first)s and %(last)s."),
                code="range",
                params={"first": date_format(self.first, "DATE_FORMAT"), "last": date_format(self.last, "DATE_FORMAT")},
            )


class DayInput(forms.DateInput):
    """The native date input: it takes and gives ISO dates in every language."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        return value.isoformat() if isinstance(value, date) else value
