"""The second step of signing in (allauth.mfa): authenticator app, passkeys, recovery codes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

import segno
from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incentives_portal.screens.fields import Decoder

from . import encryption
from .capabilities import Role, grants
from .models import User
from .security_log import Action, record
from .sessions import keep_typed

#: Roles of partners that write money or give roles.
_ADMINS = (Role.PARTNER_INCENTIVES_ADMIN, Role.PARTNER_GLOBAL_ADMIN, Role.PARTNER_ACCOUNT_ADMIN)

#: Session key: the id of the person who used a second factor in this session.
PROVED = "second_factor_of"


def must_prove(user: User) -> bool:
    """Return whether the person must use a second factor.

    The operator's people, and the admins of partners, each if a setting says so. No query beyond the person's roles.
    """
    if user.is_operator:
        return bool(settings.REQUIRE_MFA_FOR_STAFF)
    return bool(settings.REQUIRE_MFA_FOR_PARTNER_ADMINS) and any(grant.role in _ADMINS for grant in grants(user))


def has_proved(request: HttpRequest) -> bool:
    """Return whether a second factor was used or set up in this session. No query."""
    return bool(request.session.get(PROVED) == request.user.pk)


def proved_recently(request: HttpRequest) -> bool:
    """Return whether a second factor was used in this session within the time after which allauth asks again."""
    since = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, request.user)
    return any(each.get("method") == "mfa" and each.get("at", 0) > since for each in records)


def must_prove_again(request: HttpRequest) -> bool:
    """Return whether to ask for the second factor before a sensitive action: only people who have one, or have to."""
    has_factor = must_prove(request.user) or is_mfa_enabled(request.user)
    return has_factor and not proved_recently(request)


def ask_again(next_page: str) -> HttpResponse:
    """Return the way to where the second factor is asked for, and to a page afterwards."""
    return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': next_page})}")


def second_factor_again(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ask for the second factor when a form is sent, where the person has one. The form is stored and sent afterwards."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST" or not must_prove_again(request):
            return view(request, *args, **kwargs)
        is_kept = keep_typed(request, request.user.pk)
        return ask_again(reverse("accounts:resume") if is_kept else request.get_full_path())

    return asked


@receiver([signals.authenticator_used, signals.authenticator_added])
def remember_proof(request: HttpRequest, user: User, **kwargs: Any) -> None:
    request.session[PROVED] = user.pk


@receiver(signals.authenticator_removed)
def forget_proof(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Signal: a factor was removed. After the last one the person has to set up another."""
    if not is_mfa_enabled(user):
        request.session.pop(PROVED, None)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Use the configured names, encrypt secrets, and draw the QR code without inline styles."""

    def _get_site_name(self) -> str:
        return str(settings.PORTAL_NAME)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind passkeys to the configured host: a forged Host header must not create one for another host."""
        return {"id": urlsplit(settings.PORTAL_URL).hostname or "", "name": settings.PORTAL_NAME}

    def build_totp_svg(self, url: str) -> str:
        return segno.make(url, error="m").svg_inline(
            scale=4, border=2, svgclass="qr", lineclass=None, dark="#000", light="#fff"
        )

    # Secrets are encrypted, so that a backup without SECRET_KEY does not reveal them.
    encrypt = staticmethod(encryption.encrypt)
    decrypt = staticmethod(encryption.decrypt)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """Number passkeys until their owner names them."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}


@contextmanager
def _rate_limits_logged(user: User | None) -> Iterator[None]:
    """Log when allauth rejects a form because of too many tries."""
    try:
        yield
    except forms.ValidationError as refused:
        if refused.code in ("too_many_login_attempts", "rate_limited"):
            record(Action.RATE_LIMITED, user=user, limit="second_step")
        raise


_CODE_BOX = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"})


class _Code(forms.Form):
    """A form with a code, with the portal's label."""

    def clean_code(self) -> str:
        with _rate_limits_logged(self.user):  # type: ignore[attr-defined]
            return str(super().clean_code())  # type: ignore[misc]


class _CheckedCode(_Code):
    """A code that is checked against an encrypted secret."""

    code = forms.CharField(label=_("Code from your app, or a recovery code"), widget=_CODE_BOX)

    def clean_code(self) -> str:
        """Check the code against the secrets that can be decrypted, even if another one cannot be."""
        try:
            return super().clean_code()
        except encryption.UnreadableSecret as unreadable:
            record(Action.FACTOR_UNREADABLE, user=self.user)  # type: ignore[attr-defined]
            if self._matches_readable_secret():
                return str(self.cleaned_data["code"])
            raise forms.ValidationError(
                _(
                    "This code could not be checked because the portal can no longer read part of your second step. Try "
                    "a recovery code or a passkey, or ask the operator to remove your second step and then set it up "
                    "again."
                ),
                code="unreadable",
            ) from unreadable

    def _matches_readable_secret(self) -> bool:
        codes = Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN)  # type: ignore[attr-defined]
        for authenticator in codes:
            with suppress(encryption.UnreadableSecret):
                if authenticator.wrap().validate_code(self.cleaned_data["code"]):
                    authenticator.user = self.user  # type: ignore[attr-defined]
                    self.authenticator = authenticator
                    return True
        return False


class SignInCodeForm(_CheckedCode, AuthenticateForm):
    """The second step of signing in."""


class ConfirmCodeForm(_CheckedCode, ReauthenticateForm):
    """Confirm a code before a sensitive action."""


class ActivateAppForm(_Code, ActivateTOTPForm):
    """The first code of an app proves that it was set up."""

    code = forms.CharField(label=_("Code currently shown in the app"), widget=_CODE_BOX)


class _CredentialForm(forms.Form):
    """Decode the browser's answer about a passkey so that any malformed input is a form error."""

    credential = forms.JSONField(widget=forms.HiddenInput, decoder=Decoder)


class _CheckedCredential(_CredentialForm):
    """A passkey that is checked against those of a user."""

    def clean_credential(self) -> Any:
        """Log a rejected passkey: allauth sends no signal for it."""
        with _rate_limits_logged(self.user):  # type: ignore[attr-defined]
            try:
                return super().clean_credential()  # type: ignore[misc]
            except KeyError as error:  # not an answer of a browser
                record(Action.FACTOR_FAILED, user=self.user, factor="webauthn")  # type: ignore[attr-defined]
                raise get_adapter().validation_error("incorrect_code") from error
            except forms.ValidationError as refused:
                if refused.code == "incorrect_code":
                    record(Action.FACTOR_FAILED, user=self.user, factor="webauthn")  # type: ignore[attr-defined]
                raise


class SignInPasskeyForm(_CheckedCredential, LoginWebAuthnForm):
    """A passkey instead of the password."""


class SecondStepPasskeyForm(_CheckedCredential, AuthenticateWebAuthnForm):
    """A passkey after the password."""


class ConfirmPasskeyForm(_CheckedCredential, ReauthenticateWebAuthnForm):
    """Confirm a passkey before a sensitive action."""


class AddPasskeyForm(_CredentialForm, AddWebAuthnForm):
    """Add a passkey for signing in, or a key as a second step only."""

    name = forms.CharField(label=_("Name of the device"), required=False)
    passwordless = forms.BooleanField(
        label=_("Use it to sign in instead of the password"),
        help_text=_("The device then asks for your fingerprint, face, or PIN."),
        initial=True,
        required=False,
    )


class RenamePasskeyForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Name of the device"), max_length=60)
