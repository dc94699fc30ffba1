"""What a user can choose when creating a claim without a plan.

Programs, locations, periods and activities are read in three queries.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.models import Location, User
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.programs.enums import Category
from incentives_portal.programs.facts import is_excluded
from incentives_portal.programs.models import ActivityType, Program, UsagePeriod
from proofs.rules import begin_enrolments, is_over

Choices = list[tuple[Any, Any]]


@dataclass(frozen=True)
class Openings:
    """The choices of the form for a new claim, by public id."""

    enrolments: list[Enrolment]
    periods: list[UsagePeriod]
    kinds: list[ActivityType]

    @property
    def programs(self) -> list[Program]:
        by_id = {enrolment.program_id: enrolment.program for enrolment in self.enrolments}
        return list(by_id.values())

    def program(self, public_id: str) -> Program | None:
        """Return the chosen program; if none was chosen yet and there is only one, that one."""
        chosen = next((program for program in self.programs if str(program.public_id) == str(public_id)), None)
        return self.programs[0] if chosen is None and not public_id and len(self.programs) == 1 else chosen

    def location(self, public_id: str) -> Location | None:
        locations = (enrolment.location for enrolment in self.enrolments)
        return next((location for location in locations if str(location.public_id) == public_id), None)

    def period(self, public_id: str) -> UsagePeriod | None:
        return next((period for period in self.periods if str(period.public_id) == public_id), None)

    def running(self, program: Program | None) -> str:
        """Return the period of the program that today falls in. Empty without a program."""
        if program is None:
            return ""
        today = clock.today(program.calendar.time_zone)
        current = (period for period in self._periods_of(program) if period.usage_starts <= today <= period.usage_ends)
        return next((str(period.public_id) for period in current), "")

    def kind(self, public_id: str) -> ActivityType | None:
        return next((kind for kind in self.kinds if str(kind.public_id) == public_id), None)

    def choices(self, program: Program | None) -> dict[str, Choices]:
        """Return the choices of the form's fields for the program, activities grouped by category.

        Without a program only programs can be chosen.
        """
        programs = self.programs if program is None else [program]
        own = [enrolment.location for enrolment in self.enrolments if enrolment.program in programs]
        return {
            "program": _optional([(str(each.public_id), str(each)) for each in programs]),
            "location": _optional([(str(location.public_id), str(location)) for location in own] if program else []),
            "usage_period": _optional(list(self._periods(program)) if program else []),
            "activity_type": _optional(list(self._kinds(program)) if program else []),
        }

    def _periods_of(self, program: Program) -> list[UsagePeriod]:
        return [period for period in self.periods if period.program_id == program.pk]

    def _periods(self, program: Program) -> Iterable[tuple[Any, Any]]:
        today = clock.today(program.calendar.time_zone)
        for period in self._periods_of(program):
            yield str(period.public_id), period_words(period, today)

    def _kinds(self, program: Program) -> Iterable[tuple[Any, Any]]:
        allowed = [kind for kind in self.kinds if not is_excluded(kind, program)]
        for category in Category:
            own = [(str(kind.public_id), str(kind)) for kind in allowed if kind.category == category]
            if own:
                yield category.label, own


def openings(user: User) -> Openings:
    """Return what the user can create claims for today.

    Periods whose claiming window is over are left out; future periods are included, so that claims can be prepared.
    """
    enrolments = list(begin_enrolments(user).select_related("program__calendar", "location"))
    programs = {enrolment.program_id: enrolment.program for enrolment in enrolments}
    periods = [
        period
        for period in UsagePeriod.objects.filter(program__in=list(programs)).order_by("claiming_starts")
        if not is_over(period, programs[period.program_id])
    ]
    return Openings(enrolments, periods, list(ActivityType.objects.filter(active=True)))


def _optional(choices: Choices) -> Choices:
    """Add an empty choice first, unless there is only one choice."""
    return choices if len(choices) == 1 and isinstance(choices[0][1], str) else [("", _("Choose")), *choices]


def period_words(period: UsagePeriod, today: date) -> str:
    """Describe a usage period by its dates and claiming window, and whether it has started.

    Nothing can have been carried out in a period before it starts.
    """
    days = [period.usage_starts, period.usage_ends, period.claiming_starts, period.claiming_ends]
    starts, ends, opens, closes = (date_format(day, "SHORT_DATE_FORMAT") for day in days)
    sentence = _("%(label)s: %(starts)s – %(ends)s, claims from %(opens)s to %(closes)s")
    if today < period.usage_starts:
        sentence = _("%(label)s: %(starts)s – %(ends)s, not started yet, claims from %(opens)s to %(closes)s")
    return sentence % {
        "label": period.label,
        "starts": starts,
        "ends": ends,
        "opens": opens,
        "closes": closes,
    }
