"""Bytes as text: by their mark, as UTF-8, as they declare it, or by a guess among the encodings that programs of this world write."""

import io
import unicodedata
from codecs import getincrementaldecoder, lookup
from contextlib import suppress

from charset_normalizer import from_bytes

from .reasons import Reason, Unreadable

#: In the order in which one is taken of several that fit as well. Mac Roman before the code pages of DOS, which nobody writes any more.
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
#: Other names may be declared. What a standard of a character set left out, programs write under its name all the same.
_DECLARED = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
}
_OTHERS = [f"iso8859_{number}" for number in (*range(1, 12), 13, 14, 15, 16)]
_OTHERS += [
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
#: The names that people know.
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
#: What is added for an encoding that the library holds for none, in the measure of its mess; and for each place in the list above.
_NOT_FOUND, _RANK = 0.1, 0.01
#: Signs and letters that western texts are full of; the rest of every code page is rare.
_COMMON_SIGNS, _WITHIN_WORDS = "€£°§«»¿¡–—‘’“”„•…®©™\u00a0", "’\u00a0"
_COMMON_LETTERS = set("äöüÄÖÜßéèêëàâáãåæçñóòôõøúùûíìîïœÉÀÅÆØÇÑ")
_COMMON_LETTERS |= set("ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůžýČŘŠŽőűŐŰğışİĞŞėįųūāēģķļņĮ") | {
    chr(code) for code in range(0x410, 0x450)
}
_COMMON_LETTERS |= {chr(code) for code in range(0x391, 0x3CF)}
_FIRST_OF_EAST_ASIA, _FIRST_HALF_WIDTH = "\u2e80", "\uff61"
_CONTROLS = "\t\r\n\f"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def preload() -> None:
    """Load every encoding that a file may turn out to have, and what guessing needs."""
    for encoding in (*_GUESSED, *_OTHERS):
        lookup(encoding)
    from_bytes("Größe, Źródło".encode("cp1250"), cp_isolation=_GUESSED)


def decode(data: bytes) -> tuple[str, str]:
    """The text, and the name of its encoding if that is neither UTF-8 nor ASCII. Raises Unreadable for what is no text."""
    if data.startswith(_WIDE_MARKS):
        return _decoded(data, "utf_16"), "UTF-16"
    try:
        return _checked(data.decode("utf-8-sig")), ""
    except UnicodeDecodeError:
        pass
    for encoding in _guesses(data):
        try:
            return _checked(data.decode(encoding)), _SHOWN.get(encoding, encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(Reason.CONTENT)


def decode_as(data: bytes, declared: str) -> tuple[str, str]:
    """The text by the encoding that it declares. Raises Unreadable for one that is unknown, or not that of the text."""
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
    """Encodings that fit, the most likely first. Only lines that are not ASCII tell anything about it."""
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
            text = _beginning(sample, encoding)
            if (
                text not in found.values()
            ):  # the same letters stand at the same places of several: the usual one is named
                found[encoding] = text
                scores[encoding] = _RANK * rank + mess.get(encoding, _NOT_FOUND) + _oddness(text)
    return sorted(scores, key=lambda encoding: round(scores[encoding], 2)) or ["cp1252"]


def _beginning(sample: bytes, encoding: str) -> str:
    """The sample as text; it may end within a sign."""
    return getincrementaldecoder(encoding)().decode(sample)


def _oddness(text: str) -> float:
    """How many of the signs that are not ASCII stand where they do not in words; of short texts this says more than anything else."""
    odd, count = 0.0, 0
    for before, sign, after in zip(f" {text[:-1]}", text, f"{text[1:]} ", strict=True):
        if sign.isascii():
            continue
        count += 1
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
    return odd / max(1, count)


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()


def _checked(text: str) -> str:
    """The text itself. Raises Unreadable if there is in it what no text has."""
    if {sign for sign in set(text) if unicodedata.category(sign) == "Cc" and sign not in _CONTROLS}:
        raise Unreadable(Reason.CONTENT)
    return text
