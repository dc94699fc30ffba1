from django.contrib import admin

from incentives_portal.screens.optimistic_lock import StaleCheckAdmin

from .models import ReasonCode


@admin.register(ReasonCode)
class ReasonCodeAdmin(StaleCheckAdmin):
    """Edit reason codes. New ones are added; ones in use are deactivated, not deleted."""

    list_display = ["code", "kind", "verb", "__str__", "active"]
    list_filter = ["kind", "verb", "active"]
    search_fields = ["code", "text"]
