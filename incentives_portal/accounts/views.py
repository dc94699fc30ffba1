from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views import csrf
from django.views.decorators.http import require_http_methods, require_POST
from django.views.defaults import permission_denied

from . import sessions
from .capabilities import Role, Scope, WrongAudience, grants, holders
from .forms import ProfileForm
from .models import User
from .services import choose_language, keep_columns


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """My profile: name, language, time zone."""
    # A separate instance: an invalid name must not appear in the header of the page.
    user = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=user)
    if not form.is_valid():
        return render(request, "accounts/profile.html", {"form": form}, status=422 if form.is_bound else 200)
    keep_columns(form.save(commit=False), *form.changed_data)
    with translation.override(user.language):
        messages.success(request, _("Your profile was saved."))
    return redirect("accounts:profile")


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Set the user's language for the portal and mails, and stay on the page."""
    language = request.POST.get("language", "")
    if language in dict(ProfileForm.base_fields["language"].choices):
        choose_language(request.user, language)
    return back(request, "home")


def back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Return to the page of the button, which the form names, if it belongs to the portal."""
    target = request.POST.get("next", "")
    return redirect(target if get_adapter().is_safe_url(target) else otherwise)


def email_address(request: HttpRequest) -> HttpResponse:
    """Return 404: an admin corrects addresses, because an address identifies its user."""
    raise Http404


def resume(request: HttpRequest) -> HttpResponse:
    """Show the form that was sent after the session ended; it is sent only when the person confirms (A-08)."""
    kept = sessions.kept_for(request)
    if kept is None:
        return redirect("home")
    sentences = [value for _name, value in kept["fields"] if " " in value.strip()]
    return render(request, "accounts/resume.html", {"kept": kept, "sentences": sentences})


def no_role(request: HttpRequest, status: int = 200) -> HttpResponse:
    """Tell a user without a role who can give one: the operator's incentives admins (docs/domain.md, "Role scope").

    Partners have no page for it.
    """
    admins = holders([Role.OPERATOR_INCENTIVES_ADMIN], Scope(request.user.organisation_id))
    return render(request, "accounts/no_role.html", {"admins": admins}, status=status)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show the 403 page; a user without any role sees whom to ask instead."""
    if request.user.is_authenticated and not grants(request.user):
        return no_role(request, status=403)
    if isinstance(exception, WrongAudience):
        return render(request, "accounts/no_part.html", {"about": str(exception)}, status=403)
    return permission_denied(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show Django's page for a missing CSRF token, and keep the reason for the security log."""
    request.csrf_failure = reason  # type: ignore[attr-defined]
    return csrf.csrf_failure(request, reason)
