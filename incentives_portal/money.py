"""Amounts and currencies: model fields, digits per currency, reading what people type, writing what people read.

Amounts are ``Decimal`` in ``numeric(16, 3)`` columns; how many decimals count is a matter of the currency (JPY 0, EUR 2, KWD 3).
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

#: What is longer is no number of anybody's, and Python does not write whole numbers of more than 4,300 digits.
_LONGEST = 1000
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'\u2019]")
_SHAPE = re.compile(r"[0-9][0-9.,\s\u00a0\u202f\u2009'\u2019]*[0-9]|[0-9]|[.,][0-9]+")
#: Where a letter of a currency's code and a figure stand side by side.
_TOUCHING = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
#: Ways in which Unicode writes the very same sign. Others change what it says: <super> is a power, <fraction> a part.
_OTHER_LOOKS = {"<wide>", "<narrow>", "<small>", "<font>", "<noBreak>"}


class AmountError(ValueError):
    """What was typed cannot be read as an amount without guessing. The message is for people."""


class NumberError(ValueError):
    """What was typed is no number, or can be several."""

    def __init__(self, code: Literal["invalid", "unclear", "decimals"]) -> None:
        super().__init__(code)
        self.code = code


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
    """Round an amount half up to the currency's decimals. Money is rounded here and in ``quantize_limit`` only."""
    return value.quantize(Decimal(1).scaleb(-decimals(currency)), rounding=ROUND_HALF_UP)


def quantize_limit(value: Decimal, currency: str) -> Decimal:
    """Round a limit down to the currency's decimals: nobody gets more than it.

    What a division left out beyond the ninth decimal is put back first: a third, three times, is the whole.
    """
    exact = value.quantize(Decimal("1e-9"), rounding=ROUND_HALF_UP)
    return exact.quantize(Decimal(1).scaleb(-decimals(currency)), rounding=ROUND_DOWN)


def rounding_limit(currency: str) -> Decimal:
    """What a line of rounding on an invoice stays below: a whole unit of the currency, ten of one without decimals.

    Totals are rounded to 0.05 francs, to whole crowns and rupees, to 10 won.
    """
    return Decimal(1) if decimals(currency) else Decimal(10)


def format_amount(value: Decimal, currency: str, language: str | None = None) -> str:
    """An amount as people of the language write it, with its symbol: ``€1,234.00``, ``1.234,00 €``."""
    return _written(value, currency, language or get_language() or "en")


@lru_cache(maxsize=4096)
def _written(value: Decimal, currency: str, language: str) -> str:
    """Remembered: most amounts of a page were on the last one too.

    A code that would touch a figure gets a space that does not break, as CLDR asks for and Babel does not do: CHF 24,500.50.
    """
    return _TOUCHING.sub("\u00a0", format_currency(value, currency, locale=locale(language)))


def symbol(currency: str, language: str | None = None) -> str:
    """The currency's sign in the language, ``€``; its code where there is none."""
    return get_currency_symbol(currency, locale=locale(language))


def parse_amount(text: str, currency: str, language: str | None = None) -> Decimal:
    """Read a typed amount, as parse_number does; the sign or the code of its own currency may stand before or after it.

    Raises AmountError with words for people, which may follow the name of a field; also for more decimals than the currency has, and for
    amounts out of range.
    """
    digits, plain = decimals(currency), _without_sign(text, currency, language)
    said = {"text": plain, "example": example(currency, language), "currency": currency, "digits": digits}
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
            % said
        ) from error
    if abs(value) > MAX_AMOUNT:
        raise AmountError(_("this amount is too large."))
    return quantize(value, currency)


def parse_number(text: str, digits: int, language: str | None = None) -> Decimal:
    """Read a typed number with at most ``digits`` decimals; never guess.

    Full-width digits, spaces and apostrophes between groups of three are understood. Where both marks occur the last one is the
    decimal mark. A single mark is the decimal mark, unless exactly three digits follow and one to three stand before: then it is what
    the language makes of it, if that is possible and nothing else is. 1.234 is one thousand in German, or unclear where there can be three
    decimals; in English it is unclear where there cannot be three; in French it is always. ``1234,50`` is never 123450.

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
    """What was typed with full-width figures as plain ones, and without what is not seen: spreadsheets copy marks of direction.

    Raised, lowered and circled figures and fractions stay what they are, and are no figures: 1² is not 12.
    """
    plain = "".join(_plain(sign) for sign in text if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFC", plain).strip()


def _plain(sign: str) -> str:
    """The same sign in its everyday form, if it is one that differs in width or type only."""
    form = unicodedata.decomposition(sign).partition(" ")[0]
    same = form in _OTHER_LOOKS or unicodedata.category(sign) == "Zs"
    return unicodedata.normalize("NFKC", sign) if same else sign


def _without_sign(text: str, currency: str, language: str | None) -> str:
    """The amount without the sign or code of its currency; that of another one stays, and is refused."""
    plain = readable(text)
    for sign in (symbol(currency, language), symbol(currency, "en"), currency, currency.lower()):
        minus, rest = (plain[0], plain[1:]) if plain[:1] in ("-", "\u2212") else ("", plain)
        if rest.startswith(sign):
            return minus + rest.removeprefix(sign).strip()
        if rest.endswith(sign):
            return minus + rest.removesuffix(sign).strip()
    return plain


def _split(plain: str, digits: int, language: str | None) -> tuple[str, str]:
    """Whole and fraction digits of a typed number, by the rules of parse_number."""
    marks = [c for c in plain if c in ".,"]
    if not marks:
        return _groups(plain, None), ""
    last = marks[-1]
    if len(set(marks)) == 2:
        if marks.count(last) > 1:
            raise NumberError("unclear")
        whole, fraction = plain.rsplit(last, 1)
        other = "." if last == "," else ","
        return _groups(whole, other), _digits_only(fraction)
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
    """The digits of a whole part whose groups, if any, are even groups of three."""
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
    """Babel's locale of a language code of Django, the active language if none is given."""
    return _locale(language or get_language() or "en")


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    return Locale.parse(language.replace("-", "_"))


def example(currency: str, language: str | None = None) -> str:
    """An amount as one may type it, for sentences that say how."""
    mark = locale(language).number_symbols["latn"]["decimal"]
    digits = decimals(currency)
    return f"1250{mark}{'0' * digits}" if digits else "1250"
