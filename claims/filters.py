"""Narrowing down the list of claims."""

from typing import Any

import django_filters
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.models import Case
from incentives_portal.cases.querysets import CaseQuerySet, search_q

from .transitions import STATE_MACHINE

STATUSES = [(status.code, status.label) for status in STATE_MACHINE.statuses]
Choices = list[tuple[str, str]]
#: Characters; what is typed beyond is not searched for.
SEARCHED = 100


def searched(params: QueryDict) -> str:
    """What was typed into the search box, as far as it can be searched for."""
    return params.get("q", "").replace("\x00", "").strip()[:SEARCHED]


class ClaimFilter(django_filters.FilterSet):
    """By words, status, program, location and usage period. The choices are those that the person sees anyway."""

    q = django_filters.CharFilter(label=_("Search"), method="search")
    program = django_filters.ChoiceFilter(label=_("Program"), field_name="program__public_id", empty_label=_("All"))
    location = django_filters.ChoiceFilter(label=_("Location"), field_name="location__public_id", empty_label=_("All"))
    period = django_filters.ChoiceFilter(
        label=_("Usage period"), field_name="usage_period__public_id", empty_label=_("All")
    )
    status = django_filters.ChoiceFilter(field_name="status", label=_("Status"), choices=STATUSES, empty_label=_("All"))

    class Meta:
        model = Case
        fields: list[str] = []

    def __init__(self, *args: Any, programs: Choices, locations: Choices, periods: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("program", programs), ("location", locations), ("period", periods)):
            self.form.fields[name].choices = choices

    def search(self, cases: CaseQuerySet, _name: str, words: str) -> CaseQuerySet:
        return cases.filter(search_q(words[:SEARCHED]))
