"""Changes and requests in the words of the screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .models import ChangeRequest, OrganisationRole, RequestKind


@dataclass(frozen=True)
class ChangedValue:
    """One column of a change in words: its name, and its old and new value."""

    name: str
    old: str
    new: str


def kind_of(label: str) -> str:
    """Return what a kind of object is called."""
    return capfirst(str(apps.get_model(label)._meta.verbose_name))


def in_words(kind: str, changes: Mapping[str, Sequence[Any]]) -> list[ChangedValue]:
    """Return the columns of a change in words. No query."""
    model, found = apps.get_model(kind), []
    for name, (old, new) in changes.items():
        try:
            field: Any = model._meta.get_field(name)
        except FieldDoesNotExist:  # a column that is gone
            found.append(ChangedValue(name, _shown(None, old), _shown(None, new)))
            continue
        found.append(ChangedValue(capfirst(str(field.verbose_name)), _shown(field, old), _shown(field, new)))
    return found


def _shown(field: "Field[Any, Any] | None", value: Any) -> str:
    """Return a value as text for people."""
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):
        return "; ".join(f"{name}: {text}" for name, text in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    choices = dict(field.flatchoices) if field is not None and field.choices else {}
    return str(choices.get(value, value))


def request_in_words(request: ChangeRequest) -> list[ChangedValue]:
    """Return the columns of a request in words. A query per column that names other rows."""
    if request.kind == RequestKind.ROLE:
        return in_words(OrganisationRole._meta.label_lower, request.changes)
    model = apps.get_model(request.object_kind)
    named = {name: [_named(model, name, value) for value in pair] for name, pair in request.changes.items()}
    return in_words(request.object_kind, named)


def _named(model: Any, name: str, value: Any) -> Any:
    """Return the names of rows instead of their keys."""
    field = model._meta.get_field(name)
    if not field.is_relation or value in (None, []):
        return value
    keys = value if isinstance(value, list) else [value]
    return [str(row) for row in field.related_model._base_manager.filter(pk__in=keys).order_by("pk")]
