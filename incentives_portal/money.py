"""Amounts and currencies: model fields, decimals per currency, parsing and formatting.

Amounts are ``Decimal`` in ``numeric(16, 3)`` columns; the currency defines the decimals (JPY 0, EUR 2, KWD 3).
"""

import re
import unicodedata
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Literal

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

#: The most characters of a number; Python refuses to write integers of more than 4,300 digits.
_LONGEST = 1000
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'\u2019]")
_SHAPE = re.compile(r"[0-9][0-9.,\s\u00a0\u202f\u2009'\u2019]*[0-9]|[0-9]|[.,][0-9]+")
#: Between a letter of a currency code and an adjacent digit.
_TOUCHING = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
#: Unicode compatibility forms with the same meaning. Others change it: <super> is a power, <fraction> a part.
_SAME_MEANING = {"<wide>", "<narrow>", "<small>", "<font>", "<noBreak>"}


class AmountError(ValueError):
    """The typed text cannot be read as an amount without guessing. The message is for users."""


class NumberError(ValueError):
    """The typed text is no number, or is ambiguous."""

    def __init__(self, code: Literal["invalid", "unclear", "decimals"]) -> None:
        super().__init__(code)
        self.code = code


class AmountField(models.DecimalField):
    """An amount of money, ``numeric(16, 3)``; its currency is in another field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 16)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)


class CurrencyField(models.CharField):
    """An ISO 4217 code. Migrations do not contain the list, so that a new currency is no schema change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        kwargs["choices"] = [(code, code) for code in CURRENCIES]
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("choices", None)
        return name, path, args, kwargs


def decimals(currency: str) -> int:
    """Return the number of decimals of the currency (CLDR)."""
    return get_currency_precision(currency)


def quantize(value: Decimal, currency: str) -> Decimal:
    """Round an amount half up to the currency's decimals. Money is rounded here and in ``quantize_limit`` only."""
    return value.quantize(_unit(currency), rounding=ROUND_HALF_UP)


def quantize_limit(value: Decimal, currency: str) -> Decimal:
    """Round a limit down to the currency's decimals, so that nobody gets more than the limit.

    First round to nine decimals, to undo errors of divisions: three thirds are a whole.
    """
    return value.quantize(Decimal("1e-9"), rounding=ROUND_HALF_UP).quantize(_unit(currency), rounding=ROUND_DOWN)


def _unit(currency: str) -> Decimal:
    """Return the smallest amount of the currency: 0.01 of a euro."""
    return Decimal(1).scaleb(-decimals(currency))


def rounding_limit(currency: str) -> Decimal:
    """Return the bound of a rounding line on an invoice: one unit of the currency, ten of one without decimals.

    Totals are rounded to 0.05 francs, to whole crowns and rupees, to 10 won.
    """
    return Decimal(1) if decimals(currency) else Decimal(10)


def format_amount(value: Decimal, currency: str, language: str | None = None) -> str:
    """Format an amount with its symbol as the language does: ``€1,234.00``, ``1.234,00 €``."""
    return _format(value, currency, language or get_language() or "en")


@lru_cache(maxsize=4096)
def _format(value: Decimal, currency: str, language: str) -> str:
    """Format an amount; cached, because most amounts of a page were on the last one too.

    Puts a non-breaking space between code and digits, as CLDR asks and Babel does not: CHF 24,500.50.
    """
    return _TOUCHING.sub("\u00a0", format_currency(value, currency, locale=locale(language)))


def symbol(currency: str, language: str | None = None) -> str:
    """Return the currency's symbol in the language, ``€``; its code if there is none."""
    return get_currency_symbol(currency, locale=locale(language))


def parse_amount(text: str, currency: str, language: str | None = None) -> Decimal:
    """Parse a typed amount as parse_number does; symbol or code of its currency may stand before or after it.

    Raises AmountError with a sentence for users that can follow the name of a field; also for more decimals than the
    currency has, and for amounts out of range.
    """
    digits, plain = decimals(currency), _without_sign(text, currency, language)
    try:
        value = parse_number(plain, digits, language)
    except NumberError as error:
        raise AmountError(
            {
                "invalid": _("enter an amount in numbers, for example %(example)s."),
                "unclear": _("“%(text)s” can be read in more than one way. Write it like %(example)s."),
                "decimals": _(
                    "%(currency)s amounts can have at most %(digits)s decimal places, for example %(example)s."
                ),
            }[error.code]
            % {"text": plain, "example": example(currency, language), "currency": currency, "digits": digits}
        ) from error
    if abs(value) > MAX_AMOUNT:
        raise AmountError(_("this amount is too large."))
    return quantize(value, currency)


