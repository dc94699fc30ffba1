"""How allauth behaves here: no sign-up by oneself, people are added by an admin; links in its mails never trust the Host header."""

from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse


class AccountAdapter(DefaultAccountAdapter):
    """Closes the public sign-up, and links to the portal's own address."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """People have no user name: the address is the name."""

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link of the reset mail, with the configured address: a forged Host header must not lead anybody astray (A-04)."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.PORTAL_URL + path.replace("UID-KEY", quote(key))
