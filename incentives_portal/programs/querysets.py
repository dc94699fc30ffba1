"""Which years and periods hold a day, and how programs and the catalogue's rows are found by code."""

from datetime import date
from typing import Any

from django.db import models


class ByCode(models.Manager[Any]):
    """Finds programs and rows of the catalogue by their code, so that the fixture carries no numbers."""

    def get_by_natural_key(self, code: str) -> Any:
        return self.get(code=code)


class ByProgramAndCode(models.Manager[Any]):
    """Finds general rows (no program) and rows of one program by their code."""

    def get_by_natural_key(self, program: str | None, code: str) -> Any:
        return self.get(program__code=program, code=code) if program else self.get(program=None, code=code)


class EligibleExpenseManager(models.Manager[Any]):
    def get_by_natural_key(self, type_code: str, expense_code: str) -> Any:
        return self.get(type__code=type_code, expense__code=expense_code)


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
