"""Who has taken a case up, and what this means for others: a colleague's work is taken over knowingly, never by the way.

Tables of transitions use the predicates (``when``, ``refusal``); the verbs are the same for every kind of case that is reviewed.
"""

from typing import Any, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import User

from .engine import perform, service_of
from .models import CaseDetail, Event

Detail = TypeVar("Detail", bound=CaseDetail)


def is_assigned(detail: CaseDetail) -> bool:
    return detail.case.active_assignee is not None


def is_unassigned(detail: CaseDetail) -> bool:
    return detail.case.active_assignee is None


def colleague_of(detail: CaseDetail, user: User) -> User | None:
    """Who else has taken the case up; None when it is nobody's or the person's own."""
    assignee = detail.case.active_assignee
    return None if assignee is None or assignee.pk == user.pk else assignee


def refuse_what_a_colleague_has(detail: CaseDetail, user: User) -> Promise | None:
    """Nobody decides, or takes up, what a colleague has taken up."""
    if colleague_of(detail, user) is None:
        return None
    return _("This is assigned to a colleague. Take it over first.")


def refuse_ones_own(detail: CaseDetail, user: User) -> Promise | None:
    """There is nobody to take it over from."""
    return None if colleague_of(detail, user) else _("This is already assigned to you.")


#: Take up what waits; from then on the partner cannot withdraw it.
start_review = service_of("start_review")
#: Give a case back: it is nobody's and waits for anybody, due as before.
return_to_queue = service_of("return_to_queue")


def take_over(detail: Detail, *, actor: User, expected_version: int | None, comment: str = "") -> Event:
    """Take a case from a colleague. The history says from whom; the table says who is told. Raises the errors of ``perform``."""

    def before(current: Detail) -> dict[str, Any]:
        former = current.case.active_assignee
        assert former is not None  # the transition is there only while somebody has it
        return {"name": former.name, "from": former.pk}

    return perform(detail, "take_over", actor=actor, expected_version=expected_version, comment=comment, before=before)
