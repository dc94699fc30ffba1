"""Amounts and currencies: model fields, digits per currency, reading what people type, writing what people read.

Amounts are ``Decimal`` in ``numeric(16, 3)`` columns; how many decimals count is a matter of the currency (JPY 0, EUR 2, KWD 3).
"""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from babel.core import Locale
from babel.numbers import format_currency, get_currency_precision, get_currency_symbol
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext as _

CURRENCIES = [
    "USD", "EUR", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "CAD", "AUD", "NZD",
    "JPY", "CNY", "INR", "KRW", "MXN", "BRL", "SGD", "ZAR", "KWD",
]  # fmt: skip
MAX_AMOUNT = Decimal("9999999999999.999")

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'\u2019]")
_SHAPE = re.compile(r"\d[\d.,\s\u00a0\u202f\u2009'\u2019]*\d|\d|[.,]\d+")


class AmountError(ValueError):
    """What was typed cannot be read as an amount without guessing. The message is for people."""


class AmountField(models.DecimalField):
    """An amount of money, ``numeric(16, 3)``; its currency stands in a field beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 16)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)


class CurrencyField(models.CharField):
    """An ISO 4217 code. The list is kept out of migrations, so that a new currency is no schema change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        kwargs["choices"] = [(code, code) for code in CURRENCIES]
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("choices", None)
        return name, path, args, kwargs


def decimals(currency: str) -> int:
    """How many decimals the currency has (CLDR)."""
    return get_currency_precision(currency)


def quantize(value: Decimal, currency: str) -> Decimal:
    """Round half up to the currency's decimals: the one place where money is rounded."""
    return value.quantize(Decimal(1).scaleb(-decimals(currency)), rounding=ROUND_HALF_UP)


def format_amount(value: Decimal, currency: str, language: str | None = None) -> str:
    """An amount as people of the language write it, with its symbol: ``€1,234.00``, ``1.234,00 €``."""
    return _written(value, currency, language or get_language() or "en")


@lru_cache(maxsize=4096)
def _written(value: Decimal, currency: str, language: str) -> str:
    """Remembered: most amounts of a page were on the last one too."""
    return format_currency(value, currency, locale=locale(language))


def symbol(currency: str, language: str | None = None) -> str:
    """The currency's sign in the language, ``€``; its code where there is none."""
    return get_currency_symbol(currency, locale=locale(language))


def parse_amount(text: str, currency: str, language: str | None = None) -> Decimal:
    """Read a typed amount; never guess.

    Full-width digits, spaces and apostrophes between groups of three are understood. Where both marks occur the last one is the
    decimal mark. A single mark is the decimal mark, unless exactly three digits follow, one to three stand before, and it is not
    the language's own decimal mark (1.234 in German is one thousand). ``1234,50`` is never 123450.

    Raises AmountError with a sentence for people; also for more decimals than the currency has, and for amounts out of range.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    negative = plain[:1] in "-\u2212" and plain != ""
    plain = plain[1:].strip() if negative else plain
    if not _SHAPE.fullmatch(plain):
        raise AmountError(
            _("Enter an amount in figures, for example %(example)s.") % {"example": example(currency, language)}
        )
    whole, fraction = _split(plain, _decimal_mark(language), currency, language)
    digits = decimals(currency)
    if len(fraction.rstrip("0")) > digits:
        raise AmountError(
            _("%(currency)s amounts have at most %(digits)s decimals.") % {"currency": currency, "digits": digits}
        )
    value = Decimal(f"{whole or '0'}.{fraction or '0'}")
    if value > MAX_AMOUNT:
        raise AmountError(_("This amount is too large."))
    # Adding zero turns a typed minus zero into zero.
    return quantize(-value if negative else value, currency) + 0


def _split(plain: str, own_mark: str, currency: str, language: str | None) -> tuple[str, str]:
    """Whole and fraction digits of a typed amount, by the rules of parse_amount."""
    unclear = AmountError(
        _("“%(text)s” can be read in more than one way. Write it like %(example)s.")
        % {"text": plain, "example": example(currency, language)}
    )
    marks = [c for c in plain if c in ".,"]
    if not marks:
        return _groups(plain, None, unclear), ""
    last = marks[-1]
    if len(set(marks)) == 2:
        if marks.count(last) > 1:
            raise unclear
        whole, fraction = plain.rsplit(last, 1)
        other = "." if last == "," else ","
        return _groups(whole, other, unclear), _digits_only(fraction, unclear)
    if len(marks) > 1:
        return _groups(plain, last, unclear), ""
    whole, fraction = plain.split(last)
    if last != own_mark and len(fraction) == 3 and 1 <= len(whole) <= 3 and whole.strip("0"):
        return _groups(plain, last, unclear), ""
    return _groups(whole, None, unclear), _digits_only(fraction, unclear)


def _groups(whole: str, mark: str | None, unclear: AmountError) -> str:
    """The digits of a whole part whose groups, if any, are even groups of three."""
    spaced = _SPACES.sub(" ", whole)
    separator = mark if mark and mark in spaced else " "
    if mark and mark in spaced and " " in spaced:
        raise unclear
    first, *rest = spaced.split(separator)
    if rest and not (1 <= len(first) <= 3 and all(len(group) == 3 for group in rest)):
        raise unclear
    return _digits_only("".join([first, *rest]), unclear)


def _digits_only(text: str, unclear: AmountError) -> str:
    if text and not (text.isascii() and text.isdigit()):
        raise unclear
    return text


def locale(language: str | None = None) -> Locale:
    """Babel's locale of a language code of Django, the active language if none is given."""
    return _locale(language or get_language() or "en")


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    return Locale.parse(language.replace("-", "_"))


def _decimal_mark(language: str | None) -> str:
    return locale(language).number_symbols["latn"]["decimal"]


def example(currency: str, language: str | None = None) -> str:
    """An amount as one may type it, for sentences that say how."""
    mark = _decimal_mark(language)
    digits = decimals(currency)
    return f"1250{mark}{'0' * digits}" if digits else "1250"
