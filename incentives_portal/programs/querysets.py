"""Which years and periods hold a day."""

from datetime import date
from typing import Any

from django.db import models


class ProgramYearQuerySet(models.QuerySet[Any]):
    def containing(self, day: date) -> "ProgramYearQuerySet":
        return self.filter(starts__lte=day, ends__gte=day)

    def open_for_plans(self, day: date) -> "ProgramYearQuerySet":
        """The years for which a plan can still be created and first submitted: until their last day (docs/domain.md, "Plan submission")."""
        return self.filter(ends__gte=day)


class UsagePeriodQuerySet(models.QuerySet[Any]):
    def claimable(self, day: date) -> "UsagePeriodQuerySet":
        """The periods whose claiming window is open; at most one per program."""
        return self.filter(claiming_starts__lte=day, claiming_ends__gte=day)

    def of_activity_on(self, day: date) -> "UsagePeriodQuerySet":
        """The periods in which an activity of that day falls; at most one per program."""
        return self.filter(usage_starts__lte=day, usage_ends__gte=day)
