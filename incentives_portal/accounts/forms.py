from typing import Any
from zoneinfo import available_timezones

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from incentives_portal.typed_text import canonical_email

from .models import User


def time_zone_choices() -> list[tuple[str, str]]:
    """Return the time zones that are named after a place (``Europe/Berlin``), without abbreviations."""
    zones = sorted(
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/"))
    )
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in zones)]


class ProfileForm(forms.ModelForm):
    """The settings that people change themselves."""

    class Meta:
        model = User
        fields = ["name", "language", "time_zone"]

    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("Used for pages and for emails to you."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zone_choices,
        help_text=_("Times are shown in this time zone; deadlines are shown in the program’s time zone."),
    )


class OwnPasswordForm(ChangePasswordForm):
    """Change the password. Wrong current passwords count like failed sign-ins, so that a stolen session cannot guess (A-01)."""

    def clean_oldpassword(self) -> Any:
        password = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class FindUserForm(forms.Form):
    email = forms.EmailField(
        label=_("Person’s email"),
        help_text=_("Confirm the identity of the person asking in another way, for example by phone."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        self.user = User.objects.filter(email__iexact=email).first()
        if self.user is None:
            raise forms.ValidationError(_("No user has this address."))
        return email


class OwnAddressForm(forms.Form):
    """Another sign-in address of one's own."""

    email = forms.EmailField(
        label=_("New email address"),
        max_length=254,
        help_text=_("You confirm it with a link that is sent to your present address."),
    )

    def clean_email(self) -> str:
        email = canonical_email(self.cleaned_data["email"]).lower()
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("Someone already has this email address."))
        return email
