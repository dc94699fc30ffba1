"""The partner's page of a claim, comments on it, and the confirmation pages of the partner's verbs."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incentives_portal.cases.enums import ACTION_REQUIRED
from incentives_portal.cases.forms import CommentForm, CommentWithFilesForm, VerbForm
from incentives_portal.cases.page import submits
from incentives_portal.cases.views import VerbView, post_comment
from proofs import rules as proof_rules
from proofs.page import evidence_context, workbench_context

from ..forms import DisputeForm
from ..models import Claim
from ..page import ClaimPage
from ..services import SERVICES
from ..transitions import STATE_MACHINE
from .fetching import claim_or_404


@require_safe
def claim_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the claim with its status, the proof to edit or to read, history and verbs.

    The operator's users are redirected to the review page.
    """
    claim = claim_or_404(request, public_id)
    if request.user.is_operator:
        return redirect("review:claim", claim.public_id)
    return claim_page(request, claim, CommentWithFilesForm(actor=request.user))


def claim_page(request: HttpRequest, claim: Claim, form: CommentForm, status: int = 200) -> HttpResponse:
    page = ClaimPage(claim, request.user)
    context = {"page": page, "claim": claim, "form": form} | _proof_context(request, page)
    if page.dispute:
        context["dispute_form"] = DisputeForm(claim, page.dispute, auto_id="id_dispute_%s")
    return render(request, "claims/detail.html", context, status=status)


def _proof_context(request: HttpRequest, page: ClaimPage) -> dict[str, Any]:
    """Return the proof with its forms if the user may edit it, else read-only.

    Read-only it is shown as submitted, or as it is if it was never submitted.
    """
    claim, user = page.detail, request.user
    proof = claim.proof
    if proof_rules.may_write(user, proof) or proof_rules.may_contribute(user, proof):
        context = workbench_context(proof, user, here=claim.get_absolute_url())
    else:
        submitted = claim.case.submission.content if not proof.is_editable and claim.case.submission else None
        context = evidence_context(proof, user, content=submitted)
    evidence = context["evidence"]
    page.current = evidence.folder
    page.is_ready = "editor" not in context or context["editor"].assessment.is_ready
    evidence.marks = page.marks
    return context


@require_POST
def comment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Add a comment to the claim, with optional documents, at any time.

    The operator's users comment on the review page.
    """
    claim = claim_or_404(request, public_id, for_page=False)
    if request.user.is_operator:
        raise PermissionDenied
    page = partial(claim_page, request, claim, status=422)
    done, url = _("Your comment is added."), claim.get_absolute_url()
    return post_comment(request, claim, CommentWithFilesForm, page, done=done, url=url)


#: Verbs that are confirmed on the check page.
CHECKED = {transition.verb for transition in STATE_MACHINE.transitions if submits(transition)}


class ClaimView(VerbView):
    """What all verb pages of claims share: fetching the claim."""

    state_machine = STATE_MACHINE

    @cached_property
    def detail(self) -> Claim:
        return claim_or_404(self.request, self.kwargs["public_id"], for_page=self.request.method != "POST")


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
