"""Keep the demo's password and accounts from working on a public portal."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from .people import COMPANIES, PASSWORD

_DOMAINS = {company.domain for company in COMPANIES}


class DemoAccountsBackend:
    """Refuse the demo's credentials on a public host; comes before the real authentication backends.

    It signs nobody in and has no users itself. A dump of a demo may be restored anywhere, and the demo's passwords are
    in the README.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        if settings.LOOPBACK_ONLY:
            return
        domain = str(credentials.get("email") or "").strip().lower().rpartition("@")[2]
        if credentials.get("password") == PASSWORD or domain in _DOMAINS:
            raise PermissionDenied


class DemoPasswordValidator:
    """Refuse the demo's password as a user's own password."""

    def validate(self, password: str, user: Any = None) -> None:
        if password == PASSWORD:
            raise ValidationError(_("This is the public password of the demo accounts. Choose a different one."))

    def get_help_text(self) -> str:
        """Return nothing: nobody would choose this password by accident."""
        return ""
