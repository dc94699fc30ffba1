"""Countries and regions by ISO 3166 code, with their names in the reader's language (CLDR)."""

import unicodedata
from collections.abc import Iterable
from functools import cache

from babel.core import Locale

from incentives_portal.money import locale


def country_name(code: str, language: str | None = None) -> str:
    """Return the country's name in a language, by default the current one; the code if there is no name."""
    return str(locale(language).territories.get(code, code))


def country_choices(codes: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """Return countries as (code, name), sorted by name; all countries without ``codes``."""
    wanted = every_country() if codes is None else codes
    return sorted(((code, country_name(code)) for code in wanted), key=lambda choice: collation_key(choice[1]))


def collation_key(name: str) -> tuple[str, str]:
    """Return a sort key that ignores accents, as English and German dictionaries do: Åland among the As."""
    letters = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return letters.casefold(), name


@cache
def every_country() -> list[str]:
    """Return all codes of two letters, without those of groups, unknown places and tests."""
    not_countries = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
    codes = [str(code) for code in Locale("en").territories]
    return [code for code in codes if len(code) == 2 and code.isalpha() and code not in not_countries]


def country_code(typed: str) -> str | None:
    """Return the code of a typed code or name (English or current language); None if it is unknown."""
    plain = collation_key(typed.strip())[0]
    for code in every_country():
        if plain in (code.casefold(), collation_key(country_name(code))[0], collation_key(country_name(code, "en"))[0]):
            return code
    return None
