"""Pages to create a proof, show it, and edit its basics, final comments and answers."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.http import require_safe

from incentives_portal.cases.enums import DISCARDED, REJECTED
from incentives_portal.cases.forms import refusals_in

from .. import rules, services
from ..facts import requirements_for
from ..forms import (
    AnswersForm,
    AttendeeLineForm,
    BasicsForm,
    CommentsForm,
    NewProofForm,
    PartForm,
    lines_of,
)
from ..models import Proof
from ..page import ProofPage, workbench_context
from ..snapshot import content_of, read
from .base import PartView
from .fetching import activity_or_404, proof_or_404


class NewProofView(View):
    """*New proof of execution*, for an activity of an approved plan."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.activity = activity_or_404(request, kwargs["activity_id"])
        self.plan = self.activity.campaign.plan
        if not rules.may_begin(request.user, self.plan.scope, self.plan.program):
            raise PermissionDenied
        if not rules.may_add_for(request.user, self.activity):
            return self._page("proofs/not_approved.html", status=409)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self._page(form=self._form(initial={"name": self.activity.in_force.name}))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self._form(request.POST)
        with refusals_in(form):
            if form.is_valid():
                proof = services.create_proof_for_activity(
                    self.activity, actor=request.user, beginning=services.Beginning(**form.cleaned_data)
                )
                done = _("%(reference)s is saved. Create its claim next.") % {"reference": proof.case.reference}
                messages.success(request, done)
                return redirect(proof)
        return self._page(form=form, status=422)

    def _form(self, *args: Any, **kwargs: Any) -> NewProofForm:
        return NewProofForm(
            rules.bounds_of(self.activity),
            self.plan.currency,
            rules.planned_amount(self.activity) - self._asked(),
            *args,
            **kwargs,
        )

    def _asked(self) -> Decimal:
        """Return what the proofs of the activity request already; those of rejected and canceled claims do not count."""
        proofs = Proof.objects.filter(activity=self.activity).exclude(case__status__in=(REJECTED, DISCARDED))
        return proofs.aggregate(total=Sum("case__requested_amount", default=Decimal(0)))["total"]

    def _page(self, template: str = "proofs/new.html", status: int = 200, **more: Any) -> HttpResponse:
        return render(self.request, template, {"activity": self.activity, "plan": self.plan, **more}, status=status)


@require_safe
def detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the page of a proof. Redirects to its claim, if there is one."""
    proof = proof_or_404(request, public_id)
    if proof.claim is not None:
        return redirect(proof.claim)
    return render(
        request,
        "proofs/detail.html",
        {
            "proof": proof,
            "page": ProofPage(proof, request.user),
            "can_create": rules.may_write(request.user, proof),
            **workbench_context(proof, request.user, here=request.path),
        },
    )


class BasicsView(PartView):
    place = "basics"
    heading = gettext_lazy("Edit basic information")

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        return {"form": BasicsForm(self.proof, data)}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.edit_basics(
            self.proof,
            actor=self.request.user,
            expected_version=expected_version,
            basics=services.Basics(**page_forms["form"].cleaned_data),
        )
        return _("The basic information is saved.")


class CommentsView(PartView):
    place = "comments"
    heading = gettext_lazy("Final comments")

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        return {"form": CommentsForm(data, initial={"final_comments": self.proof.final_comments})}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.set_final_comments(
            self.proof,
            actor=self.request.user,
            expected_version=expected_version,
            comments=page_forms["form"].cleaned_data["final_comments"],
        )
        return _("The final comments are saved.")


class AnswersView(PartView):
    template_name = "proofs/answers.html"
    place = "answers"
    heading = gettext_lazy("Metrics")

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        folder = read(content_of(self.proof))
        return {"form": AnswersForm(requirements_for(self.proof, folder), folder.answers, data)}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.save_answers(
            self.proof, actor=self.request.user, expected_version=expected_version, answers=page_forms["form"].answers()
        )
        return _("Your answers are saved.")


class AttendeesView(PartView):
    template_name = "proofs/attendees.html"
    place = "attendees"
    heading = gettext_lazy("Attendees")

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        rows = () if data else self.proof.attendees.values("name", "cost")
        lines = lines_of(AttendeeLineForm, data, rows, currency=self.proof.currency)
        return {"form": PartForm(data), "lines": lines}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.save_attendees(
            self.proof,
            actor=self.request.user,
            expected_version=expected_version,
            attendees=[
                services.AttendeeDraft(line["name"], line["cost"] or Decimal(0))
                for line in page_forms["lines"].wanted()
            ],
        )
        return _("The list of attendees is saved.")
