"""The confirmation pages of the partner's verbs. *Submit* and *Resubmit* go through the check page."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import cached_property

from incentives_portal.cases.enums import ACTION_REQUIRED
from incentives_portal.cases.state_machine import Transition
from incentives_portal.cases.views import VerbView

from ..facts import assessment_of
from ..models import Plan
from ..page import campaign_rows
from ..services import SERVICES
from ..snapshot import document_of
from ..transitions import STATE_MACHINE
from .fetching import plan_or_404


class PlanVerbView(VerbView):
    """The confirmation page of a partner's verb. The operator's decisions are in the admin site."""

    state_machine = STATE_MACHINE
    services = {verb: service for verb, service in SERVICES.items() if verb not in STATE_MACHINE.deciding}

    def get_case(self) -> Plan:
        return self.plan

    @cached_property
    def plan(self) -> Plan:
        return plan_or_404(self.request, self.kwargs["public_id"])


class CheckView(PlanVerbView):
    """The check page: the plan as it would be submitted, with its assessment, and *Confirm*."""

    template_name = "plans/check.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.kwargs["verb"] = "resubmit" if self.plan.status == ACTION_REQUIRED else "submit"

    def page_context(self, detail: Plan, transition: Transition) -> dict[str, Any]:
        document = document_of(detail)
        return {
            "plan": detail,
            "document": document,
            "campaigns": campaign_rows(document),
            "assessment": assessment_of(detail),
        }
