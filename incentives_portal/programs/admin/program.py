"""Admin pages of programs, markets, years and periods, calendars, and rates."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import may
from incentives_portal.screens.optimistic_lock import FewLines

from .. import periods
from ..models import (
    Calendar,
    ExchangeRate,
    FundType,
    Holiday,
    Market,
    Program,
    ProgramYear,
    UsagePeriod,
)
from ..services import prepare_next_year
from ..warnings import missing_periods
from .forms import CalendarForm, ConfigurationAdmin, ExchangeRateForm, MarketForm


class HolidayInline(FewLines, admin.StackedInline):
    """Holidays of a calendar. Editable inlines are stacked: the fields of Django's tabular ones have no labels."""

    model = Holiday


@admin.register(Calendar)
class CalendarAdmin(ConfigurationAdmin):
    form = CalendarForm
    list_display = ["name", "time_zone"]
    search_fields = ["name"]
    inlines = [HolidayInline]


class FundTypeInline(FewLines, admin.StackedInline):
    model = FundType


class ProgramYearInline(FewLines, admin.StackedInline):
    model = ProgramYear
    fields = [("label", "starts", "ends", "revise_until")]


@admin.register(Program)
class ProgramAdmin(ConfigurationAdmin):
    """A program with its fund types and years, and a button that creates the next year."""

    change_form_template = "programs/admin/program_form.html"
    change_list_template = "programs/admin/program_list.html"
    list_display = ["code", "__str__", "track", "kind", "currency"]
    list_filter = ["track", "kind"]
    search_fields = ["code", "name"]
    list_select_related = ["calendar"]
    inlines = [FundTypeInline, ProgramYearInline]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"missing": missing_periods()} | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<int:pk>/prepare/", self.admin_site.admin_view(self.prepare_view), name="programs_program_prepare"),
            *super().get_urls(),
        ]

    def prepare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show on GET what would be created, and create it on POST; existing rows do not change."""
        if not may(request.user, "program.configure"):
            raise PermissionDenied
        program = get_object_or_404(Program.objects.select_related("calendar"), pk=pk)
        today = clock.today(program.calendar.time_zone)
        if request.method == "POST":
            made = get_text_list(prepare_next_year(program, today=today, actor=request.user), _("and"))
            messages.success(request, _("Created: %(made)s.") % {"made": made} if made else _("Nothing was missing."))
            return redirect("admin:programs_program_change", pk)
        return TemplateResponse(
            request,
            "programs/admin/prepare.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Prepare next year: %(program)s") % {"program": program},
                "opts": self.opts,
                "original": program,
                "years": list(periods.next_years(program, today)),
                "usage_periods": list(periods.next_usage_periods(program, today)),
            },
        )


@admin.register(Market)
class MarketAdmin(ConfigurationAdmin):
    form = MarketForm
    list_display = ["code", "__str__", "program"]
    list_filter = ["program"]
    list_select_related = ["program"]
    search_fields = ["code", "name"]


@admin.register(UsagePeriod)
class UsagePeriodAdmin(ConfigurationAdmin):
    list_display = ["label", "program", "usage_starts", "usage_ends", "claiming_starts", "claiming_ends"]
    list_filter = ["program"]
    list_select_related = ["program"]
    search_fields = ["label", "program__code", "program__name"]


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ConfigurationAdmin):
    form = ExchangeRateForm
    list_display = ["__str__", "rate"]
    list_filter = ["from_currency", "to_currency"]
    search_fields = ["from_currency", "to_currency"]
    date_hierarchy = "month"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExchangeRate]:
        return super().get_queryset(request).order_by("-month", "from_currency", "to_currency")
