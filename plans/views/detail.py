"""The page of a plan, and comments on it."""

from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incentives_portal.cases.forms import CommentForm
from incentives_portal.cases.views import post_comment

from ..models import Plan
from ..page import PlanPage
from .fetching import plan_or_404


@require_safe
def plan_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the plan with its status, facts, campaigns and activities, proofs and claims, history and verbs."""
    plan = plan_or_404(request, public_id)
    return _page(request, plan, CommentForm(actor=request.user))


def _page(request: HttpRequest, plan: Plan, form: CommentForm, status: int = 200) -> HttpResponse:
    page = PlanPage(plan, request.user)
    page.is_ready = not page.lacks_activities
    context = {"page": page, "plan": plan, "form": form}
    return render(request, "plans/detail.html", context, status=status)


@require_POST
def comment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Add a comment to the plan, at any time."""
    plan = plan_or_404(request, public_id)
    page = partial(_page, request, plan, status=422)
    done, url = _("Your comment is added."), plan.get_absolute_url()
    return post_comment(request, plan, CommentForm, page, done=done, url=url)
