from django.contrib import admin

from incentives_portal.screens.optimistic_lock import StaleCheckAdmin

from .models import ReasonCode


@admin.register(ReasonCode)
class ReasonCodeAdmin(StaleCheckAdmin):
    """Reasons are configuration: new ones are added, used ones are switched off."""

    list_display = ["code", "kind", "verb", "__str__", "active"]
    list_filter = ["kind", "verb", "active"]
    search_fields = ["code", "text"]
