"""The password and the people of the demo open nothing where strangers can come by, however they came into the database."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from .people import COMPANIES, PASSWORD

_DOMAINS = {company.domain for company in COMPANIES}


class DemoAccountsBackend:
    """Stand before the backends that sign people in, and stop what is known to everybody. It signs nobody in and has no users itself.

    A dump of a demo, or of a portal that began as one, may be restored anywhere; its passwords stand in the README.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Raise PermissionDenied on a public host for the demo's password and for accounts of the demo's companies."""
        if settings.LOOPBACK_ONLY:
            return
        domain = str(credentials.get("email") or "").strip().lower().rpartition("@")[2]
        if credentials.get("password") == PASSWORD or domain in _DOMAINS:
            raise PermissionDenied


class DemoPasswordValidator:
    """Refuse the demo's password as anybody's own."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for it."""
        if password == PASSWORD:
            raise ValidationError(_("This is the public password of the demo accounts. Choose a different one."))

    def get_help_text(self) -> str:
        """Say nothing: nobody would think of it."""
        return ""
