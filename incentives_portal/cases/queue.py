"""The queue of cases that wait for a decision: its lists, their counts, previous and next case."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, Exists, OuterRef, Q, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import operators_with
from incentives_portal.accounts.models import User

from .enums import DISPUTED, WAITING, CaseKind, Outcome
from .models import Approval, Case, Decision
from .querysets import CaseQuerySet
from .types import case_type

#: Cases without an active assignee.
UNASSIGNED = Q(assignee=None) | Q(assignee__is_active=False)


def waiting(user: User, *kinds: str) -> CaseQuerySet:
    """Cases that wait for the operator's decision, by due date. Partner users get those of their own organization."""
    return Case.objects.visible_to(user, *kinds).filter(status__in=WAITING).order_by("due_at", "pk")


def overdue() -> Q:
    """Match cases whose due date has passed."""
    return Q(due_at__lt=clock.now())


def decidable_by(user: User, kinds: Iterable[str]) -> Q:
    """Leave out cases that the four-eyes rules keep from the user while another person may decide them.

    Disputes about the user's own rejections, claims of plans that the user approved, and cases that wait for another
    person's approval after the user's (docs/domain.md, "Four eyes"); also those of a former organization. Of other people only
    the last former account is looked at.
    """
    wanted = Q(pk__in=[])
    mine = _excluding(user.selves)
    accounts = (OuterRef("pk"), OuterRef("formerly_id"))
    theirs = _excluded(accounts, OuterRef(OuterRef("submission")), OuterRef(OuterRef("parent")))
    for kind in kinds:
        others = User.objects.filter(operators_with(case_type(kind).review), is_active=True).exclude(pk=user.pk)
        wanted |= Q(kind=kind) & ~(mine & Q(Exists(others.filter(~theirs))))
    given = Approval.objects.waiting().filter(case=OuterRef("pk"), by__in=user.selves)
    return wanted & ~Q(Exists(given)) & ~Q(organisation__in=user.organisations - {user.organisation_id})


def _excluding(accounts: Iterable[int]) -> Q:
    """As ``_excluded``, from the accounts' side: what they decided is read once, and not again for each case."""
    rejected = Decision.objects.filter(by__in=accounts, outcome=Outcome.REJECTED)
    of_plan = {"case__program__four_eyes": True, "by__in": accounts}
    approved = Decision.objects.filter(**of_plan, case__kind=CaseKind.PLAN, outcome=Outcome.APPROVED)
    given = Approval.objects.filter(**of_plan, case__kind=CaseKind.PLAN)
    return (
        Q(submission__in=rejected.values("submission"))
        | Q(parent__in=approved.values("case"))
        | Q(parent__in=given.values("case"))
    )


def _excluded(accounts: Iterable[Any], submission: OuterRef, parent: OuterRef) -> Q:
    """Match cases whose submission one of the accounts rejected, or whose plan one approved."""
    rejected = Decision.objects.filter(submission=submission, by__id__in=accounts, outcome=Outcome.REJECTED)
    of_plan = {"case": parent, "case__program__four_eyes": True, "by__id__in": accounts}
    decided = Decision.objects.filter(**of_plan, outcome=Outcome.APPROVED)
    return Q(Exists(rejected)) | Q(Exists(decided)) | Q(Exists(Approval.objects.filter(**of_plan)))


def lists(user: User) -> dict[str, tuple[str | Promise, Q]]:
    """The lists of the queue: key in the URL → title and filter for this user."""
    return {
        "": (_("All claims"), Q()),
        "unassigned": (_("Unassigned"), UNASSIGNED),
        "mine": (_("Assigned to me"), Q(assignee=user)),
        "overdue": (_("Overdue"), overdue()),
        "disputes": (_("Disputes"), Q(status=DISPUTED)),
    }


def counts(user: User, *kinds: str) -> dict[str, int]:
    """Return the number of cases in each list, by its key. One query over the waiting cases."""
    parts = {key or "all": Count("pk", filter=part or None) for key, (_title, part) in lists(user).items()}
    numbers = waiting(user, *kinds).aggregate(**parts)
    return {"": numbers.pop("all"), **numbers}


@dataclass(frozen=True)
class Neighbors:
    """The previous and next case in a list of the queue, by public id."""

    previous: UUID | None = None
    next: UUID | None = None


def neighbors(key: str, case: Case, user: User) -> Neighbors:
    """Return the previous and next case in a list, by due date.

    For a case that left the queue, the next one is the first of the list. One query.
    """
    _title, part = lists(user)[key]
    before, after = CaseQuerySet(Case).none(), waiting(user, case.kind).filter(part)
    if case.status in WAITING:
        before, after = after.filter(_before(case)).order_by("-due_at", "-pk"), after.filter(_after(case))
    return Neighbors(**{side: public_id for public_id, side in _side(before, "previous").union(_side(after, "next"))})


def _before(case: Case) -> Q:
    """Match cases that are due earlier; those without a due date come last."""
    if case.due_at is None:
        return Q(due_at__isnull=False) | Q(due_at=None, pk__lt=case.pk)
    return Q(due_at__lt=case.due_at) | Q(due_at=case.due_at, pk__lt=case.pk)


def _after(case: Case) -> Q:
    if case.due_at is None:
        return Q(due_at=None, pk__gt=case.pk)
    return Q(due_at__gt=case.due_at) | Q(due_at=case.due_at, pk__gt=case.pk) | Q(due_at=None)


def _side(rows: CaseQuerySet, side: str) -> Any:
    return rows.annotate(side=Value(side, output_field=CharField())).values_list("public_id", "side")[:1]
