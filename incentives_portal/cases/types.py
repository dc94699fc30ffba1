"""The kinds of cases as the portal knows them: one ``CaseType`` each, named in the setting CASE_TYPES."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from .state_machine import Machine


@dataclass(frozen=True)
class CaseType:
    """One kind of case: the prefix of its references (PLN-2026-00042), the life that it has, and the capabilities that its pages ask for.

    ``read`` is who may read it, ``contribute`` which people of the partner may comment on it, ``review`` which of the operator.
    """

    prefix: str
    machine: "Machine"
    read: str
    contribute: str
    review: str


@cache
def case_types() -> dict[str, CaseType]:
    """Kind → its type. Raises ImportError for a path in CASE_TYPES that names nothing."""
    found: list[CaseType] = [import_string(path) for path in settings.CASE_TYPES]
    return {each.machine.kind: each for each in found}


def case_type(kind: str) -> CaseType:
    """Raises KeyError for a kind that CASE_TYPES does not name."""
    return case_types()[kind]
