"""Filters of the list of plans."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.enums import DISCARDED
from incentives_portal.programs.enums import Track
from incentives_portal.programs.models import Program
from incentives_portal.texts import in_language

from .models import Plan
from .transitions import STATE_MACHINE

STATUSES = [(status.code, status.label) for status in STATE_MACHINE.statuses if status.code != DISCARDED]
#: Maximum length of a search text in characters; the rest is ignored.
SEARCHED = 100


class PlanFilter(django_filters.FilterSet):
    """Filter by search text, status, program and year. Programs and years are limited to what the user may see."""

    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.ChoiceFilter(
        field_name="case__status", label=_("Status"), choices=STATUSES, empty_label=_("All")
    )
    program = django_filters.ChoiceFilter(label=_("Program"), field_name="program__code", empty_label=_("All"))
    year = django_filters.ChoiceFilter(label=_("Program year"), field_name="program_year__label", empty_label=_("All"))

    class Meta:
        model = Plan
        fields: list[str] = []

    def __init__(self, *args: Any, programs: list[tuple[str, str]], years: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form.fields["program"].choices = programs
        self.form.fields["year"].choices = [(year, year) for year in years]

    def search(self, plans: QuerySet[Plan], _name: str, text: str) -> QuerySet[Plan]:
        """Match each word in the title, the reference, or the name of the location."""
        for word in text[:SEARCHED].split():
            plans = plans.filter(
                Q(case__title__icontains=word) | Q(case__reference__icontains=word) | Q(location__name__icontains=word)
            )
        return plans


def all_programs() -> list[tuple[str, str]]:
    """Return code and name of the programs with plans, for filters of the operator. One query."""
    programs = Program.objects.filter(track=Track.PLAN).order_by("code").values_list("code", "name")
    return [(code, in_language(name)) for code, name in programs]
