"""The entries of a catalog document, with the check of each field. ``note`` is for editors and is not loaded."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from ..enums import AppliesTo, CapKind, CapScope, Category, Group, ProgramKind, SatisfiedBy
from . import fields
from .fields import takes


@dataclass(frozen=True)
class ExpenseTypeEntry:
    LABEL: ClassVar[str] = "expense type"

    code: str = takes(fields.code(40))
    name: dict[str, str] = takes(fields.texts)
    note: str = takes(fields.text, default="")


@dataclass(frozen=True)
class RequirementEntry:
    """A requirement for a proof, and what meets it."""

    LABEL: ClassVar[str] = "requirement"

    code: str = takes(fields.code(32))
    group: Group = takes(fields.one_of(Group))
    satisfied_by: SatisfiedBy = takes(fields.one_of(SatisfiedBy))
    text: dict[str, str] = takes(fields.texts)
    any_of: str = takes(fields.code(32), default="")
    only_if: dict[str, str] = takes(fields.condition, default_factory=dict)
    choices: list[dict[str, Any]] = takes(fields.answers, default_factory=list)
    active: bool = takes(fields.flag, default=True)
    note: str = takes(fields.text, default="")


@dataclass(frozen=True)
class CapEntry:
    """A cap of an activity; the kind defines which numbers it has."""

    LABEL: ClassVar[str] = "cap"

    code: str = takes(fields.code(40))
    kind: CapKind = takes(fields.one_of(CapKind))
    scope: CapScope = takes(fields.one_of(CapScope))
    applies_to: AppliesTo = takes(fields.one_of(AppliesTo), default=AppliesTo.ALL)
    amount: Decimal | None = takes(fields.number(16, 3), default=None)
    currency: str = takes(fields.currency, default="")
    percent: Decimal | None = takes(fields.number(5, 2), default=None)
    count: int | None = takes(fields.count, default=None)
    expenses: tuple[str, ...] = takes(fields.list_of(fields.code(40)), default=())
    valid_from: date | None = takes(fields.day, default=None)
    valid_until: date | None = takes(fields.day, default=None)
    note: str = takes(fields.text, default="")


@dataclass(frozen=True)
class ActivityTypeEntry:
    """An activity type with its requirements, eligible costs (none: every cost), and caps."""

    LABEL: ClassVar[str] = "activity type"

    code: str = takes(fields.code(40))
    category: Category = takes(fields.one_of(Category))
    name: dict[str, str] = takes(fields.texts)
    expenses: tuple[str, ...] = takes(fields.list_of(fields.code(40)))
    requirements: tuple[RequirementEntry, ...] = takes(fields.entries(RequirementEntry), default=())
    caps: tuple[CapEntry, ...] = takes(fields.entries(CapEntry), default=())
    components: tuple[str, ...] = takes(fields.list_of(fields.code(40)), default=())
    excluded_kinds: tuple[str, ...] = takes(fields.list_of(fields.one_of(ProgramKind)), default=())
    needs_impressions: bool = takes(fields.flag, default=False)
    pre_approval: bool = takes(fields.flag, default=False)
    active: bool = takes(fields.flag, default=True)
    note: str = takes(fields.text, default="")


Entry = ExpenseTypeEntry | ActivityTypeEntry | RequirementEntry | CapEntry


@dataclass(frozen=True)
class Catalog:
    """The content of a document, merged with the one that it extends. By code, in the order of the lists."""

    expense_types: dict[str, ExpenseTypeEntry]
    activity_types: dict[str, ActivityTypeEntry]
