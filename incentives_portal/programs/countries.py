"""Countries and regions by their ISO 3166 code, named in the reader's language (CLDR)."""

from collections.abc import Iterable

from babel.core import Locale

from incentives_portal.money import locale


def country_name(code: str, language: str | None = None) -> str:
    """The country's name in a language, else in the current one; the code where it has none."""
    return str(locale(language).territories.get(code, code))


def country_choices(codes: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """Countries as (code, name), in the order of their names; without ``codes`` all there are."""
    wanted = every_country() if codes is None else codes
    return sorted(((code, country_name(code)) for code in wanted), key=lambda choice: choice[1])


def every_country() -> list[str]:
    """All codes of two letters, without those that stand for a group, an unknown place or a test."""
    not_countries = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
    codes = [str(code) for code in Locale("en").territories]
    return [code for code in codes if len(code) == 2 and code.isalpha() and code not in not_countries]
