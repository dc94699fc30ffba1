"""The second step of signing in: an authenticator app, passkeys, recovery codes (allauth.mfa), and who cannot do without."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import segno
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
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
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incentives_portal.screens.fields import Decoder

from . import encryption
from .security_log import Action, record

if TYPE_CHECKING:
    from .models import User

#: In the session: the person who proved a second factor in it.
PROVED = "second_factor_of"


def must_prove(user: "User") -> bool:
    """Whether the person signs in with two factors or not at all: the operator's people, if the setting says so."""
    return bool(settings.REQUIRE_MFA_FOR_STAFF and user.is_operator)


def has_proved(request: HttpRequest) -> bool:
    """Whether a second factor was used, or set up, in this session. No query."""
    return bool(request.session.get(PROVED) == request.user.pk)


@receiver([signals.authenticator_used, signals.authenticator_added])
def remember_proof(request: HttpRequest, user: "User", **kwargs: Any) -> None:
    """Signal: a factor was used or added."""
    request.session[PROVED] = user.pk


@receiver(signals.authenticator_removed)
def forget_proof(request: HttpRequest, user: "User", **kwargs: Any) -> None:
    """Signal: a factor was removed. Whoever removed the last one has to set up another."""
    if not is_mfa_enabled(user):
        request.session.pop(PROVED, None)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Names the portal as configured, keeps secrets encrypted, and draws the code to be scanned without inline styles."""

    def _get_site_name(self) -> str:
        return str(settings.PORTAL_NAME)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Passkeys belong to the configured host: a forged Host header must not make one for another."""
        return {"id": urlsplit(settings.PORTAL_URL).hostname or "", "name": settings.PORTAL_NAME}

    def build_totp_svg(self, url: str) -> str:
        return segno.make(url, error="m").svg_inline(
            scale=4, border=2, svgclass="qr", lineclass=None, dark="#000", light="#fff"
        )

    def encrypt(self, text: str) -> str:
        """Secrets of apps and recovery codes are read with the database *and* SECRET_KEY, not with a backup alone."""
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """Passkeys are numbered until their owner gives them a name."""
        from allauth.mfa.models import Authenticator

        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}


@contextmanager
def _rate_limits_logged(user: "User | None") -> Iterator[None]:
    """Log a refusal of allauth's that says "too many tries"."""
    try:
        yield
    except forms.ValidationError as refused:
        if refused.code in ("too_many_login_attempts", "rate_limited"):
            record(Action.RATE_LIMITED, user=user, limit="second_step")
        raise


class _Code(forms.Form):
    """A form with a code, with our words."""

    code_label = _("Code from your app, or a recovery code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = self.code_label
        self.fields["code"].widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric"}

    def clean_code(self) -> str:
        """Log who guessed too often."""
        with _rate_limits_logged(self.user):  # type: ignore[attr-defined]
            return str(super().clean_code())  # type: ignore[misc]


class _CheckedCode(_Code):
    """A code that is compared with what the database holds encrypted."""

    def clean_code(self) -> str:
        """Let one secret that cannot be read any more not stand in the way of another one that can."""
        try:
            return super().clean_code()
        except encryption.UnreadableSecret as unreadable:
            record(Action.FACTOR_UNREADABLE, user=self.user)  # type: ignore[attr-defined]
            if self._matches_what_is_readable():
                return str(self.cleaned_data["code"])
            raise forms.ValidationError(
                _(
                    "This code could not be checked because the portal can no longer read part of your second step. Try "
                    "a recovery code or a passkey, or ask the operator to remove your second step and then set it up "
                    "again."
                ),
                code="unreadable",
            ) from unreadable

    def _matches_what_is_readable(self) -> bool:
        from allauth.mfa.models import Authenticator

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
    """Once more before something that matters."""


class ActivateAppForm(_Code, ActivateTOTPForm):
    """The first code of an app proves that it was set up."""

    code_label = _("Code currently shown in the app")


class _CredentialIsRead(forms.Form):
    """What the browser says of a passkey, whatever stands there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"].decoder = Decoder


class _CheckedCredential(_CredentialIsRead):
    """A passkey that is compared with those of a user."""

    def clean_credential(self) -> Any:
        """Log what was refused: allauth sends no signal of it."""
        with _rate_limits_logged(self.user):  # type: ignore[attr-defined]
            try:
                return super().clean_credential()  # type: ignore[misc]
            except KeyError as error:  # what is no answer of a browser
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
    """A passkey once more, before something important."""


class AddPasskeyForm(_CredentialIsRead, AddWebAuthnForm):
    """A passkey of this device, or a key as a second step only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the device")
        passwordless = self.fields["passwordless"]
        passwordless.label = _("Use it to sign in instead of the password")
        passwordless.help_text = _("The device then asks for your fingerprint, face, or PIN.")
        passwordless.initial = True


class RenamePasskeyForm(EditWebAuthnForm):
    """Another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the device")
        self.fields["name"].max_length = 60
