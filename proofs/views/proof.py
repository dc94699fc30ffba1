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
from django.views import View
from django.views.decorators.http import require_safe

from incentives_portal.cases.errors import NotAllowed, RuleViolation
from incentives_portal.cases.forms import show_refusal

from .. import rules, services
from ..facts import requirements_for
from ..forms import (
    AnswersForm,
    AttendeeLineForm,
    BasicsForm,
    CommentsForm,
    NewProofForm,
    PartForm,
    attendee_drafts,
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
            return self._not_approved()
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self._page(self._form(initial={"name": self.activity.in_force.name}))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            proof = services.create_proof_for_activity(self.activity, actor=request.user, beginning=form.beginning())
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from error
        except RuleViolation as error:
            show_refusal(form, error)
            return self._page(form, status=422)
        messages.success(
            request, _("%(reference)s is saved. Create its claim next.") % {"reference": proof.case.reference}
        )
        return redirect(proof)

    def _form(self, *args: Any, **kwargs: Any) -> NewProofForm:
        left = rules.planned_amount(self.activity) - self._asked()
        return NewProofForm(rules.bounds_of(self.activity), self.plan.currency, *args, left=left, **kwargs)

    def _asked(self) -> Decimal:
        """Return what the proofs of the activity request already."""
        proofs = Proof.objects.live().filter(activity=self.activity)
        return proofs.aggregate(total=Sum("case__requested_amount"))["total"] or Decimal(0)

    def _page(self, form: NewProofForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "activity": self.activity, "plan": self.plan}
        return render(self.request, "proofs/new.html", context, status=status)

    def _not_approved(self) -> HttpResponse:
        context = {"activity": self.activity, "plan": self.plan}
        return render(self.request, "proofs/not_approved.html", context, status=409)


@require_safe
def detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the page of a proof. Redirects to its claim, if there is one."""
    proof = proof_or_404(request, public_id)
    if proof.claim is not None:
        return redirect(proof.claim)
    context = {
        "proof": proof,
        "page": ProofPage(proof, request.user),
        "can_create": rules.may_write(request.user, proof),
        **workbench_context(proof, request.user, here=request.path),
    }
    return render(request, "proofs/detail.html", context)


class BasicsView(PartView):
    place = "basics"

    def heading(self) -> str:
        return _("Edit basic information")

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        return {"form": BasicsForm(self.proof, data)}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        services.edit_basics(
            self.proof, actor=self.request.user, expected_version=expected_version, basics=page_forms["form"].basics()
        )
        return _("The basic information is saved.")


class CommentsView(PartView):
    place = "comments"

    def heading(self) -> str:
        return _("Final comments")

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        return {"form": CommentsForm(data, initial={"final_comments": self.proof.final_comments})}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        comments = page_forms["form"].cleaned_data["final_comments"]
        services.set_final_comments(
            self.proof, actor=self.request.user, expected_version=expected_version, comments=comments
        )
        return _("The final comments are saved.")


class AnswersView(PartView):
    template_name = "proofs/answers.html"
    place = "answers"

    def heading(self) -> str:
        return _("Metrics")

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

    def heading(self) -> str:
        return _("Attendees")

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        rows = [] if data else list(self.proof.attendees.values("name", "cost"))
        currency = {"currency": self.proof.currency}
        lines = lines_of(AttendeeLineForm, data, initial=rows, form_kwargs=currency)
        return {"form": PartForm(data), "lines": lines}

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        attendees = list(attendee_drafts(page_forms["lines"]))
        services.save_attendees(
            self.proof, actor=self.request.user, expected_version=expected_version, attendees=attendees
        )
        return _("The list of attendees is saved.")
