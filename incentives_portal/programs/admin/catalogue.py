"""Admin pages of the activity catalog: activities, requirements for proofs, costs, and caps."""

from typing import Any

from django.contrib import admin

from incentives_portal.screens.optimistic_lock import FewLines

from ..models import ActivityType, Cap, ExpenseType, Requirement
from .forms import ActivityTypeForm, ConfigurationAdmin, RequirementForm


class _Overview(FewLines, admin.TabularInline):
    """A read-only list of rows of an activity; each row links to its own page, which has space for editing."""

    can_delete = False
    show_change_link = True

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("program")

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False


class RequirementInline(_Overview):
    model = Requirement
    fields = ["code", "group", "satisfied_by", "any_of", "program", "active"]


class CapInline(_Overview):
    model = Cap
    fields = ["code", "kind", "amount", "currency", "percent", "count", "scope", "applies_to", "program"]


@admin.register(ActivityType)
class ActivityTypeAdmin(ConfigurationAdmin):
    """Activity types that were used are deactivated and not deleted."""

    form = ActivityTypeForm
    list_display = ["code", "__str__", "category", "active"]
    list_filter = ["category", "active"]
    search_fields = ["code", "name"]
    inlines = [RequirementInline, CapInline]


@admin.register(Requirement)
class RequirementAdmin(ConfigurationAdmin):
    """Requirements that an answer or document met are deactivated and not deleted."""

    form = RequirementForm
    list_display = ["code", "__str__", "activity_type", "group", "satisfied_by", "program", "active"]
    list_filter = ["group", "satisfied_by", "active", "program", "activity_type"]
    list_select_related = ["activity_type", "program"]
    search_fields = ["code", "text", "activity_type__code", "activity_type__name"]


@admin.register(Cap)
class CapAdmin(ConfigurationAdmin):
    list_display = ["code", "activity_type", "kind", "amount", "currency", "percent", "count", "applies_to", "program"]
    # Not by amount: amounts in several currencies have no order.
    sortable_by = [name for name in list_display if name != "amount"]
    list_filter = ["kind", "applies_to", "program"]
    list_select_related = ["activity_type", "program"]
    search_fields = ["code", "activity_type__code", "activity_type__name"]


@admin.register(ExpenseType)
class ExpenseTypeAdmin(ConfigurationAdmin):
    list_display = ["code", "__str__"]
    search_fields = ["code", "name"]
