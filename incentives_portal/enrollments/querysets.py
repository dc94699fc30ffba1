"""Which enrollments and programs are visible to a user."""

from typing import Any

from django.db import models

from incentives_portal.accounts.capabilities import scope_q
from incentives_portal.accounts.models import User
from incentives_portal.cases.querysets import CaseDetailQuerySet
from incentives_portal.programs.models import Program

from .enums import ENROLLED


class EnrolmentQuerySet(CaseDetailQuerySet[Any]):
    capability = "enrolment.read"

    def enrolled(self) -> "EnrolmentQuerySet":
        return self.filter(case__status=ENROLLED)

    def usable_by(self, user: User, capability: str) -> "EnrolmentQuerySet":
        """Enrolled, open locations for which the user has a capability: where a plan or claim can be started."""
        return self.enrolled().filter(scope_q(user, capability), location__closed_on=None)

    def for_page(self) -> "EnrolmentQuerySet":
        """With the relations that every page of an enrollment shows. One query."""
        return self.select_related("case__assignee", "location__organisation", "program__calendar")


class EnrolmentManager(models.Manager.from_queryset(EnrolmentQuerySet)):  # type: ignore[misc]
    """Reads the case with each enrollment, as it has the status."""

    def get_queryset(self) -> EnrolmentQuerySet:
        return super().get_queryset().select_related("case")


def programs_visible_to(user: User) -> "models.QuerySet[Program]":
    """Programs that are visible to the user.

    All for the operator; for a partner those in which a location of the user's scope has an enrollment.
    """
    from .models import Enrolment

    if user.is_authenticated and user.is_operator:
        return Program.objects.filter(scope_q(user, "enrolment.read"))
    mine = Enrolment.objects.filter(scope_q(user, "enrolment.read"), program=models.OuterRef("pk"))
    return Program.objects.filter(models.Exists(mine))


def status_at(location: str, program: str) -> models.Subquery:
    """Return the status of the enrollment of a row's location in its program; the names are the paths to both."""
    from .models import Enrolment

    found = Enrolment.objects.filter(location=models.OuterRef(location), program=models.OuterRef(program))
    return models.Subquery(found.values("case__status")[:1])
