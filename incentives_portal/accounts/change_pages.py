"""The pages of recorded changes, for the operator's auditors and incentives admins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from incentives_portal.screens.paging import BoundedPaginator

from .capabilities import WrongAudience
from .models import RecordedChange

PER_PAGE = 25
#: Maximum length of a search text in characters; the rest is ignored.
SEARCHED = 100


@dataclass(frozen=True)
class ChangedValue:
    """One column of a change in words: its name, and its old and new value."""

    name: str
    old: str
    new: str


class RecordedChangeFilter(django_filters.FilterSet):
    """Filter by what changed, and by organization and person, typed as part of a name."""

    q = django_filters.CharFilter(label=gettext_lazy("Search"), field_name="label", lookup_expr="icontains")
    organisation = django_filters.CharFilter(
        label=gettext_lazy("Organization"), field_name="organisation__name", lookup_expr="icontains"
    )
    person = django_filters.CharFilter(label=gettext_lazy("Person"), method="concerning")

    class Meta:
        model = RecordedChange
        fields: list[str] = []

    def concerning(self, changes: QuerySet[RecordedChange], _name: str, text: str) -> QuerySet[RecordedChange]:
        """Match people who made, confirmed or are the object of a change, by name or address."""
        condition = Q()
        for path in ("actor", "confirmed_by", "person"):
            condition |= Q(**{f"{path}__name__icontains": text}) | Q(**{f"{path}__email__icontains": text})
        return changes.filter(condition)


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """List the recorded changes, newest first."""
    if not request.user.may("changes.read"):
        raise WrongAudience(_("This page is for the operator’s auditors and incentives admins."))
    related = ("organisation", "person__organisation", "actor__organisation", "confirmed_by__organisation")
    found = RecordedChange.objects.visible_to(request.user).select_related(*related).order_by("-pk")
    filters = RecordedChangeFilter({name: value[:SEARCHED] for name, value in request.GET.items()}, found)
    page = BoundedPaginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    rows = [(change, kind_of(change.kind), in_words(change.kind, change.changes)) for change in page]
    is_filtered = any(request.GET.get(name) for name in RecordedChangeFilter.base_filters)
    context = {"filter": filters, "page": page, "rows": rows, "is_filtered": is_filtered}
    return render(request, "accounts/changes.html", context)


def kind_of(label: str) -> str:
    """Return what a kind of object is called."""
    return capfirst(str(apps.get_model(label)._meta.verbose_name))


def in_words(kind: str, changes: dict[str, Sequence[Any]]) -> list[ChangedValue]:
    """Return the columns of a change in words. No query."""
    model, found = apps.get_model(kind), []
    for name, (old, new) in changes.items():
        try:
            field: Any = model._meta.get_field(name)
        except FieldDoesNotExist:  # a column that is gone
            found.append(ChangedValue(name, _shown(None, old), _shown(None, new)))
            continue
        found.append(ChangedValue(capfirst(str(field.verbose_name)), _shown(field, old), _shown(field, new)))
    return found


def _shown(field: "Field[Any, Any] | None", value: Any) -> str:
    """Return a value as text for people."""
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):
        return "; ".join(f"{name}: {text}" for name, text in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    choices = dict(field.flatchoices) if field is not None and field.choices else {}
    return str(choices.get(value, value))
