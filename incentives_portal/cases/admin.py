from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from incentives_portal.screens.optimistic_lock import StaleCheckAdmin

from .models import ReasonCode
from .services import save_reason


@admin.register(ReasonCode)
class ReasonCodeAdmin(StaleCheckAdmin):
    """Edit reason codes. One that a history refers to is replaced when it is edited, and never deleted."""

    list_display = ["code", "kind", "verb", "__str__", "active"]
    list_filter = ["kind", "verb", "active"]
    search_fields = ["code", "text"]

    def save_model(self, request: HttpRequest, obj: ReasonCode, form: Any, change: bool) -> None:
        save_reason(obj)
