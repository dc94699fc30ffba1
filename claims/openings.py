"""Where a person can begin a claim without a plan: programs, locations, periods and activities, read in three queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.models import Location, User
from incentives_portal.programs.enums import Category
from incentives_portal.programs.models import ActivityType, Enrolment, Program, UsagePeriod
from proofs.rules import begin_enrolments, is_over

Choices = list[tuple[Any, Any]]


@dataclass(frozen=True)
class Openings:
    """What the form of a new claim offers. Everything is named by its public id."""

    enrolments: list[Enrolment]
    periods: list[UsagePeriod]
    kinds: list[ActivityType]

    @property
    def programs(self) -> list[Program]:
        found = {enrolment.program_id: enrolment.program for enrolment in self.enrolments}
        return list(found.values())

    def program(self, public_id: str) -> Program | None:
        """The program; also the only one there is, when nothing was chosen yet."""
        chosen = next((program for program in self.programs if str(program.public_id) == str(public_id)), None)
        return self.programs[0] if chosen is None and not public_id and len(self.programs) == 1 else chosen

    def location(self, program: Program, public_id: str) -> Location | None:
        """The location, if it is enrolled in the program."""
        for enrolment in self.enrolments:
            if enrolment.program_id == program.pk and str(enrolment.location.public_id) == public_id:
                return enrolment.location
        return None

    def period(self, public_id: str) -> UsagePeriod | None:
        return next((period for period in self.periods if str(period.public_id) == public_id), None)

    def running(self) -> str:
        """The period in which the activities of today take place, where there is one program only; else nothing is suggested."""
        if len(self.programs) != 1:
            return ""
        today = clock.today(self.programs[0].calendar.time_zone)
        found = (period for period in self.periods if period.usage_starts <= today <= period.usage_ends)
        return next((str(period.public_id) for period in found), "")

    def kind(self, public_id: str) -> ActivityType | None:
        return next((kind for kind in self.kinds if str(kind.public_id) == public_id), None)

    def choices(self) -> dict[str, Choices]:
        """The choices of the form's fields; periods under their program, activities under their category."""
        locations = {enrolment.location.public_id: str(enrolment.location) for enrolment in self.enrolments}
        return {
            "program": _optional([(str(program.public_id), str(program)) for program in self.programs]),
            "location": _optional([(str(public_id), name) for public_id, name in locations.items()]),
            "usage_period": _optional(list(self._periods())),
            "activity_type": _optional(list(self._kinds())),
        }

    def _periods(self) -> Iterable[tuple[Any, Any]]:
        for program in self.programs:
            own = [period for period in self.periods if period.program_id == program.pk]
            today = clock.today(program.calendar.time_zone)
            labelled = [(str(period.public_id), period_words(period, today)) for period in own]
            if len(self.programs) == 1:
                yield from labelled
            elif labelled:
                yield str(program), labelled

    def _kinds(self) -> Iterable[tuple[Any, Any]]:
        for category in Category:
            own = [(str(kind.public_id), str(kind)) for kind in self.kinds if kind.category == category]
            if own:
                yield category.label, own


def openings(user: User) -> Openings:
    """What the person can begin today. Periods whose claims are over are left out, those to come can be prepared."""
    enrolments = list(begin_enrolments(user).select_related("program__calendar", "location"))
    programs = {enrolment.program_id: enrolment.program for enrolment in enrolments}
    periods = [
        period
        for period in UsagePeriod.objects.filter(program__in=list(programs)).order_by("claiming_starts")
        if not is_over(period, programs[period.program_id])
    ]
    kinds = [kind for kind in ActivityType.objects.filter(active=True) if _allowed(kind, programs.values())]
    return Openings(enrolments, periods, kinds)


def _allowed(kind: ActivityType, programs: Iterable[Program]) -> bool:
    return any(program.kind not in kind.excluded_kinds for program in programs)


def _optional(choices: Choices) -> Choices:
    """With an empty choice first, unless there is only one to choose."""
    return choices if len(choices) == 1 and isinstance(choices[0][1], str) else [("", _("Choose")), *choices]


def period_words(period: UsagePeriod, today: date) -> str:
    """A usage period with its dates and when it is claimed; before it begins nothing can have been carried out in it."""
    days = [period.usage_starts, period.usage_ends, period.claiming_starts, period.claiming_ends]
    starts, ends, opens, closes = (date_format(day, "SHORT_DATE_FORMAT") for day in days)
    words = _("%(label)s: %(starts)s – %(ends)s, claims from %(opens)s to %(closes)s")
    if today < period.usage_starts:
        words = _("%(label)s: %(starts)s – %(ends)s, has not begun yet, claims from %(opens)s to %(closes)s")
    return words % {
        "label": period.label,
        "starts": starts,
        "ends": ends,
        "opens": opens,
        "closes": closes,
    }
