"""Configure allauth for the portal.

Nobody signs up alone: an admin adds people. Links in mails use the configured address and never the Host header.
"""

import math
import time
import unicodedata
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.ratelimit import get_cache_key, get_ip, get_rates
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .security_events import describe_login
from .security_log import Action, fingerprint, record
from .services import keep_columns

#: The app and action under which allauth counts wrong passwords in the cache.
_WRONG_PASSWORDS = {"app": "allauth.account", "action": "login_failed"}


class AccountAdapter(DefaultAccountAdapter):
    """Close the public sign-up, link to the configured address, count wrong passwords per person and IP address."""

    #: For the codes of the second step: a new password does not help there.
    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": _(
            "Too many failed sign-in attempts. Wait 15 minutes, then try again. If it still does not work, ask "
            "the operator’s incentives admins."
        )
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link of the reset mail with the configured address, whatever the Host header says (A-04)."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.PORTAL_URL + path.replace("UID-KEY", quote(key))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail about signing in, in the language of its recipient.

        It names the portal as configured and never uses the Host header (A-14).
        """
        reader = context.get("user") or self.request.user
        if template_prefix == "account/email/unknown_account":
            record(Action.PASSWORD_RESET_REQUESTED, request=self.request, unknown=fingerprint(email))
        with translation.override(getattr(reader, "language", None) or translation.get_language()):
            super().send_mail(template_prefix, email, context | self.portal_context())

    def portal_context(self) -> dict[str, Any]:
        """Return what every mail about signing in needs: the portal's name and address, and the sign-in page."""
        site = SimpleNamespace(name=settings.PORTAL_NAME, domain=urlsplit(settings.PORTAL_URL).netloc)
        return {"current_site": site, "login_url": settings.PORTAL_URL + reverse("account_login")}

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Log the request with the account as its target: nobody is signed in yet."""
        record(Action.PASSWORD_RESET_REQUESTED, request=self.request, target=user)
        super().send_password_reset_mail(user, email, context)

    def set_password(self, user: Any, password: str) -> None:
        """Save the password column only; allauth would save the whole row."""
        user.set_password(password)
        keep_columns(user, "password")

    def is_safe_url(self, url: str) -> bool:
        """Return whether to redirect there after sign-in: the own host only, and never from https to http (A-12)."""
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Say how long to wait and what helps; the same text whether the person exists or not (A-03)."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            record(
                Action.RATE_LIMITED,
                request=request,
                limit="login_failed",
                **describe_login(credentials.get("email", "")),
            )
            minutes = _minutes_closed(request, self._get_login_attempts_cache_key(request, **credentials))
            text = ngettext(
                "Too many failed sign-in attempts. Wait %(n)s minute, then try again. If you have forgotten your "
                "password, you can reset it instead of waiting. If you do not get the email, ask the operator’s "
                "incentives admins.",
                "Too many failed sign-in attempts. Wait %(n)s minutes, then try again. If you have forgotten your "
                "password, you can reset it instead of waiting. If you do not get the email, ask the operator’s "
                "incentives admins.",
                minutes,
            )
            raise ValidationError(text % {"n": minutes}, code=error.code) from error

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count wrong passwords per person and IP address: an attacker cannot lock out others (A-02).

        allauth also counts per host name: each name of the portal would allow ten more tries. All spellings of an e-mail
        address that the database treats as equal count together.
        """
        login = unicodedata.normalize("NFKC", credentials.get("email", "")).casefold().strip()
        return f"{login} at {get_ip(request)}"


def _minutes_closed(request: HttpRequest, key: str) -> int:
    """Return the minutes until every limit allows another try, at least one."""
    seconds = [0.0]
    for rate in get_rates(**_WRONG_PASSWORDS):
        tries = cache.get(get_cache_key(request, rate=rate, key=key, **_WRONG_PASSWORDS), [])
        if len(tries) >= rate.amount:
            seconds.append(tries[-1] + rate.duration - time.time())
    return max(1, math.ceil(max(seconds) / 60))
