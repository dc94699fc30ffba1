"""What waits for a decision, of one kind of case or several: its lists, how many cases each has, and what comes before and after one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import CharField, Count, Exists, OuterRef, Q, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock

from .enums import DISPUTED, WAITING, Outcome
from .models import Case, Decision
from .querysets import CaseQuerySet

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

#: What nobody has taken up, or somebody who left.
UNASSIGNED = Q(assignee=None) | Q(assignee__is_active=False)


def waiting(user: "User", *kinds: str) -> CaseQuerySet:
    """What waits for the operator's decision, due first. Partners find here what they wait for."""
    return Case.objects.visible_to(user, *kinds).filter(status__in=WAITING).order_by("due_at", "pk")


def overdue() -> Q:
    """What should have been done by now."""
    return Q(due_at__lt=clock.now())


def decidable_by(user: "User") -> Q:
    """Not a dispute about a rejection of one's own: another person decides that (docs/domain.md, "Own rejection")."""
    rejections = Decision.objects.filter(submission=OuterRef("submission"), by=user, outcome=Outcome.REJECTED)
    return ~Q(status=DISPUTED) | Q(~Exists(rejections))


def lists(user: "User") -> dict[str, tuple[str | Promise, Q]]:
    """The lists of a queue: key in the address → title, and which part of the queue it is for the user now."""
    return {
        "": (_("All claims"), Q()),
        "unassigned": (_("Unassigned"), UNASSIGNED),
        "mine": (_("Assigned to me"), Q(assignee=user)),
        "overdue": (_("Overdue"), overdue()),
        "disputes": (_("Disputes"), Q(status=DISPUTED)),
    }


def counts(user: "User", *kinds: str) -> dict[str, int]:
    """How many cases each list has, by its key. One query over what waits."""
    parts = {key or "all": Count("pk", filter=part or None) for key, (_title, part) in lists(user).items()}
    found = waiting(user, *kinds).aggregate(**parts)
    return {"": found.pop("all"), **found}


@dataclass(frozen=True)
class Neighbours:
    """The cases before and after one in a list of its queue, by public id."""

    previous: UUID | None = None
    next: UUID | None = None


def neighbours(key: str, case: Case, user: "User") -> Neighbours:
    """What comes before and after the case in a list, due first; after one that left the queue comes its beginning. One query."""
    _title, part = lists(user)[key]
    before, after = CaseQuerySet(Case).none(), waiting(user, case.kind).filter(part)
    if case.status in WAITING:
        before, after = after.filter(_before(case)).order_by("-due_at", "-pk"), after.filter(_after(case))
    return Neighbours(**{side: public_id for public_id, side in _side(before, "previous").union(_side(after, "next"))})


def _before(case: Case) -> Q:
    """Due earlier; what has no due date comes last."""
    if case.due_at is None:
        return Q(due_at__isnull=False) | Q(due_at=None, pk__lt=case.pk)
    return Q(due_at__lt=case.due_at) | Q(due_at=case.due_at, pk__lt=case.pk)


def _after(case: Case) -> Q:
    if case.due_at is None:
        return Q(due_at=None, pk__gt=case.pk)
    return Q(due_at__gt=case.due_at) | Q(due_at=case.due_at, pk__gt=case.pk) | Q(due_at=None)


def _side(rows: CaseQuerySet, side: str) -> Any:
    return rows.annotate(side=Value(side, output_field=CharField())).values_list("public_id", "side")[:1]
