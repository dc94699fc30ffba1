"""Middleware for language and time zone, the end of sessions, and the operator's second factor."""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incentives_portal.request_context import known_user, mask_secrets

from . import sessions
from .encryption import UnreadableSecret
from .second_factor import has_proved, must_prove
from .security_log import Action, record

#: Pages that stay open before a second factor is set up, in addition to the pages that set it up.
MEANWHILE = {"account_logout", "account_reauthenticate", "accounts:language", "accounts:no_role"}


#: Pages that show recovery codes; viewing them is logged.
SHOWING_CODES = {"mfa_view_recovery_codes", "mfa_download_recovery_codes"}


class SecurityLogMiddleware(MiddlewareMixin):
    """Log responses that deny a request, whichever view or middleware returned them. Adds no query."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        match = request.resolver_match
        where = {
            "method": request.method,
            "path": mask_secrets(request.path),
            "view": match.view_name if match else None,
        }
        if response.status_code == 403:
            reason = getattr(request, "csrf_failure", None)
            if reason is None:
                record(Action.REFUSED, request=request, **where)
            else:
                record(Action.CSRF_FAILED, request=request, reason=reason, **where)
        elif response.status_code == 429:
            record(Action.RATE_LIMITED, request=request, **where)
        elif response.status_code == 404 and match and known_user(request) is not None:
            # Nobody guesses such an id: it belongs to another company, or the link is wrong. A query to tell which would
            # take longer for an id that exists.
            ids = [str(value) for value in match.kwargs.values() if isinstance(value, uuid.UUID)]
            if ids:
                record(Action.OBJECT_NOT_FOUND, request=request, objects=ids, **where)
        elif response.status_code == 200 and match and match.view_name in SHOWING_CODES:
            record(Action.RECOVERY_CODES_VIEWED, request=request, view=match.view_name)
        return response


class PersonalPreferencesMiddleware:
    """Answer signed-in people in the language and the time zone of their profile; adds no query of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(request.user.time_zone), translation.override(request.user.language):
            request.LANGUAGE_CODE = request.user.language
            return self.get_response(request)


class SessionLimitsMiddleware(MiddlewareMixin):
    """End sessions that are too old or were idle too long, before any other middleware uses them."""

    def process_request(self, request: HttpRequest) -> None:
        request.ended_for = None  # type: ignore[attr-defined]
        if request.user.is_authenticated and sessions.has_ended(request):
            request.ended_for = request.user.pk  # type: ignore[attr-defined]
            with translation.override(request.user.language):
                logout(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Keep what was typed, after the CSRF check: nothing that another site sends is kept."""
        if request.method == "POST" and request.user.is_authenticated:
            kept = sessions.kept_for(request)
            if kept and kept["path"] == request.get_full_path():
                sessions.forget_typed(request)
        if request.ended_for is None or not getattr(view, "login_required", True):  # type: ignore[attr-defined]
            return None
        minutes = settings.SESSION_IDLE_MINUTES
        ended = ngettext(
            "You were signed out after %(n)s minute of inactivity.",
            "You were signed out after %(n)s minutes of inactivity.",
            minutes,
        ) % {"n": minutes}
        if request.method != "POST" or not sessions.keep_typed(request, request.ended_for):  # type: ignore[attr-defined]
            messages.info(request, ended)
            return None
        messages.info(request, ended + " " + _("What you typed was kept. Sign in to continue."))
        return redirect_to_login(reverse("accounts:resume"))


class SignInFirstMiddleware(LoginRequiredMiddleware):
    """Send people who are not signed in to the sign-in page, and back to their page afterwards.

    Somebody who posts a form after signing out in another tab returns to the page of the form, because the address of the
    form may not answer GET. The typed text is not stored, because its author is unknown; the browser still has it.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., HttpResponse]) -> HttpResponseBase:
        page = urlsplit(request.META.get("HTTP_REFERER", ""))
        if request.method != "POST" or page.netloc != request.get_host() or not page.path.startswith("/"):
            return super().handle_no_permission(request, view_func)
        messages.warning(
            request,
            _("You were signed out, and what you sent was not saved. Go back and copy it before you sign in."),
        )
        return redirect_to_login(
            f"/{page.path.lstrip('/')}", self.get_login_url(view_func), self.get_redirect_field_name(view_func)
        )


class SecondFactorMiddleware(MiddlewareMixin):
    """Send the operator's people to set up a second factor first, if the setting requires one."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        user = request.user
        if not user.is_authenticated or not must_prove(user) or has_proved(request):
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not getattr(view, "login_required", True) or name in MEANWHILE or name.startswith("mfa_"):
            return None
        if is_mfa_enabled(user):
            # The session started before the factor was set up in another session, so this one has not proved it.
            logout(request)
            messages.info(request, _("Sign in again using your second step."))
            return redirect_to_login(request.get_full_path())
        messages.info(request, _("Operator users sign in with two steps. Set up your second step first."))
        return redirect("mfa_index")

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Show a page with help when a secret of the second step cannot be decrypted.

        That happens when SECRET_KEY was changed without naming the earlier key.
        """
        if not isinstance(exception, UnreadableSecret):
            return None
        record(Action.FACTOR_UNREADABLE, request=request)
        return render(request, "mfa/unreadable.html", status=409)
