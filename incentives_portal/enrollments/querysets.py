"""Which enrolments exist for a person, and in which programs these are."""

from typing import TYPE_CHECKING, Any

from django.db import models

from incentives_portal.accounts.capabilities import scope_q
from incentives_portal.cases.querysets import CaseDetailQuerySet
from incentives_portal.programs.models import Program

from .enums import ENROLLED

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User


class EnrolmentQuerySet(CaseDetailQuerySet[Any]):
    capability = "enrolment.read"

    def enrolled(self) -> "EnrolmentQuerySet":
        return self.filter(case__status=ENROLLED)

    def usable_by(self, user: "User", capability: str) -> "EnrolmentQuerySet":
        """Enrolled locations (not closed) for which the person holds a capability: where a plan or a claim can be begun."""
        return self.enrolled().filter(scope_q(user, capability), location__closed_on=None)

    def for_page(self) -> "EnrolmentQuerySet":
        """With what every page that shows an enrolment needs. One query."""
        return self.select_related("case__assignee", "location__organisation", "program__calendar")


class EnrolmentManager(models.Manager.from_queryset(EnrolmentQuerySet)):  # type: ignore[misc]
    """Enrollments come with their case, where their status stands."""

    def get_queryset(self) -> EnrolmentQuerySet:
        return super().get_queryset().select_related("case")


def programs_visible_to(user: "User") -> "models.QuerySet[Program]":
    """All programs for the operator; for a partner those in which a location of its scope has any enrolment."""
    from .models import Enrolment

    if user.is_authenticated and user.is_operator:
        return Program.objects.filter(scope_q(user, "enrolment.read"))
    mine = Enrolment.objects.filter(scope_q(user, "enrolment.read"), program=models.OuterRef("pk"))
    return Program.objects.filter(models.Exists(mine))
