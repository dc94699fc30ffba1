"""Make the years and periods of the next year. Everything else is plain configuration."""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction

from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User

from . import periods
from .models import Program, ProgramYear, UsagePeriod


@dataclass(frozen=True)
class Prepared:
    """What was made; empty if everything was there."""

    years: list[ProgramYear]
    usage_periods: list[UsagePeriod]

    def __bool__(self) -> bool:
        return bool(self.labels)

    @property
    def labels(self) -> list[str]:
        return [year.label for year in self.years] + [period.label for period in self.usage_periods]


@transaction.atomic
def prepare_next_year(program: Program, *, today: date, actor: User | None = None) -> Prepared:
    """Make the program years and usage periods that are missing until the end of the next year; again, and nothing changes.

    ``actor`` None is the command line. Raises PermissionDenied without program.configure.
    """
    if actor is not None and not may(actor, "program.configure"):
        raise PermissionDenied
    current = Program.objects.select_for_update(of=("self",)).get(pk=program.pk)
    years = list(periods.next_years(current, today))
    usage_periods = list(periods.next_usage_periods(current, today))
    for row in (*years, *usage_periods):
        row.save()
    return Prepared(years, usage_periods)
