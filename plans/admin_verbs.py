"""The pages on which the operator confirms a decision about a plan, with the mail as it will go out."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property

from incentives_portal.cases.assignment import colleague_of
from incentives_portal.cases.decisions import OUTCOMES
from incentives_portal.cases.forms import VerbForm
from incentives_portal.cases.state_machine import Transition
from incentives_portal.cases.views import VerbView

from .forms import DecisionForm
from .models import Plan
from .preview import preview_of
from .services import SERVICES
from .transitions import MACHINE

if TYPE_CHECKING:
    from .admin import PlanAdmin

DECIDING = {arrow.verb for arrow in MACHINE.transitions if arrow.decides}


class AdminVerbView(VerbView):
    """A verb of the operator's in the admin site."""

    machine = MACHINE
    services = {verb: service for verb, service in SERVICES.items() if verb in DECIDING}
    forms = dict.fromkeys(OUTCOMES, DecisionForm)
    template_name = "admin/plans/plan/verb.html"
    overtaken_template_name = "admin/plans/plan/overtaken.html"
    model_admin: "PlanAdmin | None" = None

    @cached_property
    def plan(self) -> Plan:
        return self.model_admin.plan_or_404(self.request, self.kwargs["pk"])

    def get_case(self) -> Plan:
        return self.plan

    @property
    def back_url(self) -> str:
        return reverse("admin:plans_plan_change", args=[self.plan.pk])

    def frame_context(self) -> dict[str, Any]:
        return {
            **self.model_admin.admin_site.each_context(self.request),
            "opts": self.model_admin.opts,
            "plan": self.plan,
            "back_url": self.back_url,
        }

    def get_form(self, arrow: Transition, detail: Plan, data: Any = None) -> VerbForm:
        self.form = super().get_form(arrow, detail, data)
        return self.form

    def page_context(self, detail: Plan, arrow: Transition) -> dict[str, Any]:
        return {
            "title": arrow.label,
            "decides": arrow.verb in self.forms,
            "colleague": colleague_of(detail, self.request.user),
            "target": MACHINE.status(arrow.target),
            "preview": preview_of(detail, arrow, self.request.user, self.form),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "preview" not in request.POST:
            return super().post(request, **kwargs)
        detail, arrow = self._case_and_arrow()
        if isinstance(arrow, HttpResponse):
            return arrow
        form = self.get_form(arrow, detail, request.POST)
        form.full_clean()
        return self._page(detail, arrow, form)

    def done(self, detail: Plan, arrow: Transition) -> HttpResponse:
        """To the plan while one works on it, else back to the queue."""
        return redirect(
            self.back_url if arrow.verb in ("start_review", "take_over") else reverse("admin:plans_plan_changelist")
        )
