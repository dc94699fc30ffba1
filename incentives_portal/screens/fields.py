"""Form fields of the portal."""

import contextlib
import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from incentives_portal import money

#: A date that every language of the portal accepts (screens.formats), for error messages.
EXAMPLE_DAY = _("31 Dec 2026")
#: Day and month in either order, with separators that do not tell which is first.
_EITHER_ORDER = re.compile(r"(\d{1,2})\s*[-/]\s*(\d{1,2})\s*[-/]\s*(\d{4})")
#: A year of two digits could also be the day.
_SHORT_YEAR = re.compile(r"\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d{2}")


def _box_for_numbers(keyboard: str) -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": keyboard, "autocomplete": "off", "class": "num"})


class MoneyFormField(forms.CharField):
    """An amount, typed as in any of the portal's languages; cleans to a Decimal in ``currency``.

    Ambiguous input is rejected with an example, and stays in the box. Negative amounts are valid if the field is
    ``signed``, zero if it is ``signed`` or not ``positive``.
    """

    widget = _box_for_numbers("decimal")
    default_error_messages = {
        "amount": "%(problem)s",
        "positive": _("enter an amount greater than zero."),
        "negative": _("enter zero or more."),
    }

    def __init__(
        self,
        *,
        currency: str = "EUR",
        positive: bool = True,
        signed: bool = False,
        max_length: int = 40,
        **kwargs: Any,
    ) -> None:
        self.currency, self.positive, self.signed = currency, positive, signed
        super().__init__(max_length=max_length, **kwargs)

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
            return money.parse_amount(_sign_first(text) if self.signed else text, self.currency)
        except money.AmountError as error:
            raise ValidationError(
                self.error_messages["amount"], code="amount", params={"problem": str(error)}
            ) from error

    def validate(self, value: Any) -> None:
        if value is None:
            super().validate("")
        elif not self.signed and (value < 0 or (self.positive and value == 0)):
            code = "positive" if self.positive else "negative"
            raise ValidationError(self.error_messages[code], code=code)

    def run_validators(self, value: Any) -> None:
        """Do nothing: the parser has checked everything."""


def _sign_first(text: str) -> str:
    """Return an amount with the minus first, as bills print it last, in brackets or as a dash; drop a plus."""
    plain = money.readable(text).replace("\u2013", "-").replace("\u2212", "-")
    if plain.startswith("(") and plain.endswith(")"):
        return f"-{plain[1:-1]}"
    return f"-{plain[:-1].strip()}" if plain.endswith("-") else plain.removeprefix("+")


class LongTextField(forms.CharField):
    """Text of several lines. A line end counts as one character, as in the browser, which sends two."""

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return super().to_python(re.sub(r"\r\n?", "\n", value) if isinstance(value, str) else value)


class _TypedNumber(forms.Field):
    """Parse a number typed as in any of the portal's languages, and show it as in the reader's language."""

    #: The most decimals.
    digits = 0

    default_error_messages = {
        "unclear": _("“%(figure)s” can be read in more than one way. Write it like %(example)s."),
        "decimals": _("enter a number with at most %(max)s decimal places."),
    }

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            return format_decimal(value, format="0." + "#" * self.digits if self.digits else "0", locale=money.locale())
        return value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            return money.parse_number(str(value), self.digits)
        except money.NumberError as error:
            params = {"figure": str(value).strip(), "example": example_number(self.digits), "max": self.digits}
            raise ValidationError(self.error_messages[error.code], code=error.code, params=params) from error


class NumberField(_TypedNumber, forms.DecimalField):
    """A Decimal with at most ``decimal_places`` decimals. ``1,5`` and ``1.5`` are one and a half."""

    widget = _box_for_numbers("decimal")

    def __init__(self, *, decimal_places: int = 2, **kwargs: Any) -> None:
        super().__init__(decimal_places=decimal_places, **kwargs)
        self.digits = decimal_places


class WholeField(_TypedNumber, forms.IntegerField):
    """A whole number; cleans to an int. Django would read ``1.000``, a thousand in German, as one."""

    widget = _box_for_numbers("numeric")

    def to_python(self, value: Any) -> Any:
        number = super().to_python(value)
        return None if number is None else int(number)


#: For ``formfield_overrides``: the admin site parses numbers as all other pages do.
NUMBERS_IN_ADMIN: dict[type[models.Field], dict[str, Any]] = {
    models.DecimalField: {"form_class": NumberField},
    models.PositiveSmallIntegerField: {"form_class": WholeField},
}


def example_number(digits: int) -> str:
    return format_decimal(Decimal("1250.5") if digits else Decimal(1250), format="0.#", locale=money.locale())


class DayField(forms.DateField):
    """A day, chosen in the browser's calendar (with ISO dates in every language); the help text names the allowed range.

    A typed day that can be read in two ways (11/12/2026) is rejected with an example: see screens.formats.
    """

    default_error_messages = {
        "unclear": _("“%(typed)s” can be read in more than one way. Write it like %(example)s."),
        "range": _("enter a date between %(first)s and %(last)s."),
    }

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    first: date | None = None
    last: date | None = None

    def bound_to(self, first: date | None, last: date | None) -> None:
        """Set the allowed range, for forms that know it only when they are created."""
        self.first, self.last = first, last
        if first and last:
            self.help_text = _("From %(first)s to %(last)s.") % {
                "first": date_format(first, "DATE_FORMAT"),
                "last": date_format(last, "DATE_FORMAT"),
            }
        for name, day in (("min", first), ("max", last)):
            if day:
                self.widget.attrs[name] = day.isoformat()

    def to_python(self, value: Any) -> Any:
        typed = money.readable(value) if isinstance(value, str) else value
        try:
            return super().to_python(typed)
        except ValidationError:
            readings = _readings(typed)
            if len(readings) == 1:
                return readings.pop()
            if not readings and not _SHORT_YEAR.fullmatch(typed):
                raise
            params = {"typed": typed, "example": EXAMPLE_DAY}
            raise ValidationError(self.error_messages["unclear"], code="unclear", params=params) from None

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and self.first and self.last and not self.first <= value <= self.last:
            raise ValidationError(
                self.error_messages["range"],
                code="range",
                params={"first": date_format(self.first, "DATE_FORMAT"), "last": date_format(self.last, "DATE_FORMAT")},
            )


class Decoder(json.JSONDecoder):
    """Decode JSON from a browser, and reject what Python or PostgreSQL cannot handle.

    That is numbers that are too long or infinite, too deep nesting, and invalid or null characters.
    """

    def decode(self, text: str, *args: Any) -> Any:
        try:
            value = super().decode(text, *args)
            written = json.dumps(value, ensure_ascii=False, allow_nan=False)
            written.encode()
        except json.JSONDecodeError:
            raise
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), text, 0) from error
        if "\\u0000" in written:
            raise json.JSONDecodeError("a character that is none", text, 0)
        return value


def _readings(typed: str) -> set[date]:
    """Return the days that digits can mean: 31/12/2026 is one day, 11/12/2026 may be two."""
    days = set()
    if figures := _EITHER_ORDER.fullmatch(typed):
        first, second, year = map(int, figures.groups())
        for day, month in ((first, second), (second, first)):
            with contextlib.suppress(ValueError):
                days.add(date(year, month, day))
    return days
