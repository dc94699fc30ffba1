"""Warnings for the operator's incentives admins about missing years and periods."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock

from .models import Program

#: How long before the gap the warning is shown.
WARN_BEFORE = timedelta(days=60)


@dataclass(frozen=True)
class Missing:
    """A program without a year (plan track) or usage period (claim track) from a day on."""

    program: Program
    sentence: str | Promise
    since: date

    def __str__(self) -> str:
        """The warning as a sentence, in the current language."""
        return str(self.sentence) % {"program": str(self.program), "day": date_format(self.since, "DATE_FORMAT")}


def missing_periods(today: date | None = None) -> list[Missing]:
    """Return the missing program years and usage periods of programs now or within 60 days; soonest first.

    ``today`` None is the current day in each program's zone. Three queries, however many programs there are.
    """
    programs = Program.objects.select_related("calendar").prefetch_related("years", "usage_periods")
    warnings = (_missing(program, today or clock.today(program.calendar.time_zone)) for program in programs)
    return sorted((missing for missing in warnings if missing), key=lambda missing: (missing.since, missing.program.pk))


def _missing(program: Program, today: date) -> Missing | None:
    if program.has_plans:
        sentence = _("%(program)s has no program year from %(day)s on. No plan can be created from that day.")
        spans = [(year.starts, year.ends) for year in program.years.all()]
    else:
        sentence = _("%(program)s has no usage period from %(day)s on. No claim can be created from that day.")
        spans = [(period.usage_starts, period.usage_ends) for period in program.usage_periods.all()]
    since = first_gap(spans, today)
    return Missing(program, sentence, since) if since <= today + WARN_BEFORE else None


def first_gap(spans: Iterable[tuple[date, date]], today: date) -> date:
    """Return the first day from today on that is in none of the spans."""
    day = today
    for starts, ends in sorted(spans):
        if starts <= day <= ends:
            day = ends + timedelta(days=1)
    return day
