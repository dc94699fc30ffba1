"""Forms of the System page."""

from django import forms
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import User


class FindUserForm(forms.Form):
    """Find a user by address."""

    email = forms.EmailField(
        label=_("Email of the person"),
        help_text=_("Make sure in another way, for example by telephone, who is asking."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        self.user = User.objects.filter(email__iexact=email).first()
        if self.user is None:
            raise forms.ValidationError(_("Nobody has this address."))
        return email
