"""The status page of a plan, and what is said on it."""

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

from .. import services
from ..forms import CommentForm
from ..page import PlanPage
from .fetching import plan_or_404


@require_safe
def plan_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The plan with its status, facts, campaigns and activities, proofs and claims, history and verbs."""
    plan = plan_or_404(request, public_id)
    return _page(request, PlanPage(plan, request.user), CommentForm())


def _page(request: HttpRequest, page: PlanPage, form: CommentForm, status: int = 200) -> HttpResponse:
    page.is_ready = not page.lacks_activities
    context = {"page": page, "plan": page.detail, "comment_form": form}
    return render(request, "plans/detail.html", context, status=status)


@require_POST
def comment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say something on the plan; possible at any time."""
    plan = plan_or_404(request, public_id)
    if not may_comment(request.user, plan):
        raise PermissionDenied
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _page(request, PlanPage(plan, request.user), form, status=422)
    try:
        services.add_comment(plan, actor=request.user, words=form.cleaned_data["words"])
    except (Refused, Busy) as error:
        show_refusal(form, error)
        return _page(request, PlanPage(plan, request.user), form, status=422)
    messages.success(request, _("Your comment is added."))
    return redirect(f"{plan.get_absolute_url()}#history")
