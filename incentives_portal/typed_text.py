"""Normalize typed text: detect invisible text, and give e-mail addresses one spelling."""

import unicodedata

#: Letters and symbols that are drawn blank: the Hangul fillers, and the braille pattern without a dot.
_EMPTY = frozenset("\u115f\u1160\u2800\u3164\uffa0")
#: Categories of controls, marks of direction and joiners, lone accents, and characters without a font.
_NOT_SEEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Zs", "Zl", "Zp"))

#: Turkish dotless i and dotted I: Django treats them as the plain letters in some comparisons only, so that look-ups fail.
_DOTS = str.maketrans("\u0131\u0130", "iI")


def shows_nothing(text: str) -> bool:
    """Return whether no character of a text is visible: nobody could read or click such a title."""
    return all(sign in _EMPTY or unicodedata.category(sign) in _NOT_SEEN for sign in text)


def canonical_email(address: str) -> str:
    """Return an e-mail address in its canonical spelling; invalid ones as they were typed.

    Look-alike letters (the Kelvin sign, full-width letters, the dotless i) become plain ones; an international domain
    becomes its ASCII form, which tells a Cyrillic a from a Latin one.
    """
    name, at, domain = unicodedata.normalize("NFKC", address).translate(_DOTS).strip().rpartition("@")
    try:
        return f"{name}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return f"{name}{at}{domain}"
