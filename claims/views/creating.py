"""Pages to create a claim: for a proof, or directly in programs without plans."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from incentives_portal.accounts.capabilities import WrongAudience
from incentives_portal.cases.errors import Conflict
from incentives_portal.cases.forms import refusals_in
from proofs import rules as proof_rules
from proofs.models import Proof

from .. import services
from ..creation_options import openings
from ..forms import NewClaimForm, NewClaimForProofForm
from ..models import Claim


@require_http_methods(["GET", "HEAD", "POST"])
def new_claim(request: HttpRequest) -> HttpResponse:
    """*Create a claim* in Co-op management: for programs without plans, together with its proof.

    Users with several programs choose one first, as locations, periods and activities depend on it.
    """
    if request.user.is_operator:
        raise WrongAudience(_("Only partners can create claims here."))
    if not request.user.may("claim.write"):
        raise PermissionDenied
    offered = openings(request.user)
    preselected = {name: request.GET[name] for name in ("program", "location", "usage_period") if name in request.GET}
    form = NewClaimForm(offered, request.POST if request.method == "POST" else None, initial=dict(preselected))
    if form.is_valid():
        with refusals_in(form):
            claim = services.create_claim_directly(actor=request.user, **form.content())
            messages.success(request, _("The claim is created. Add its invoices, proof documents, and metrics."))
            return redirect(claim)
    context = {
        "form": form,
        "openings": offered,
        "program": form.program,
        "choose_program": form.program is None and not form.is_bound,
        # The preselected location and period, for the links to the programs.
        "query": urlencode({name: value for name, value in preselected.items() if name != "program"}),
    }
    return render(request, "claims/new.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def new_claim_for_proof(request: HttpRequest, proof_id: UUID) -> HttpResponse:
    """*New proof of execution claim*. Redirects to the claim if the proof has one already."""
    proof = get_object_or_404(Proof.objects.visible_to(request.user).for_page(), case__public_id=proof_id)
    if not proof_rules.may_begin(request.user, proof.scope, proof.program):
        raise PermissionDenied
    if existing := Claim.objects.filter(pk=proof.pk).first():
        return _to_the_first(request, existing)
    form = NewClaimForProofForm(
        proof, request.POST if request.method == "POST" else None, initial={"expected_version": proof.version}
    )
    try:
        with refusals_in(form):
            if form.is_valid():
                claim = services.create_claim_for_proof(proof, actor=request.user, **form.cleaned_data)
                messages.success(request, _("The claim is created. Add what is missing and submit it."))
                return redirect(claim)
    except services.AlreadyClaimed as error:
        return _to_the_first(request, error.claim)
    except Conflict:
        return _changed(request, proof, form)
    return _proof_page(request, proof, form, 422 if form.is_bound else 200)


def _proof_page(request: HttpRequest, proof: Proof, form: NewClaimForProofForm, status: int) -> HttpResponse:
    return render(request, "claims/new_for_proof.html", {"form": form, "proof": proof}, status=status)


def _to_the_first(request: HttpRequest, claim: Claim) -> HttpResponse:
    messages.info(request, _("This proof already has a claim. It is shown here."))
    return redirect(claim)


def _changed(request: HttpRequest, proof: Proof, form: NewClaimForProofForm) -> HttpResponse:
    """Show the form again after somebody else edited the proof.

    It keeps what was typed and has the current version, so that submitting it again succeeds.
    """
    if existing := Claim.objects.filter(pk=proof.pk).first():
        return _to_the_first(request, existing)
    fresh = get_object_or_404(Proof.objects.visible_to(request.user).for_page(), pk=proof.pk)
    form.data = form.data.copy()
    form.data["expected_version"] = str(fresh.version)
    form.add_error(None, _("The proof has changed in the meantime. Check your entries and create the claim again."))
    return _proof_page(request, fresh, form, 409)
