"""Plan management: the programs with plans, their markets, and the plans."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incentives_portal.programs.enums import Track
from incentives_portal.programs.models import Program
from incentives_portal.screens.paging import BoundedPaginator
from incentives_portal.texts import in_language

from ..creation_options import Opening, openings
from ..filters import PlanFilter
from ..models import Plan

PER_PAGE = 25


@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    """List the plans, and per program the markets for which a plan can be created."""
    if not request.user.may("plan.read"):
        raise PermissionDenied
    offered = openings(request.user)
    plan_filter = PlanFilter(
        request.GET,
        Plan.objects.visible_to(request.user).for_list().order_by("-pk"),
        programs=_programs(request, offered),
        years=_years(offered, request.GET.get("program", "")),
    )
    page = BoundedPaginator(plan_filter.qs, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "openings": [opening for opening in offered if opening.can_create],
        "has_programs": bool(offered) or request.user.is_operator,
        "filter": plan_filter,
        "is_filtered": plan_filter.form.is_bound and any(plan_filter.form.cleaned_data.values()),
        "page": page,
    }
    return render(request, "plans/list.html", context)


def _programs(request: HttpRequest, offered: list[Opening]) -> list[tuple[str, str]]:
    """Return the programs with plans: those of the partner's enrollments, or all for the operator."""
    if request.user.is_operator:
        return [(code, in_language(name)) for code, name in _all_programs()]
    return [(opening.program.code, str(opening.program)) for opening in offered]


def _all_programs() -> Any:
    return Program.objects.filter(track=Track.PLAN).order_by("code").values_list("code", "name")


def _years(offered: list[Opening], program: str) -> list[str]:
    """Return the labels of the program years, only those of the program if one is chosen."""
    chosen = [opening for opening in offered if opening.program.code == program] or offered
    return sorted({label for opening in chosen for label in opening.all_years}, reverse=True)
