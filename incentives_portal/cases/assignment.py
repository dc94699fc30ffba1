"""On whose desk a case lies, and what this means for others: a colleague's work is taken over knowingly, never by the way.

Rooms use the predicates in their tables of transitions (``when``, ``refusal``) and ``take_over`` as the service of that verb.
"""

from typing import Any, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.models import Case, Event

from .engine import assign, perform
from .models import Assignment
from .state_machine import Detail, Machine

C = TypeVar("C", bound=Detail)


def desk_of(case: Case) -> Assignment | None:
    """Who has taken the case up, and since when. The desk of somebody who left counts as nobody's. No query on a page's case."""
    assignment = getattr(case, "assignment", None)
    return assignment if assignment is not None and assignment.user.is_active else None


def lies_on_a_desk(detail: Any) -> bool:
    return desk_of(detail.case) is not None


def lies_on_no_desk(detail: Any) -> bool:
    return desk_of(detail.case) is None


def colleagues_desk(detail: Any, user: User) -> Assignment | None:
    """Who else has taken the case up; None when it is nobody's or the person's own."""
    assignment = getattr(detail.case, "assignment", None)
    if assignment is None or assignment.user_id == user.pk:
        return None
    return desk_of(detail.case)


def refuse_on_a_colleagues_desk(detail: Any, user: User) -> Promise | None:
    """Nobody decides, or takes up, what a colleague has taken up."""
    if colleagues_desk(detail, user) is None:
        return None
    return _("This is on a colleague's desk. Take it over first.")


def refuse_on_ones_own_desk(detail: Any, user: User) -> Promise | None:
    """There is nobody to take it over from."""
    return None if colleagues_desk(detail, user) else _("This is on your desk already.")


def take_over(machine: Machine, detail: C, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Move a case from a colleague's desk to one's own. The history says from whom; the table says who is told.

    Raises the errors of ``perform``.
    """

    def before(current: C) -> dict[str, Any]:
        former = desk_of(current.case)
        assert former is not None  # the arrow is there only while somebody has it
        return {"name": former.user.name, "from": former.user_id}

    def after(current: C, _event: Event) -> None:
        assign(current.case, actor)

    return perform(machine, detail, "take_over", actor=actor, seen=seen, words=words, before=before, after=after)


def former_holder(_case: Any, event: Event) -> list[User]:
    """From whose desk it was taken: who hears of it."""
    return list(User.objects.filter(pk=event.data.get("from"), is_active=True))
