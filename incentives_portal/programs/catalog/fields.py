"""What the fields of a catalog document take: one check for each, which reports what is wrong and returns the value as Python has it."""

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
from incentives_portal.typed import shows_nothing

from .. import choices, conditions

#: What a check returns for a value that it reported.
BAD: Any = object()
_CODE = re.compile(r"[-a-zA-Z0-9_]+")
#: PostgreSQL takes no null character and no half of a surrogate pair.
_NOT_STORED = re.compile(r"[\0\ud800-\udfff]")
_LARGEST_COUNT = 32767


@dataclass(frozen=True)
class Place:
    """Where in which document something is wrong; ``problems`` is one list for all places of a document and of what it extends."""

    document: str
    problems: list[str]
    languages: tuple[str, ...] = (settings.LANGUAGE_CODE,)
    path: tuple[str, ...] = ()

    def inside(self, entry: str) -> "Place":
        return replace(self, path=(*self.path, entry))

    def report(self, problem: str) -> None:
        said = ": ".join(part for part in (self.document, ", ".join(self.path), problem) if part)
        self.problems.append(said.encode("utf-8", "backslashreplace").decode())

    def refuse(self, name: str, wanted: str, value: object) -> Any:
        """Report that a field must be something else than it is."""
        self.report(f"{name} must be {wanted}, not {_written(value)}")
        return BAD


def _written(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


Check = Callable[[Any, Place, str], Any]


def takes(check: Check, **default: Any) -> Any:
    """Declare a field of an entry with its check; without ``default`` or ``default_factory`` the field must be there."""
    return field(metadata={"check": check}, **default)


def read_entry(kind: type, raw: dict[str, Any], place: Place) -> Any:
    """Check all fields of an entry; return it, or None if one of its own fields is wrong."""
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
    """The entries of a list, each with its place; those without a code of their own are reported and left out."""
    if not isinstance(raw, list):
        place.refuse(name, "a list", raw)
        return []
    found: dict[str, tuple[Place, dict[str, Any]]] = {}
    for number, entry in enumerate(raw, start=1):
        unnamed = place.inside(f"{label} no. {number}")
        if not isinstance(entry, dict):
            unnamed.report(f"must be an object, not {_written(entry)}")
        elif not isinstance(entry.get("code"), str):
            unnamed.refuse("code", "text", entry["code"]) if "code" in entry else unnamed.report("code is missing")
        elif entry["code"] in found:
            place.inside(f"{label} {entry['code']}").report("there are two entries with this code")
        else:
            found[entry["code"]] = place.inside(f"{label} {entry['code']}"), entry
    return list(found.values())


# Checks


def code(most: int) -> Check:
    def check(value: Any, place: Place, name: str) -> Any:
        if isinstance(value, str) and _CODE.fullmatch(value) and len(value) <= most:
            return value
        return place.refuse(name, f"up to {most} letters, digits, hyphens and underscores", value)

    return check


def one_of(known: type[TextChoices]) -> Check:
    def check(value: Any, place: Place, name: str) -> Any:
        if isinstance(value, str) and value in known.values:
            return known(value)
        return place.refuse(name, f"one of {', '.join(known.values)}", value)

    return check


def list_of(each: Check) -> Check:
    def check(value: Any, place: Place, name: str) -> Any:
        if not isinstance(value, list):
            return place.refuse(name, "a list", value)
        found = [each(item, place, f"each of {name}") for item in value]
        if any(item is BAD for item in found):
            return BAD
        if twice := sorted({item for item in found if found.count(item) > 1}):
            place.report(f"{name} names {twice[0]} twice")
            return BAD
        return tuple(found)

    return check


def entries(kind: Any) -> Check:
    """A list of entries of their own; one that is wrong reports it and is left out, the entry around it is read on."""

    def check(value: Any, place: Place, name: str) -> Any:
        found = [read_entry(kind, raw, inner) for inner, raw in listed(kind.LABEL, value, place, name)]
        return tuple(entry for entry in found if entry is not None)

    return check


def texts(value: Any, place: Place, name: str) -> Any:
    """A text in English and in each language of the document; further languages are welcome."""
    if not isinstance(value, dict):
        return place.refuse(name, 'a text per language, for example {"en": "…"}', value)
    before = len(place.problems)
    for language in place.languages:
        if language not in value:
            place.report(f"{name} in {language} is missing")
    for language, text in value.items():
        if not isinstance(text, str) or shows_nothing(text):
            place.refuse(f"{name} in {language}", "text that one can read", text)
        elif _NOT_STORED.search(text):
            place.report(f"{name} in {language} has a character that cannot be stored")
    return value if len(place.problems) == before else BAD


def text(value: Any, place: Place, name: str) -> Any:
    return value if isinstance(value, str) else place.refuse(name, "text", value)


def flag(value: Any, place: Place, name: str) -> Any:
    return value if isinstance(value, bool) else place.refuse(name, "true or false", value)


def count(value: Any, place: Place, name: str) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_COUNT:
        return value
    return place.refuse(name, f"a whole number from 1 to {_LARGEST_COUNT}", value)


def number(digits: int, decimals: int) -> Check:
    """More than zero, and no longer than its column."""
    largest = Decimal(10) ** (digits - decimals)

    def check(value: Any, place: Place, name: str) -> Any:
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and 0 < (exact := Decimal(value)) < largest:
            rounded = exact.quantize(Decimal(1).scaleb(-decimals))
            if rounded == exact:
                return rounded
        return place.refuse(name, f"a number between 0 and {largest:,} with at most {decimals} decimals", value)

    return check


def currency(value: Any, place: Place, name: str) -> Any:
    return value if value in CURRENCIES else place.refuse(name, f"one of {', '.join(CURRENCIES)}", value)


def day(value: Any, place: Place, name: str) -> Any:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return place.refuse(name, 'a date like "2026-07-01"', value)


def condition(value: Any, place: Place, name: str) -> Any:
    if problem := conditions.problem_of(value):
        place.report(f"{name}: {problem}")
        return BAD
    return value


def answers(value: Any, place: Place, name: str) -> Any:
    """The choices of a requirement, each with its text in every language of the document."""
    if problem := choices.problem_of(value):
        place.report(f"{name}: {problem}")
        return BAD
    found = [texts(each["words"], place.inside(f"choice {each['code']}"), "words") for each in value]
    return BAD if BAD in found else value
