"""Create the years and periods of the next year. All other configuration is edited in the admin site."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction

from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.accounts.services.recording import acting

from . import periods
from .models import Program, ProgramYear, UsagePeriod


@transaction.atomic
def prepare_next_year(program: Program, *, today: date, actor: User | None = None) -> list[str]:
    """Create the missing program years and usage periods until the end of the next year. Idempotent.

    Returns the labels of the new rows. ``actor`` None is the command line. Raises PermissionDenied without
    program.configure.
    """
    if actor is not None and not may(actor, "program.configure"):
        raise PermissionDenied
    current = Program.objects.select_for_update(of=("self",)).get(pk=program.pk)
    made: list[ProgramYear | UsagePeriod] = [
        *periods.next_years(current, today),
        *periods.next_usage_periods(current, today),
    ]
    with acting(actor):
        for row in made:
            row.save()
    return [row.label for row in made]
