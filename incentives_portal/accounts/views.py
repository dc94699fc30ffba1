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
from .address_links import request_of, waiting_address
from .capabilities import Role, Scope, WrongAudience, grants, holders
from .forms import OwnAddressForm, ProfileForm
from .models import User
from .second_factor import second_factor_again
from .services import (
    RequestRefused,
    ask_for_own_address,
    choose_language,
    confirm_change,
    keep_columns,
    withdraw_change,
)


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


@require_http_methods(["GET", "HEAD", "POST"])
@second_factor_again
def own_address(request: HttpRequest) -> HttpResponse:
    """Ask for another sign-in address of one's own; show and withdraw what was asked for."""
    person = User.objects.get(pk=request.user.pk)
    if request.method == "POST" and "withdraw" in request.POST:
        _withdraw_address(person)
        return redirect("accounts:address")
    form = OwnAddressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            ask_for_own_address(person, form.cleaned_data["email"])
        except RequestRefused as error:
            form.add_error("email", str(error))
        else:
            text = _("Nothing has changed yet. Open the link in the email that was sent to %(email)s.")
            messages.success(request, text % {"email": person.email})
            return redirect("accounts:profile")
    context = {"form": form, "waiting": waiting_address(person)}
    return render(request, "accounts/address.html", context, status=422 if form.is_bound else 200)


def _withdraw_address(person: User) -> None:
    waiting = waiting_address(person)
    if waiting is not None:
        withdraw_change(waiting, actor=person)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm the new address after the link of the mail to the old one was opened. The person is signed out."""
    change = request_of(token, request.user)
    if change is None:
        return render(request, "accounts/address_link.html", {"change": None}, status=404)
    if request.method != "POST":
        return render(request, "accounts/address_link.html", {"change": change})
    try:
        confirm_change(change, actor=request.user, from_old_address=True)
    except RequestRefused as error:
        messages.error(request, str(error))
        return redirect("accounts:address")
    messages.success(request, _("Your sign-in address was changed. Sign in with the new one."))
    return redirect("account_login")


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
    """Return 404 for allauth's page: the portal has its own, which needs a link to the old address or a second person."""
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
