"""Which programs and enrolments exist for a person, and which years and periods hold a day."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import models

from incentives_portal.accounts.capabilities import scope_q

from .enrolment_states import ENROLLED

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User


class ProgramQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: "User") -> "ProgramQuerySet":
        """All programs for the operator; for a partner those in which a location of its scope has any enrolment."""
        from .models import Enrolment

        if user.is_authenticated and user.is_operator:
            return self.filter(scope_q(user, "enrolment.read"))
        mine = Enrolment.objects.filter(scope_q(user, "enrolment.read"), program=models.OuterRef("pk"))
        return self.filter(models.Exists(mine))


class EnrolmentQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: "User") -> "EnrolmentQuerySet":
        """The enrolments that exist for the person, by the roles per program and location."""
        return self.filter(scope_q(user, "enrolment.read"))

    def enrolled(self) -> "EnrolmentQuerySet":
        return self.filter(status=ENROLLED)

    def usable_by(self, user: "User", capability: str) -> "EnrolmentQuerySet":
        """Enrolled locations (not closed) for which the person holds a capability: where a plan or a claim can be begun."""
        return self.enrolled().filter(scope_q(user, capability), location__closed_on=None)

    def for_page(self) -> "EnrolmentQuerySet":
        """With what every page that shows an enrolment needs. One query."""
        return self.select_related("thread", "location__organisation", "program__calendar")


class ProgramYearQuerySet(models.QuerySet[Any]):
    def containing(self, day: date) -> "ProgramYearQuerySet":
        return self.filter(starts__lte=day, ends__gte=day)

    def open_for_plans(self, day: date) -> "ProgramYearQuerySet":
        """The years for which a plan can still be created and first submitted: until their last day (rule P4)."""
        return self.filter(ends__gte=day)


class UsagePeriodQuerySet(models.QuerySet[Any]):
    def claimable(self, day: date) -> "UsagePeriodQuerySet":
        """The periods whose claiming window is open; at most one per program."""
        return self.filter(claiming_starts__lte=day, claiming_ends__gte=day)

    def of_activity_on(self, day: date) -> "UsagePeriodQuerySet":
        """The periods in which an activity of that day falls; at most one per program."""
        return self.filter(usage_starts__lte=day, usage_ends__gte=day)
