"""Asking for the password of somebody who has signed in already."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm


class OwnPasswordForm(ChangePasswordForm):
    """A new password for the old one. Wrong ones count like wrong ones at the door: a stolen session must not guess on (A-01)."""

    def clean_oldpassword(self) -> Any:
        password = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password
