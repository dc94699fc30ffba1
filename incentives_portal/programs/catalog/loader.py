"""Install a catalog document in the portal's database."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from django.db import models, transaction

from ..models import ActivityType, Cap, ExpenseType, Requirement
from .documents import DEFAULT, read_catalog
from .entries import Entry

#: Fields of entries that are no columns: nested entries, references, and notes.
_NOT_COLUMNS = frozenset({"note", "requirements", "caps", "components", "expenses"})


@dataclass
class Loaded:
    """The result of loading: numbers of new and equal entries, and lists of different ones with their differences."""

    created: int = 0
    unchanged: int = 0
    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


@transaction.atomic
def load_catalog(path: Path = DEFAULT, *, overwrite: bool = False) -> Loaded:
    """Install a document: create missing rows, keep existing ones, and list those that differ.

    An admin may have edited them. With ``overwrite`` rows are set to the document's values. Rows that are not in the
    document always stay. Raises CatalogError before anything is written.
    """
    catalog, loading = read_catalog(path), _Loading(overwrite)
    for expense in catalog.expense_types.values():
        loading.put(ExpenseType, expense)
    order = {code: number * 10 for number, code in enumerate(catalog.activity_types, start=1)}
    # Composites last, after their components.
    for activity in sorted(catalog.activity_types.values(), key=lambda entry: bool(entry.components)):
        row = loading.put(
            ActivityType,
            activity,
            {
                "components": [loading.rows[ActivityType, code] for code in activity.components],
                "expenses": loading.expense_types(activity.expenses),
            },
            order=order[activity.code],
        )
        for number, requirement in enumerate(activity.requirements, start=1):
            loading.put(Requirement, requirement, activity_type=row, order=number * 10)
        for cap in activity.caps:
            loading.put(Cap, cap, {"expenses": loading.expense_types(cap.expenses)}, activity_type=row)
    return loading.done


class _Loading:
    """Create or update the rows of entries, and count changes. Rows of single programs are not part of the catalog."""

    def __init__(self, overwrite: bool) -> None:
        self.overwrite = overwrite
        self.done = Loaded()
        self.rows: dict[tuple[type[models.Model], str], Any] = {}
        for queryset in (
            ExpenseType.objects.all(),
            ActivityType.objects.prefetch_related("components", "expenses"),
            Requirement.objects.filter(program=None).select_related("activity_type"),
            Cap.objects.filter(program=None).select_related("activity_type").prefetch_related("expenses"),
        ):
            self.rows.update({(queryset.model, row.code): row for row in queryset})

    def expense_types(self, codes: tuple[str, ...]) -> list[ExpenseType]:
        return [self.rows[ExpenseType, code] for code in codes]

    def put(
        self, model: type[models.Model], entry: Entry, links: Mapping[str, list[Any]] | None = None, **more: Any
    ) -> Any:
        """Create or update the row of an entry; ``links`` are many-to-many fields, ``more`` other columns."""
        wanted, links = _columns(entry) | more, links or {}
        row = self.rows.get((model, entry.code))
        if row is None:
            row = self.rows[model, entry.code] = model._default_manager.create(**wanted)
            for name, others in links.items():
                getattr(row, name).set(others)
            self.done.created += 1
            return row
        columns = [name for name, value in wanted.items() if getattr(row, name) != value]
        lists = [name for name, others in links.items() if set(getattr(row, name).all()) != set(others)]
        if not columns and not lists:
            self.done.unchanged += 1
            return row
        differs = [_difference(name, getattr(row, name), wanted[name]) for name in columns] + lists
        (self.done.changed if self.overwrite else self.done.kept).append(
            f"{entry.LABEL} {entry.code}: {', '.join(differs)}"
        )
        if self.overwrite:
            for name in columns:
                setattr(row, name, wanted[name])
            row.save(update_fields=columns)
            for name in lists:
                getattr(row, name).set(links[name])
        return row


def _columns(entry: Entry) -> dict[str, Any]:
    values = {each.name: getattr(entry, each.name) for each in fields(entry) if each.name not in _NOT_COLUMNS}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _difference(name: str, old: Any, new: Any) -> str:
    """Describe the change of a field by old and new value; for texts by language."""
    if isinstance(old, dict) and isinstance(new, dict):
        return f"{name} ({', '.join(key for key in {**new, **old} if old.get(key) != new.get(key))})"
    if isinstance(new, list):
        return name
    return f"{name} {'–' if old in (None, '') else old} → {'–' if new in (None, '') else new}"
