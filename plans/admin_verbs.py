"""The pages on which the operator confirms a decision about a plan, with a preview of the mail."""

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
from .transitions import STATE_MACHINE

if TYPE_CHECKING:
    from .admin import PlanAdmin


class AdminVerbView(VerbView):
    """The confirmation page of an operator's verb in the admin site."""

    state_machine = STATE_MACHINE
    services = {verb: service for verb, service in SERVICES.items() if verb in STATE_MACHINE.deciding}
    forms = dict.fromkeys(OUTCOMES, DecisionForm)
    template_name = "admin/plans/plan/verb.html"
    conflict_template_name = "admin/plans/plan/conflict.html"
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

    def get_form(self, transition: Transition, detail: Plan, data: Any = None) -> VerbForm:
        self.form = super().get_form(transition, detail, data)
        return self.form

    def page_context(self, detail: Plan, transition: Transition) -> dict[str, Any]:
        return {
            "title": transition.label,
            "decides": transition.verb in self.forms,
            "colleague": colleague_of(detail, self.request.user),
            "target": STATE_MACHINE.status(transition.target),
            "preview": preview_of(detail, transition, self.request.user, self.form),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "preview" not in request.POST:
            return super().post(request, **kwargs)
        detail, transition = self._case_and_transition()
        if isinstance(transition, HttpResponse):
            return transition
        form = self.get_form(transition, detail, request.POST)
        form.full_clean()
        return self._page(detail, transition, form)

    def done(self, detail: Plan, transition: Transition) -> HttpResponse:
        """Redirect to the plan while it is under review, else to the queue."""
        return redirect(
            self.back_url
            if transition.verb in ("start_review", "take_over")
            else reverse("admin:plans_plan_changelist")
        )
