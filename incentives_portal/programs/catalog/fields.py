"""Checks of the fields of a catalog document: each reports problems and returns the value as Python type."""

import json
import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import TextChoices

from incentives_portal.money import CURRENCIES
from incentives_portal.typed_text import shows_nothing

from .. import choices, conditions

#: A check's return value for a value that it reported.
BAD: Any = object()
_CODE = re.compile(r"[-a-zA-Z0-9_]+")
#: PostgreSQL cannot store a null character or half of a surrogate pair.
_NOT_STORED = re.compile(r"[\0\ud800-\udfff]")
_LARGEST_COUNT = 32767


@dataclass(frozen=True)
class Place:
    """A position in a document; ``problems`` is one list for a document and the one that it extends."""

    document: str
    problems: list[str]
    languages: tuple[str, ...] = (settings.LANGUAGE_CODE,)
    path: tuple[str, ...] = ()

    def inside(self, entry: str) -> "Place":
        return replace(self, path=(*self.path, entry))

    def report(self, problem: str) -> None:
        text = ": ".join(part for part in (self.document, ", ".join(self.path), problem) if part)
        self.problems.append(text.encode("utf-8", "backslashreplace").decode())

    def refuse(self, name: str, wanted: str, value: object) -> Any:
        """Report that a field has a wrong value, and return BAD."""
        self.report(f"{name} must be {wanted}, not {_written(value)}")
        return BAD


def _written(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


#: A check returns the value as Python type, or reports it and returns BAD.
Check = Callable[[Any, Place, str], Any]


def takes(check: Check, **default: Any) -> Any:
    """Declare a field of an entry with its check; it is required without ``default`` or ``default_factory``."""
    return field(metadata={"check": check}, **default)


def read_entry(kind: type, raw: dict[str, Any], place: Place) -> Any:
    """Check all fields of an entry; return it, or None if a field is wrong."""
    known, values = {each.name: each for each in fields(kind)}, {}
    for name in sorted(raw.keys() - known.keys()):
        place.report(f"there is no field {name}; known are {', '.join(known)}")
    for name, each in known.items():
        if name in raw:
            values[name] = each.metadata["check"](raw[name], place, name)
        elif each.default is MISSING and each.default_factory is MISSING:
            place.report(f"{name} is missing")
            values[name] = BAD
    return None if any(value is BAD for value in values.values()) else kind(**values)


def listed(label: str, raw: object, place: Place, name: str) -> list[tuple[Place, dict[str, Any]]]:
    """Return the entries of a list with their places; report and skip those without a unique code."""
    if not isinstance(raw, list):
        place.refuse(name, "a list", raw)
        return []
    items: dict[str, tuple[Place, dict[str, Any]]] = {}
    for number, entry in enumerate(raw, start=1):
        unnamed = place.inside(f"{label} no. {number}")
        if not isinstance(entry, dict):
            unnamed.report(f"must be an object, not {_written(entry)}")
        elif not isinstance(entry.get("code"), str):
            unnamed.refuse("code", "text", entry["code"]) if "code" in entry else unnamed.report("code is missing")
        elif entry["code"] in items:
            place.inside(f"{label} {entry['code']}").report("there are two entries with this code")
        else:
            items[entry["code"]] = place.inside(f"{label} {entry['code']}"), entry
    return list(items.values())


# Checks


@dataclass(frozen=True)
class Plain:
    """A check of a single value: a description, a test, and a conversion."""

    wanted: str
    accepts: Callable[[Any], bool]
    convert: Callable[[Any], Any] = lambda value: value

    def __call__(self, value: Any, place: Place, name: str) -> Any:
        try:
            return self.convert(value) if self.accepts(value) else place.refuse(name, self.wanted, value)
        except ValueError:
            return place.refuse(name, self.wanted, value)


text = Plain("text", lambda value: isinstance(value, str))
flag = Plain("true or false", lambda value: isinstance(value, bool))
count = Plain(
    f"a whole number from 1 to {_LARGEST_COUNT}", lambda value: type(value) is int and 0 < value <= _LARGEST_COUNT
)
currency = Plain(f"one of {', '.join(CURRENCIES)}", lambda value: value in CURRENCIES)
day = Plain('a date like "2026-07-01"', lambda value: isinstance(value, str), date.fromisoformat)


def code(most: int) -> Check:
    return Plain(
        f"up to {most} letters, digits, hyphens and underscores",
        lambda value: isinstance(value, str) and len(value) <= most and bool(_CODE.fullmatch(value)),
    )


def one_of(known: type[TextChoices]) -> Check:
    return Plain(
        f"one of {', '.join(known.values)}", lambda value: isinstance(value, str) and value in known.values, known
    )


def number(digits: int, decimals: int) -> Check:
    """Return a check for numbers above zero that fit their column."""
    largest, last = Decimal(10) ** (digits - decimals), Decimal(1).scaleb(-decimals)
    return Plain(
        f"a number between 0 and {largest:,} with at most {decimals} decimals",
        lambda value: type(value) in (int, Decimal) and 0 < value < largest and Decimal(value).quantize(last) == value,
        lambda value: Decimal(value).quantize(last),
    )


def list_of(each: Check) -> Check:
    def check(value: Any, place: Place, name: str) -> Any:
        if not isinstance(value, list):
            return place.refuse(name, "a list", value)
        items = [each(item, place, f"each of {name}") for item in value]
        if BAD not in items and (twice := sorted({item for item in items if items.count(item) > 1})):
            place.report(f"{name} names {twice[0]} twice")
            return BAD
        return BAD if BAD in items else tuple(items)

    return check


def entries(kind: Any) -> Check:
    """Return a check for a list of nested entries, which leaves out wrong ones to check the others."""

    def check(value: Any, place: Place, name: str) -> Any:
        items = [read_entry(kind, raw, inner) for inner, raw in listed(kind.LABEL, value, place, name)]
        return tuple(entry for entry in items if entry is not None)

    return check


def texts(value: Any, place: Place, name: str) -> Any:
    """Check a text in English and in each language of the document; other languages are optional."""
    if not isinstance(value, dict):
        return place.refuse(name, 'a text per language, for example {"en": "…"}', value)
    before = len(place.problems)
    for language in place.languages:
        if language not in value:
            place.report(f"{name} in {language} is missing")
    for language, translation in value.items():
        if not isinstance(translation, str) or shows_nothing(translation):
            place.refuse(f"{name} in {language}", "text that one can read", translation)
        elif _NOT_STORED.search(translation):
            place.report(f"{name} in {language} has a character that cannot be stored")
    return value if len(place.problems) == before else BAD


def valid_by(problem_of: Callable[[object], object]) -> Check:
    """Return a check that uses the validation function of the model's form."""

    def check(value: Any, place: Place, name: str) -> Any:
        if problem := problem_of(value):
            place.report(f"{name}: {problem}")
        return BAD if problem else value

    return check


condition = valid_by(conditions.problem_of)


def answers(value: Any, place: Place, name: str) -> Any:
    """Check the choices of a requirement, each with its text in every language of the document."""
    if valid_by(choices.problem_of)(value, place, name) is BAD:
        return BAD
    items = [texts(each["text"], place.inside(f"choice {each['code']}"), "text") for each in value]
    return BAD if BAD in items else value
