"""The registry of kinds of cases: one ``CaseType`` each, named in the setting CASE_TYPES."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from incentives_portal.accounts.capabilities import may

from .enums import SUBMITTED
from .state_machine import StateMachine, no_date

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Case, CaseDetail


def detail_url(case: "Case", _user: "User") -> str:
    """The URL of the case's page, the same for everybody. One query, unless the row of its kind was read."""
    detail: CaseDetail = getattr(case, case.kind)
    return detail.get_absolute_url()


def may_edit(case: "Case", user: "User") -> bool:
    """Whether the case can be edited and the user may contribute to such cases."""
    return case.state.editable and may(user, case_type(case.kind).contribute, case.scope)


@dataclass(frozen=True)
class Excluded:
    """Keys of users who do not decide a case although their role allows it (docs/domain.md, "Four eyes").

    ``rejecters`` rejected the submission that is disputed; ``approvers`` approved the plan of the claim.
    """

    rejecters: frozenset[int] = frozenset()
    approvers: frozenset[int] = frozenset()


def nobody_excluded(_detail: "CaseDetail") -> Excluded:
    """The exclusions of a kind without rules of its own."""
    return Excluded()


@dataclass(frozen=True)
class CaseType:
    """One kind of case: reference prefix (PLN-2026-00042), state machine and capabilities.

    ``read`` is needed to read it, ``contribute`` for a partner user to comment on it, ``review`` for an operator
    user. With ``stand_in`` one decides where every reviewer rejected what is disputed; ``excluded`` says whom the
    four-eyes rules of the kind exclude. The rest is for lists over all kinds (inbox.py): the URL for a user, whether
    the user may edit the case now, and which of the visible drafts belong to the user's list.
    """

    prefix: str
    state_machine: StateMachine
    read: str
    contribute: str
    review: str
    stand_in: str = ""
    excluded: Callable[[Any], Excluded] = nobody_excluded
    url_for: Callable[["Case", "User"], str] = detail_url
    may_edit: Callable[["Case", "User"], bool] = may_edit
    drafts_of: Callable[["User"], Q] = lambda _user: Q()

    @property
    def has_review_due_date(self) -> bool:
        """Whether partners are promised a date for the decision: submitting sets one."""
        return any(
            transition.target == SUBMITTED and transition.due not in (None, no_date)
            for transition in self.state_machine.transitions
        )


@cache
def case_types() -> dict[str, CaseType]:
    """Return the type of each kind. Raises ImportError for a path in CASE_TYPES that does not exist."""
    types: list[CaseType] = [import_string(path) for path in settings.CASE_TYPES]
    return {each.state_machine.kind: each for each in types}


def case_type(kind: str) -> CaseType:
    """Return the type of a kind. Raises KeyError for one that CASE_TYPES does not name."""
    return case_types()[kind]
