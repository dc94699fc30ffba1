"""Filters of the list of claims."""

from typing import Any

import django_filters
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.models import Case
from incentives_portal.cases.querysets import CaseQuerySet, search_q

from .overview import KEYS, Overview
from .transitions import STATE_MACHINE

STATUSES = [(status.code, status.label) for status in STATE_MACHINE.statuses]
#: Maximum length of a search text in characters; the rest is ignored.
SEARCHED = 100


def searched(params: QueryDict) -> str:
    """Return the search text, cut to the maximum length."""
    return params.get("q", "").replace("\x00", "").strip()[:SEARCHED]


class ClaimFilter(django_filters.FilterSet):
    """Filter by search text, status, program, location and usage period.

    The choices are limited to what the user may see.
    """

    q = django_filters.CharFilter(label=_("Search"), method="search")
    program = django_filters.ChoiceFilter(label=_("Program"), method="one", empty_label=_("All"))
    location = django_filters.ChoiceFilter(label=_("Location"), method="one", empty_label=_("All"))
    period = django_filters.ChoiceFilter(label=_("Usage period"), method="one", empty_label=_("All"))
    status = django_filters.ChoiceFilter(field_name="status", label=_("Status"), choices=STATUSES, empty_label=_("All"))

    class Meta:
        model = Case
        fields: list[str] = []

    def __init__(self, *args: Any, offered: Overview, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = offered.keys
        choices = {"program": offered.programs, "location": offered.locations, "period": offered.periods}
        for name, offers in choices.items():
            self.form.fields[name].choices = offers

    def one(self, cases: CaseQuerySet, name: str, public_id: str) -> CaseQuerySet:
        """Filter by the primary key: from that PostgreSQL knows how many cases match, not from a join."""
        return cases.filter(**{KEYS[name]: self.keys[name][public_id]})

    def search(self, cases: CaseQuerySet, _name: str, text: str) -> CaseQuerySet:
        return cases.filter(search_q(text[:SEARCHED]))
