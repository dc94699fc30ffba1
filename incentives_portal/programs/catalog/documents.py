"""Read a catalog document: its JSON, its entries, and the document that it extends."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from .entries import ActivityTypeEntry, Catalog, ExpenseTypeEntry
from .fields import Place, list_of, listed, read_entry, text
from .rules import check_activity_types

DEFAULT = Path(__file__).with_name("default.json")
_TOP = ("extends", "languages", "expense_types", "activity_types")


class CatalogError(ValueError):
    """The document cannot be loaded. ``problems`` are sentences that name document, entry and field."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class Section:
    """One of the two lists of a catalog, in order, while documents are merged."""

    kind: Any
    raw: dict[str, dict[str, Any]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    def put(self, place: Place, entry: dict[str, Any]) -> None:
        """Add an entry, or replace the fields that it contains in the entry with the same code."""
        code, values = entry["code"], dict(entry)
        after = values.pop("after", None)
        self.places[code] = place
        if code in self.raw:
            if after is not None:
                place.report("after is for a new entry, this one has its place")
            self.raw[code] |= values
            return
        order = list(self.raw)
        if after is not None and after not in order:
            place.report(f"after: there is no {self.kind.LABEL} {after} before this one")
            after = None
        order.insert(len(order) if after is None else order.index(after) + 1, code)
        self.raw[code] = values
        self.raw = {each: self.raw[each] for each in order}

    def read(self) -> dict[str, Any]:
        parsed = {name: read_entry(self.kind, raw, self.places[name]) for name, raw in self.raw.items()}
        return {name: entry for name, entry in parsed.items() if entry is not None}


def read_catalog(path: Path = DEFAULT) -> Catalog:
    """Read a document and check it completely. Raises CatalogError with every problem."""
    problems: list[str] = []
    expenses, activities = Section(ExpenseTypeEntry), Section(ActivityTypeEntry)
    document = _json(path)
    place = Place(path.name, problems)
    if "extends" in document:
        if document["extends"] == DEFAULT.name and path != DEFAULT:
            _put(_json(DEFAULT), Place(DEFAULT.name, problems), expenses, activities)
        else:
            place.refuse("extends", json.dumps(DEFAULT.name), document["extends"])
    _put(document, place, expenses, activities)
    catalog = Catalog(expenses.read(), activities.read())
    check_activity_types(catalog, activities.places, set(expenses.raw))
    if problems:
        raise CatalogError(problems)
    return catalog


def _put(document: dict[str, Any], place: Place, expenses: Section, activities: Section) -> None:
    for name in sorted(document.keys() - set(_TOP)):
        place.report(f"there is no field {name}; known are {', '.join(_TOP)}")
    if "languages" not in document:
        place.report("languages is missing")
    else:
        languages = list_of(text)(document["languages"], place, "languages")
        if isinstance(languages, tuple) and settings.LANGUAGE_CODE not in languages:
            place.report(f"languages must have {settings.LANGUAGE_CODE}: it is shown where a translation is missing")
        elif isinstance(languages, tuple):
            place = Place(place.document, place.problems, languages)
    for name, section in (("expense_types", expenses), ("activity_types", activities)):
        for where, entry in listed(section.kind.LABEL, document.get(name, []), place, name):
            section.put(where, entry)


def _json(path: Path) -> dict[str, Any]:
    """Return the object in a file. Raises CatalogError."""
    try:
        document = json.loads(
            path.read_bytes().decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_reject_constant,
            object_pairs_hook=_object,
        )
    except OSError as error:
        raise CatalogError([f"{path.name}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise CatalogError([f"{path.name}: not UTF-8: byte {error.start + 1} is no part of a character"]) from error
    except json.JSONDecodeError as error:
        raise CatalogError(
            [f"{path.name}: not JSON: line {error.lineno}, column {error.colno}: {error.msg}"]
        ) from error
    except RecursionError as error:
        raise CatalogError([f"{path.name}: objects and lists are nested too deeply"]) from error
    except ValueError as error:
        raise CatalogError([f"{path.name}: {error}"]) from error
    if not isinstance(document, dict):
        raise CatalogError([f"{path.name}: must be an object with {', '.join(_TOP)}"])
    return document


def _reject_constant(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice} stands twice in the object {{{names[0]}: {parsed[names[0]]}, …}}")
    return parsed
