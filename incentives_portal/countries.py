"""Countries and regions by their ISO 3166 code, named in the reader's language (CLDR)."""

import unicodedata
from collections.abc import Iterable
from functools import cache

from babel.core import Locale

from incentives_portal.money import locale


def country_name(code: str, language: str | None = None) -> str:
    """The country's name in a language, else in the current one; the code where it has none."""
    return str(locale(language).territories.get(code, code))


def country_choices(codes: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """Countries as (code, name), sorted as people look them up; without ``codes`` all there are."""
    wanted = every_country() if codes is None else codes
    return sorted(((code, country_name(code)) for code in wanted), key=lambda choice: collation_key(choice[1]))


def collation_key(name: str) -> tuple[str, str]:
    """Sort names as dictionaries in English and German do: by the letters without their marks, Åland among the As."""
    letters = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return letters.casefold(), name


@cache
def every_country() -> list[str]:
    """All codes of two letters, without those that stand for a group, an unknown place or a test."""
    not_countries = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
    codes = [str(code) for code in Locale("en").territories]
    return [code for code in codes if len(code) == 2 and code.isalpha() and code not in not_countries]


def country_code(typed: str) -> str | None:
    """The code of a country that was typed as code or name, in English or the reader's language; None for what is neither."""
    plain = collation_key(typed.strip())[0]
    for code in every_country():
        if plain in (code.casefold(), collation_key(country_name(code))[0], collation_key(country_name(code, "en"))[0]):
            return code
    return None
