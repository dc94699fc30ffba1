"""The confirmation pages of the partner's verbs. The check page confirms *Submit claim* and *Resubmit*."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property

from incentives_portal.cases.enums import ACTION_REQUIRED
from incentives_portal.cases.forms import VerbForm
from incentives_portal.cases.page import submits
from incentives_portal.cases.views import VerbView
from proofs.page import workbench_context

from ..forms import DisputeForm
from ..models import Claim
from ..page import ClaimPage
from ..services import SERVICES
from ..transitions import STATE_MACHINE
from .fetching import claim_or_404

#: Verbs that are confirmed on the check page.
CHECKED = {transition.verb for transition in STATE_MACHINE.transitions if submits(transition)}


class ClaimView(VerbView):
    """What all verb pages of claims share: fetching the claim, and the link back to it."""

    state_machine = STATE_MACHINE

    @cached_property
    def detail(self) -> Claim:
        return claim_or_404(self.request, self.kwargs["public_id"], for_page=self.request.method != "POST")

    def frame_context(self) -> dict[str, Any]:
        """The link back to the claim."""
        return {"back_url": self.back_url}

    @property
    def back_url(self) -> str:
        """The user's page of the claim."""
        return self.detail.get_absolute_url()


class PartnerVerbView(ClaimView):
    """The confirmation page of a partner's verb. The operator's verbs are on the review pages."""

    services = {
        verb: service
        for verb, service in SERVICES.items()
        if verb not in STATE_MACHINE.deciding and verb not in CHECKED
    }
    forms = {"dispute": DisputeForm}

    def done(self) -> HttpResponse:
        """Redirect to the claim, or to the list when it was discarded."""
        return redirect("claims:list" if self.transition.verb == "discard" else self.detail)


class CheckView(ClaimView):
    """The check page: the assessment of the claim as it would be submitted now, the amount steps, *Submit claim*."""

    services = {verb: SERVICES[verb] for verb in CHECKED}
    template_name = "claims/check.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.kwargs["verb"] = "resubmit" if self.detail.status == ACTION_REQUIRED else "submit"

    def page_context(self, form: VerbForm) -> dict[str, Any]:
        """Include the reviewer's remarks on a returned claim.

        All rules may pass although none of the remarks was addressed.
        """
        page = ClaimPage(self.detail, self.request.user)
        editor = workbench_context(self.detail.proof, self.request.user)["editor"]
        page.current = editor.evidence.folder
        to_be_read = replace(editor.evidence, marks=page.marks, can_write=False, can_contribute=False)
        return {"claim": self.detail, "page": page, "assessment": editor.assessment, "evidence": to_be_read}
