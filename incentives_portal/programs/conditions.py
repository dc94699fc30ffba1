"""Conditions of requirements as data: the field ``only_if``.

    {}                                            always
    {"expense": "seo_fee"}                        a cost of this kind is on the proof
    {"expense_other_than": "travel"}              no costs yet, or one of another kind
    {"answer": "unit_origin", "is": "in_house"}   this answer was given to another requirement
    {"component": "telemarketing"}                the composite activity uses this component
    {"evidence": "report"}                        the proof has a service report ("report") or an invoice ("invoice")

All keys of a condition must be true.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_KEYS = frozenset({"expense", "expense_other_than", "answer", "is", "component", "evidence"})


@dataclass(frozen=True)
class Circumstances:
    """The data that conditions can test."""

    expenses: Collection[str]
    answers: Mapping[str, Any]
    components: Collection[str]
    evidence: Collection[str]


def holds(condition: Mapping[str, str], given: Circumstances) -> bool:
    """Return whether the requirement with this condition applies."""
    return (
        condition.get("expense") in (None, *given.expenses)
        and set(given.expenses) != {condition.get("expense_other_than")}
        and ("answer" not in condition or given.answers.get(condition["answer"]) == condition.get("is"))
        and condition.get("component") in (None, *given.components)
        and condition.get("evidence") in (None, *given.evidence)
    )


def problem_of(condition: object) -> str | Promise | None:
    """Return what is wrong with a typed condition, or None."""
    if not isinstance(condition, dict) or not all(isinstance(value, str) for value in condition.values()):
        return _('A condition is a list of keys and values, for example {"expense": "seo_fee"}.')
    if not set(condition) <= _KEYS:
        return _(
            "A condition can only have these keys: expense, expense_other_than, answer (with is), component, evidence."
        )
    if ("answer" in condition) != ("is" in condition):
        return _("“answer” and “is” must be used together.")
    if condition.get("evidence", "report") not in ("report", "invoice"):
        return _("“evidence” must be “report” or “invoice”.")
    return None
