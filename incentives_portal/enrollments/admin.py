"""Enrollments in the admin site: started by an invitation, changed by verbs. No status is edited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.capabilities import may
from incentives_portal.cases.forms import VerbForm
from incentives_portal.cases.page import CasePage
from incentives_portal.cases.views import VerbView

from . import services
from .models import Enrolment
from .transitions import STATE_MACHINE


class InvitationForm(forms.ModelForm):
    """Which location is invited to which program."""

    class Meta:
        model = Enrolment
        fields = ["location", "program"]

    def clean_location(self) -> Any:
        location = self.cleaned_data["location"]
        if location.closed_on is not None:
            raise forms.ValidationError(_("This location is closed."))
        return location


class EnrolmentVerbView(VerbView):
    """The confirmation page of one verb, within the admin site."""

    state_machine = STATE_MACHINE
    services = services.VERBS
    template_name = "enrollments/admin/verb.html"
    conflict_template_name = "enrollments/admin/conflict.html"
    site: admin.AdminSite = admin.site

    @cached_property
    def detail(self) -> Enrolment:
        enrolments = Enrolment.objects.visible_to(self.request.user).for_page()
        return get_object_or_404(enrolments, pk=self.kwargs["pk"])

    def frame_context(self) -> dict[str, Any]:
        return {**self.site.each_context(self.request), "opts": Enrolment._meta}

    def page_context(self, form: VerbForm) -> dict[str, Any]:
        return {"title": self.transition.label, "original": self.detail}


@admin.register(Enrolment)
class EnrolmentAdmin(admin.ModelAdmin):
    """Adding an enrollment invites the location; every later change is a verb."""

    form = InvitationForm
    actions = None
    change_form_template = "enrollments/admin/form.html"
    list_display = ["reference", "location", "organisation", "program", "status_word"]
    list_filter = ["program", "case__status"]
    search_fields = [
        "case__reference",
        "location__name",
        "location__partner_id",
        "location__organisation__name",
        "program__code",
    ]
    ordering = ["-pk"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return Enrolment.objects.for_page()

    @admin.display(description=_("reference"), ordering="case__reference")
    def reference(self, enrolment: Enrolment) -> str:
        return enrolment.case.reference

    @admin.display(description=_("organization"), ordering="location__organisation__name")
    def organisation(self, enrolment: Enrolment) -> str:
        return enrolment.location.organisation.name

    @admin.display(description=_("status"), ordering="case__status")
    def status_word(self, enrolment: Enrolment) -> str:
        return str(STATE_MACHINE.status(enrolment.status).label)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "enrolment.manage")

    def has_change_permission(self, request: HttpRequest, obj: Enrolment | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Enrolment | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Enrolment, form: Any, change: bool) -> None:
        """Invite through the service, and give the form's instance the values of the new row."""
        invited = services.invite(obj.location, obj.program, actor=request.user)
        obj.__dict__.update(invited.__dict__)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(EnrolmentVerbView.as_view(site=self.admin_site))
        return [path("<int:pk>/<slug:verb>/verb/", view, name="enrollments_enrolment_verb"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the enrollment read-only: status, available verbs, history."""
        if not object_id.isdigit():
            raise Http404
        enrolment = get_object_or_404(Enrolment.objects.visible_to(request.user).for_page(), pk=object_id)
        context = {"enrolment": enrolment, "page": CasePage(enrolment, request.user)}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))
