"""Decode bytes as text: by byte order mark, as UTF-8, as declared, or by guessing the encoding."""

import io
import unicodedata
from codecs import getincrementaldecoder, lookup
from contextlib import suppress

from charset_normalizer import from_bytes

from .reasons import Reason, Unreadable

#: Order of preference among encodings that fit equally. Mac Roman before the DOS code pages, which are no longer in use.
_GUESSED = [
    "cp1252",
    "cp1250",
    "cp1251",
    "mac_roman",
    "cp932",
    "gb18030",
    "big5hkscs",
    "euc_jp",
    "cp949",
    "cp1253",
    "cp1254",
    "cp1257",
    "cp1255",
    "cp1256",
    "cp874",
    "cp1258",
    "iso8859_15",
    "mac_latin2",
    "mac_cyrillic",
    "koi8_r",
    "cp850",
    "cp852",
    "cp437",
]
#: Declared name → encoding to use. Programs also write characters that the named standard lacks.
_DECLARED = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
}
_OTHERS = [
    *(f"iso8859_{number}" for number in (*range(1, 12), 13, 14, 15, 16)),
    "ascii",
    "gb2312",
    "gbk",
    "big5",
    "shift_jis",
    "euc_kr",
    "iso2022_jp",
    "koi8_u",
    "utf_8_sig",
    "utf_16",
    "utf_16_le",
    "utf_16_be",
    "utf_32",
    "mac_turkish",
    "mac_greek",
]
#: Encoding → the name that people know.
_SHOWN = {
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "cp1252": "Windows-1252",
    "cp1253": "Windows-1253",
    "cp1254": "Windows-1254",
    "cp1257": "Windows-1257",
    "cp932": "Shift_JIS",
    "cp949": "EUC-KR",
    "gb18030": "GB18030",
    "big5hkscs": "Big5",
    "euc_jp": "EUC-JP",
    "mac_roman": "Mac Roman",
    "koi8_r": "KOI8-R",
    "utf_16": "UTF-16",
}
_SAMPLE = 16 * 1024
#: Score added for an encoding that the library rules out, and for each position in the list above.
_NOT_FOUND, _RANK = 0.1, 0.01
#: Characters that are common in western texts; the rest of every code page is rare.
_COMMON_SIGNS, _WITHIN_WORDS = "€£°§«»¿¡–—‘’“”„•…®©™\u00a0", "’\u00a0"
_COMMON_LETTERS = {
    *"äöüÄÖÜßéèêëàâáãåæçñóòôõøúùûíìîïœÉÀÅÆØÇÑ",
    *"ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůžýČŘŠŽőűŐŰğışİĞŞėįųūāēģķļņĮ",
    *map(chr, range(0x410, 0x450)),  # Cyrillic
    *map(chr, range(0x391, 0x3CF)),  # Greek
}
_FIRST_OF_EAST_ASIA, _FIRST_HALF_WIDTH = "\u2e80", "\uff61"
_CONTROLS = "\t\r\n\f"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def preload() -> None:
    """Load every encoding that a file may have, and the data for guessing."""
    for encoding in (*_GUESSED, *_OTHERS):
        lookup(encoding)
    from_bytes("Größe, Źródło".encode("cp1250"), cp_isolation=_GUESSED)


def decode(data: bytes) -> tuple[str, str]:
    """Return the text, and the name of its encoding if that is neither UTF-8 nor ASCII. Raises Unreadable."""
    if data.startswith(_WIDE_MARKS):
        return _decoded(data, "utf_16"), "UTF-16"
    with suppress(UnicodeDecodeError):
        return _checked(data.decode("utf-8-sig")), ""
    for encoding in _guesses(data):
        with suppress(UnicodeDecodeError):
            return _checked(data.decode(encoding)), _SHOWN.get(encoding, encoding)
    raise Unreadable(Reason.CONTENT)


def decode_as(data: bytes, declared: str) -> tuple[str, str]:
    """Return the text in the declared encoding.

    Raises Unreadable if the encoding is unknown or does not fit the text.
    """
    try:
        name = lookup(declared).name
    except (LookupError, ValueError) as error:
        raise Unreadable(Reason.DAMAGED) from error
    encoding = _DECLARED.get(name, name).replace("-", "_")
    if encoding not in {*_GUESSED, *_OTHERS, "utf_8"}:
        raise Unreadable(Reason.DAMAGED)
    return _decoded(data, encoding), "" if encoding == "utf_8" else _SHOWN.get(encoding, name)


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeError as error:
        raise Unreadable(Reason.DAMAGED) from error


def _guesses(data: bytes) -> list[str]:
    """Return the encodings that fit, the most likely first, judged by lines that are not ASCII."""
    sample = b""
    for line in io.BytesIO(data.replace(b"\r", b"\n")):
        if not line.isascii():
            sample += line[:_SAMPLE]
            if len(sample) >= _SAMPLE:
                break
    matches = from_bytes(sample, cp_isolation=_GUESSED)
    mess = {encoding: match.chaos for match in matches for encoding in match.could_be_from_charset}
    scores: dict[str, float] = {}
    found: dict[str, str] = {}
    for rank, encoding in enumerate(_GUESSED):
        with suppress(UnicodeDecodeError):
            text = getincrementaldecoder(encoding)().decode(sample)  # which may end within a character
            if text not in found.values():  # several encodings give the same text: take the most usual one
                found[encoding] = text
                scores[encoding] = _RANK * rank + mess.get(encoding, _NOT_FOUND) + _oddness(text)
    return sorted(scores, key=lambda encoding: round(scores[encoding], 2)) or ["cp1252"]


def _oddness(text: str) -> float:
    """Return the share of non-ASCII characters at unusual places.

    For short texts this is more reliable than the guess of the library.
    """
    odd = 0.0
    for before, sign, after in zip(f" {text[:-1]}", text, f"{text[1:]} ", strict=True):
        if sign.isascii():
            continue
        is_within = before.isalpha() or after.isalpha()
        if sign in _COMMON_SIGNS:
            odd += before.isalpha() and after.isalpha() and sign not in _WITHIN_WORDS
        elif not sign.isalpha():
            odd += 1.0 if is_within and sign < _FIRST_OF_EAST_ASIA else 0.5 * (sign < _FIRST_OF_EAST_ASIA)
        elif sign >= _FIRST_OF_EAST_ASIA:
            odd += _is_latin(before) or _is_latin(after) or sign >= _FIRST_HALF_WIDTH
        else:
            odd += sign.isupper() and before.islower()
            odd += 0.3 * (not is_within) + 0.15 * (sign not in _COMMON_LETTERS)
    return odd / max(1, sum(not sign.isascii() for sign in text))


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()


def _checked(text: str) -> str:
    """Return the text itself. Raises Unreadable if it has control characters that texts do not have."""
    if {sign for sign in set(text) if unicodedata.category(sign) == "Cc" and sign not in _CONTROLS}:
        raise Unreadable(Reason.CONTENT)
    return text
