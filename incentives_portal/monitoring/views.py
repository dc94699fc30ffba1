"""The System page of the operator: problems, their remedies, and actions that need no shell."""

from collections.abc import Callable
from datetime import datetime

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import user_passes_test
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incentives_portal.accounts.capabilities import WrongAudience
from incentives_portal.accounts.forms import FindUserForm
from incentives_portal.accounts.models import User
from incentives_portal.accounts.services import NoSecondFactor, remove_second_factor
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.services import NotCheckable, check_again
from incentives_portal.installation.services import last_backup

from . import overview
from .health import current_health

View = Callable[..., HttpResponse]


def capability_required(capability: str) -> Callable[[View], View]:
    """Answer 403 without the capability, before anything is looked up."""

    def check(user: User) -> bool:
        if not user.may(capability):
            raise WrongAudience(_("Only people who manage the portal can open this page."))
        return True

    return user_passes_test(check)


@require_safe
@capability_required("system.read")
def system(request: HttpRequest) -> HttpResponse:
    """Show the state with its causes, queues and workers, waiting files, and figures. Four queries."""
    health = current_health()
    backup = last_backup()
    context = {
        "health": health,
        "figures": overview.shown_figures(health.figures),
        "queues": overview.queue_rows(health.figures),
        "checks": overview.unchecked_files(),
        "versions": overview.versions(),
        "last_backup": datetime.fromisoformat(backup["finished"]) if backup else None,
        "may_manage": request.user.may("system.manage"),
    }
    return render(request, "monitoring/system.html", context)


@capability_required("system.manage")
@require_POST
def check_file_again(request: HttpRequest, public_id: str) -> HttpResponse:
    version = get_object_or_404(DocumentVersion, public_id=public_id, document__removed_at=None)
    try:
        check_again(version, request.user)
    except NotCheckable:
        messages.error(request, _("This file has already been checked."))
    else:
        messages.success(request, _("The file will be checked again."))
    return redirect("monitoring:system")


@require_safe
@capability_required("system.manage")
def find_user(request: HttpRequest) -> HttpResponse:
    """Ask whose second factors to remove, and redirect to the page that asks for confirmation."""
    form = FindUserForm(request.GET if "email" in request.GET else None)
    if form.is_bound and form.is_valid():
        return redirect("monitoring:remove_second_factor", form.user.public_id)
    return render(request, "monitoring/find_user.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@capability_required("system.manage")
@reauthentication_required
def remove_factor(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask for confirmation, then remove all second factors of a user.

    The acting user must sign in again first.
    """
    user = get_object_or_404(User, public_id=public_id)
    if request.method != "POST":
        factors = Authenticator.objects.filter(user_id=user.pk).count()
        context = {"person": user, "factors": factors, "is_self": user.pk == request.user.pk}
        return render(request, "monitoring/remove_second_factor.html", context)
    try:
        remove_second_factor(user, actor=request.user)
    except NoSecondFactor:
        messages.error(request, _("%(name)s has no second step.") % {"name": user.name})
    else:
        sentence = _("The second step of %(name)s was removed. An email about this was sent to %(email)s.")
        messages.success(request, sentence % {"name": user.name, "email": user.email})
    return redirect("monitoring:system")
