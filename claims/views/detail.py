"""One claim, as the partner works on it: what was asked for, the proof, history and comments."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incentives_portal.cases.comments import may_comment
from incentives_portal.cases.errors import Busy, Refused
from incentives_portal.cases.forms import show_refusal
from incentives_portal.documents import form_uploads
from proofs import rules as proof_rules
from proofs.page import evidence_context, workbench_context

from .. import services
from ..forms import CommentForm, DisputeForm
from ..models import Claim
from ..page import ClaimPage
from .fetching import claim_or_404


@require_safe
def claim_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The claim with its status, the proof to edit or to read, history and verbs. The operator reads it on the review desk."""
    claim = claim_or_404(request, public_id)
    if request.user.is_operator:
        return redirect("desk:claim", claim.public_id)
    return claim_page(request, claim, comment_form(request))


def comment_form(request: HttpRequest, *, sent: bool = False) -> CommentForm:
    """The form of a comment, as it was sent (then its files are stored) or empty; its documents belong to the company of who writes."""
    data = (request.POST, request.FILES) if sent else ()
    form = CommentForm(*data, actor=request.user, organisation=request.user.organisation, auto_id="id_comment_%s")
    form_uploads.receive(form)
    return form


def tell_added(request: HttpRequest, form: CommentForm, done: str) -> None:
    """That the comment is added, and which of its files are still being checked."""
    messages.success(request, done)
    if waiting := form_uploads.notice(form.cleaned_data["files"], request.user):
        messages.info(request, waiting)


def claim_page(request: HttpRequest, claim: Claim, form: CommentForm, status: int = 200) -> HttpResponse:
    page = ClaimPage(claim, request.user)
    context = (
        {"page": page, "claim": claim, "comment_form": form} | _proof_context(request, page) | _dispute_context(page)
    )
    return render(request, "claims/detail.html", context, status=status)


def _proof_context(request: HttpRequest, page: ClaimPage) -> dict[str, Any]:
    """The proof with its forms for who may edit it, else to be read: as it was sent in, or, never sent, as it is."""
    claim, user = page.detail, request.user
    proof = claim.proof
    if proof_rules.may_write(user, proof) or proof_rules.may_contribute(user, proof):
        context = workbench_context(proof, user, here=claim.get_absolute_url())
    else:
        submitted = claim.case.submission.content if not proof.is_editable and claim.case.submission else None
        context = evidence_context(proof, user, content=submitted)
    evidence = context["evidence"]
    page.current = evidence.folder
    page.is_ready = "bench" not in context or context["bench"].assessment.is_ready
    evidence.marks = page.marks
    return context


def _dispute_context(page: ClaimPage) -> dict[str, Any]:
    if page.dispute is None:
        return {}
    return {"dispute_form": DisputeForm(page.detail, page.dispute, auto_id="id_dispute_%s")}


@require_POST
def comment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say something on the claim, with documents if any; possible at any time."""
    claim = claim_or_404(request, public_id, for_page=False)
    if request.user.is_operator or not may_comment(request.user, claim):
        raise PermissionDenied
    form = comment_form(request, sent=True)
    if not form.is_valid():
        return claim_page(request, claim, form, status=422)
    given = form.cleaned_data
    try:
        services.add_comment(claim, actor=request.user, words=given["words"], versions=given["files"])
    except (Refused, Busy) as error:
        show_refusal(form, error)
        return claim_page(request, claim, form, status=422)
    tell_added(request, form, _("Your comment is added."))
    return redirect(f"{claim.get_absolute_url()}#history")
