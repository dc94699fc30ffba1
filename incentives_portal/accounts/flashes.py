"""What is said once on the next page: in a cookie with the same flags and prefix as the others (A-09)."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


def cookie_name(https: bool) -> str:
    """With https as the other cookies: the browser takes it from this very host only."""
    return "__Host-messages" if https else "portal-messages"


class _Cookie(CookieStorage):
    cookie_name = cookie_name(settings.HTTPS)


class Flashes(FallbackStorage):
    """In the cookie; what is too long for that in the session."""

    storage_classes = (_Cookie, SessionStorage)
