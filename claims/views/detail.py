"""The partner's page of a claim: amount, proof, history and comments."""

from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incentives_portal.cases.forms import CommentForm, CommentWithFilesForm
from incentives_portal.cases.views import post_comment
from proofs import rules as proof_rules
from proofs.page import evidence_context, workbench_context

from ..forms import DisputeForm
from ..models import Claim
from ..page import ClaimPage
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
    context = {"page": page, "claim": claim, "form": form} | _proof_context(request, page) | _dispute_context(page)
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


def _dispute_context(page: ClaimPage) -> dict[str, Any]:
    if page.dispute is None:
        return {}
    return {"dispute_form": DisputeForm(page.detail, page.dispute, auto_id="id_dispute_%s")}


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
