"""The queue of cases that wait for a decision: its lists, their counts, previous and next case."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import operators_with
from incentives_portal.accounts.models import User

from .enums import DISPUTED, WAITING, CaseKind, Outcome
from .models import Approval, Case, Decision
from .querysets import CaseQuerySet
from .types import case_type, nobody_excluded

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
    wanted = Q(kind__in=[kind for kind in kinds if case_type(kind).excluded is nobody_excluded])
    rejected, approved, given = _acts(user.selves)
    # What the user decided is read once, and not again for each case.
    mine = Q(submission__in=rejected.values("submission"))
    mine |= Q(parent__in=approved.values("case")) | Q(parent__in=given.values("case"))
    for kind in kinds:
        if case_type(kind).excluded is not nobody_excluded:
            others = User.objects.filter(operators_with(case_type(kind).review), is_active=True).exclude(pk=user.pk)
            wanted |= Q(kind=kind) & ~(mine & Q(Exists(others.filter(~_is_excluded()))))
    waiting_for_another = Approval.objects.waiting().filter(case=OuterRef("pk"), by__in=user.selves)
    former = user.organisations - {user.organisation_id}
    return wanted & ~Q(Exists(waiting_for_another)) & ~Q(organisation__in=former)


def _is_excluded() -> Q:
    """Match the users of a subquery who rejected the submission of the outer case, or approved its plan."""
    rejected, approved, given = _acts((OuterRef("pk"), OuterRef("formerly_id")))
    plan = OuterRef(OuterRef("parent"))
    return (
        Q(Exists(rejected.filter(submission=OuterRef(OuterRef("submission")))))
        | Q(Exists(approved.filter(case=plan)))
        | Q(Exists(given.filter(case=plan)))
    )


def _acts(accounts: Iterable[Any]) -> tuple[QuerySet[Decision], QuerySet[Decision], QuerySet[Approval]]:
    """Return what keeps accounts from deciding: rejections, approvals of plans, and first approvals of plans."""
    of_plan = {"by__id__in": accounts, "case__kind": CaseKind.PLAN, "case__program__four_eyes": True}
    return (
        Decision.objects.filter(by__id__in=accounts, outcome=Outcome.REJECTED),
        Decision.objects.filter(**of_plan, outcome=Outcome.APPROVED),
        Approval.objects.filter(**of_plan),
    )


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