def parse_number(text: str, digits: int, language: str | None = None) -> Decimal:
    """Parse a typed number with at most ``digits`` decimals; never guess.

    Full-width digits, and spaces and apostrophes between groups of three, are accepted. With both marks the last one is the
    decimal mark. A single mark is the decimal mark, unless it has one to three digits before and exactly three after it:
    then it is what the language makes of it, if that is possible and nothing else is. 1.234 is one thousand in German, or
    unclear with three decimals; in English it is unclear without three decimals; in French always. ``1234,50`` is never
    123450.

    Raises NumberError.
    """
    plain = readable(text)
    negative = plain[:1] in "-\u2212" and plain != ""
    plain = plain[1:].strip() if negative else plain
    if len(plain) > _LONGEST or not _SHAPE.fullmatch(plain):
        raise NumberError("invalid")
    whole, fraction = _split(plain, digits, language)
    fraction = fraction.rstrip("0")
    if len(fraction) > digits:
        raise NumberError("decimals")
    value = Decimal(f"{whole or '0'}.{fraction}")
    # Adding zero turns a typed minus zero into zero.
    return (-value if negative else value) + 0


def readable(text: str) -> str:
    """Normalize full-width digits and remove invisible characters: spreadsheets copy marks of direction.

    Superscript, subscript and circled digits and fractions stay, and are no digits: 1² is not 12.
    """
    plain = "".join(_plain(sign) for sign in text if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFC", plain).strip()


def _plain(sign: str) -> str:
    """Return the plain form of a character that differs in width or font only, else the character."""
    form = unicodedata.decomposition(sign).partition(" ")[0]
    same = form in _SAME_MEANING or unicodedata.category(sign) == "Zs"
    return unicodedata.normalize("NFKC", sign) if same else sign


def _without_sign(text: str, currency: str, language: str | None) -> str:
    """Remove symbol or code of the currency; that of another currency stays, and is rejected later."""
    plain = readable(text)
    for sign in (symbol(currency, language), symbol(currency, "en"), currency, currency.lower()):
        minus, rest = (plain[0], plain[1:]) if plain[:1] in ("-", "\u2212") else ("", plain)
        if rest.startswith(sign):
            return minus + rest.removeprefix(sign).strip()
        if rest.endswith(sign):
            return minus + rest.removesuffix(sign).strip()
    return plain


def _split(plain: str, digits: int, language: str | None) -> tuple[str, str]:
    """Return whole and fraction digits of a typed number, by the rules of parse_number."""
    marks = [c for c in plain if c in ".,"]
    if not marks:
        return _groups(plain, None), ""
    last = marks[-1]
    if len(set(marks)) == 2:
        if marks.count(last) > 1:
            raise NumberError("unclear")
        whole, fraction = plain.rsplit(last, 1)
        return _groups(whole, "." if last == "," else ","), _digits_only(fraction)
    if len(marks) > 1:
        return _groups(plain, last), ""
    whole, fraction = plain.split(last)
    if len(fraction) == 3 and 1 <= len(whole) <= 3 and whole.strip("0"):
        symbols = locale(language).number_symbols["latn"]
        if last == symbols["group"] and digits < 3:
            return _groups(plain, last), ""
        if last != symbols["decimal"] or digits < 3:
            raise NumberError("unclear")
    return _groups(whole, None), _digits_only(fraction)


def _groups(whole: str, mark: str | None) -> str:
    """Return the digits of a whole part whose groups, if any, have three digits each."""
    spaced = _SPACES.sub(" ", whole)
    if mark and " " in spaced:
        raise NumberError("unclear")
    first, *rest = spaced.split(mark or " ")
    if rest and not (1 <= len(first) <= 3 and all(len(group) == 3 for group in rest)):
        raise NumberError("unclear")
    return _digits_only("".join([first, *rest]))


def _digits_only(text: str) -> str:
    if text and not (text.isascii() and text.isdigit()):
        raise NumberError("unclear")
    return text


def locale(language: str | None = None) -> Locale:
    """Return Babel's locale for a language code of Django, by default the active language."""
    return _locale(language or get_language() or "en")


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    return Locale.parse(language.replace("-", "_"))


def example(currency: str, language: str | None = None) -> str:
    """Return an example of a typed amount, for error messages."""
    mark = locale(language).number_symbols["latn"]["decimal"]
    return f"1250{mark}{'0' * decimals(currency)}".removesuffix(mark)
