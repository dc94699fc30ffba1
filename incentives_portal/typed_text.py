"""What people type, as it is meant: texts of which nothing can be seen, and e-mail addresses in one spelling."""

import unicodedata

#: Letters and symbols that are drawn as nothing: the fillers of Hangul, and the braille pattern without a dot.
_EMPTY = frozenset("\u115f\u1160\u2800\u3164\uffa0")
#: Controls, marks of direction and joiners, lone accents, and what no font has.
_NOT_SEEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Zs", "Zl", "Zp"))

#: The Turkish i without a dot and I with one: Django takes them for letters of an address in any case of letters, and nobody finds them.
_DOTS = str.maketrans("\u0131\u0130", "iI")


def shows_nothing(text: str) -> bool:
    """Whether no character of a text can be seen: a title of it is a row that nobody can read or click."""
    return all(sign in _EMPTY or unicodedata.category(sign) in _NOT_SEEN for sign in text)


def canonical_email(address: str) -> str:
    """An e-mail address in the spelling by which people are found, or as it was typed where it is none.

    Letters that only look like others (K for K, full-width ones, the i without a dot) become these; a domain with other letters becomes
    its ASCII form, in which a Cyrillic a is told from a Latin one.
    """
    name, at, domain = unicodedata.normalize("NFKC", address).translate(_DOTS).strip().rpartition("@")
    try:
        return f"{name}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return f"{name}{at}{domain}"
