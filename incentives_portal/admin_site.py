"""The admin site of the operator's incentives admins, with the portal's sign-in and permissions."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.options import TO_FIELD_VAR
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from incentives_portal import __version__
from incentives_portal.accounts.capabilities import WrongAudience


class PortalAdminConfig(AdminConfig):
    default_site = "incentives_portal.admin_site.PortalAdminSite"


class PortalAdminSite(admin.AdminSite):
    """Use the portal's sign-in; everybody except the operator's incentives admins gets 403 for every page."""

    site_header = site_title = _("Incentives administration")
    index_title = _("Pending work and configuration")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "version": __version__}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """List enrollments with the programs that they belong to, on the pages of both apps."""
        sections = {section["app_label"]: section for section in super().get_app_list(request)}
        if enrollments := sections.pop("enrollments", None):
            programs = sections["programs"]["models"]
            programs.extend(enrollments["models"])
            programs.sort(key=lambda model: model["name"])
        label = "programs" if app_label == "enrollments" else app_label
        return [section for section in sections.values() if label in (None, section["app_label"])]

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        inner = super().admin_view(view, cacheable)

        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise WrongAudience(
                    _("This area is for the operator’s incentives admins. They approve plans and set up programs here.")
                )
            # PostgreSQL rejects a NUL character, so a filter with one would be a database error. The search checks it itself.
            if any("\0" in value for name, values in request.GET.lists() if name != SEARCH_VAR for value in values):
                raise BadRequest("a character that is none")
            # Pop-ups for choosing a row request the id; Django fails with an error for an unknown field.
            if {request.GET.get(TO_FIELD_VAR, "id"), request.POST.get(TO_FIELD_VAR, "id")} != {"id"}:
                raise BadRequest("no such field")
            return inner(request, *args, **kwargs)

        return update_wrapper(checked, inner)

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        next_page = request.GET.get("next") or reverse("admin:index")
        if request.user.is_authenticated:
            return redirect("admin:index")
        return redirect(f"{reverse('account_login')}?{urlencode({'next': next_page})}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_change_password")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from incentives_portal.accounts.models import ChangeRequest
        from incentives_portal.cases.inbox import to_review
        from incentives_portal.home.lists import failed_messages
        from incentives_portal.programs.warnings import missing_periods

        context = {
            "buckets": to_review(request.user),
            "failed_messages": failed_messages(request.user),
            "period_warnings": missing_periods(None),
            "requests_waiting": ChangeRequest.objects.waiting_for(request.user).count(),
        }
        return super().index(request, context | (extra_context or {}))
