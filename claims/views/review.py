"""The review pages: the queue of claims, one claim with its documents and checks, and the operator's verbs."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incentives_portal.accounts.capabilities import WrongAudience, may
from incentives_portal.cases.assignment import colleague_of
from incentives_portal.cases.decisions import OUTCOMES
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.forms import CommentForm, CommentWithFilesForm, NoteForm, VerbForm
from incentives_portal.cases.querysets import search_q
from incentives_portal.cases.queue import counts, lists, neighbors, waiting
from incentives_portal.cases.views import post_comment
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.queries import deliveries_for
from incentives_portal.screens.paging import BoundedPaginator
from proofs.page import evidence_context

from ..filters import searched
from ..forms import DecisionForm
from ..models import Claim
from ..page import ClaimPage
from ..review_page import queue_rows, shown
from ..services import SERVICES
from ..transitions import STATE_MACHINE
from .claim import ClaimView
from .fetching import claim_or_404

PER_PAGE = 25


def _staff_only(request: HttpRequest) -> None:
    """Raise WrongAudience unless the user is an operator user who may read claims."""
    if not request.user.is_operator or not request.user.may("claim.read"):
        raise WrongAudience(_("This is the review queue. The operator’s staff review and decide claims here."))


def _list_key(request: HttpRequest) -> str:
    key = request.GET.get("list", "")
    return key if key in lists(request.user) else ""


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """List the claims that wait for a decision, by due date: all, unassigned, mine, overdue or disputes."""
    _staff_only(request)
    key, text = _list_key(request), searched(request.GET)
    numbers, queues = counts(request.user, CaseKind.CLAIM), lists(request.user)
    title, part = queues[key]
    rows = waiting(request.user, CaseKind.CLAIM).filter(part)
    rows, number = (rows.filter(search_q(text)), None) if text else (rows, numbers[key])
    page = BoundedPaginator(rows, PER_PAGE, count=number).get_page(request.GET.get("page"))
    context = {
        "lists": [(code, title, numbers[code], code == key) for code, (title, _part) in queues.items()],
        "key": key,
        "title": title,
        "text": text,
        "page": page,
        "rows": queue_rows(page.object_list, request.user),
    }
    return render(request, "review/queue.html", context)


@require_safe
def claim(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show one claim: document viewer, facts, checks, costs, amount steps, history, and the verbs."""
    row = claim_or_404(request, public_id)
    _staff_only(request)
    return review_page(request, row)


def review_page(request: HttpRequest, row: Claim, rejected: CommentForm | None = None) -> HttpResponse:
    """Render the claim; ``rejected`` is a comment or note with its errors."""
    note = rejected if rejected and rejected.is_internal else None
    page = ClaimPage(row, request.user)
    key = _list_key(request)
    evidence = evidence_context(row.proof, request.user, content=row.case.submission.content, marks=page.marks)[
        "evidence"
    ]
    context = {
        "page": page,
        "claim": row,
        "key": key,
        "list_title": lists(request.user)[key][0],
        "neighbors": neighbors(key, row.case, request.user),
        "evidence": evidence,
        "shown": shown(evidence, page, request.GET.get("doc", ""), request.GET.get("page", "")),
        "deliveries": _deliveries(row) if request.user.may("outbox.read") else None,
        "comment_form": CommentWithFilesForm(actor=request.user) if note or rejected is None else rejected,
        "note_form": note or NoteForm(actor=request.user),
        "refusal": _refusal(row, request),
        "colleague": colleague_of(row, request.user),
        "transitions": [transition for transition in page.transitions if transition.decides],
    }
    return render(request, "review/claim.html", context, status=200 if rejected is None else 422)


def _deliveries(row: Claim) -> list[Message]:
    """Return the messages about the claim.

    Those about files of its draft are left out, as the operator does not see drafts.
    """
    return [message for message in deliveries_for(row.case.public_id) if not message.code.startswith("proof_file_")]


def _refusal(row: Claim, request: HttpRequest) -> Any:
    """Say why the user may not decide although the role allows it.

    That the user cannot take the claim over is not a reason.
    """
    if not may(request.user, "claim.review", row.scope):
        return None
    deciding = (
        transition
        for transition in STATE_MACHINE.transitions
        if transition.source == row.status and transition.verb != "take_over"
    )
    refusals = (
        transition.refusal(row, request.user) for transition in deciding if transition.decides and transition.refusal
    )
    return next(filter(None, refusals), None)


@require_POST
def comment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Add a comment for the partner."""
    return _say(request, public_id, CommentWithFilesForm, _("Your comment is added. The partner can read it."))


@require_POST
def note(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Add an internal note."""
    return _say(request, public_id, NoteForm, _("Your internal note is added. Partners never see it."))


def _say(request: HttpRequest, public_id: UUID, form_class: type[CommentForm], done: str) -> HttpResponse:
    row = claim_or_404(request, public_id, for_page=False)
    _staff_only(request)
    url = reverse("review:claim", args=[public_id])
    return post_comment(request, row, form_class, partial(review_page, request, row), done=done, url=url)


class ReviewVerbView(ClaimView):
    """The confirmation page of an operator's verb."""

    services = {verb: service for verb, service in SERVICES.items() if verb in STATE_MACHINE.deciding}
    forms = dict.fromkeys(OUTCOMES, DecisionForm)
    template_name = "review/verb.html"

    def page_context(self, form: VerbForm) -> dict[str, Any]:
        page = ClaimPage(self.detail, self.request.user)
        colleague = colleague_of(self.detail, self.request.user)
        return {"claim": self.detail, "page": page, "assessment": page.assessment, "colleague": colleague}

    def frame_context(self) -> dict[str, Any]:
        """The link back to the claim's review page."""
        return {"back_url": self.back_url}

    @property
    def back_url(self) -> str:
        return reverse("review:claim", args=[self.detail.public_id])

    def done(self) -> HttpResponse:
        """Redirect to the claim's review page, or to the queue when the claim was returned to it."""
        return redirect("review:queue" if self.transition.verb == "return_to_queue" else self.back_url)
