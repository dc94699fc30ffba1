"""Start, return and take over reviews.

Taking over a colleague's case is an explicit action, never a side effect of another one. Transition tables use the
predicates (``when``, ``refusal``); the verbs are the same for every kind of case that is reviewed.
"""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import User

from .engine import service_of
from .models import CaseDetail


def is_assigned(detail: CaseDetail) -> bool:
    return detail.case.active_assignee is not None


def is_unassigned(detail: CaseDetail) -> bool:
    return detail.case.active_assignee is None


def colleague_of(detail: CaseDetail, user: User) -> User | None:
    """Return the other user to whom the case is assigned. None when it is unassigned or assigned to ``user``."""
    assignee = detail.case.active_assignee
    return None if assignee is None or assignee.pk == user.pk else assignee


def refuse_what_a_colleague_has(detail: CaseDetail, user: User) -> Promise | None:
    """Refuse to start a review or decide while the case is assigned to a colleague."""
    if colleague_of(detail, user) is None:
        return None
    return _("This is assigned to a colleague. Take it over first.")


def refuse_ones_own(detail: CaseDetail, user: User) -> Promise | None:
    """Refuse to take over a case that no colleague has."""
    return None if colleague_of(detail, user) else _("This is already assigned to you.")


#: Start the review of a waiting case; from then on the partner cannot withdraw it.
start_review = service_of("start_review")
#: Return a case to the queue: it is unassigned and keeps its due date.
return_to_queue = service_of("return_to_queue")


def _from_whom(detail: CaseDetail) -> dict[str, Any]:
    former = detail.case.active_assignee
    assert former is not None  # the transition exists only while the case is assigned
    return {"name": former.name, "from": former.pk}


#: Take a case over from a colleague. The event records from whom; the transition table says who is notified.
take_over = service_of("take_over", before=_from_whom)
