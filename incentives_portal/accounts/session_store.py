"""Where sessions are kept, and what is said once on the next page."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from incentives_portal.prepared_statements import PreparedQuery


class SessionStore(db.SessionStore):
    """A session of the table ``django_session``: Django's own engine, whose question of every request is prepared."""

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and its key forgotten, when it is over or was never there."""
        key = self.session_key or ""
        # A cookie may hold anything, a NUL too, of which the database wants to hear nothing (fault X-08).
        found = _live().first(key=key, now=timezone.now()) if key.isascii() and key.isalnum() else None
        if found is None:
            self._session_key = None
            return {}
        return self.decode(found[0])


@cache
def _live() -> PreparedQuery[Any]:
    return PreparedQuery(
        lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now).values_list("session_data"),
        key="key",
        now=datetime.min.replace(tzinfo=UTC),
    )


def message_cookie_name(https: bool) -> str:
    """With https as the other cookies: the browser takes it from this very host only (A-09)."""
    return "__Host-messages" if https else "portal-messages"


class _MessageCookie(CookieStorage):
    cookie_name = message_cookie_name(settings.HTTPS)


class FlashStorage(FallbackStorage):
    """Messages in a cookie with the same flags and prefix as the others; what is too long for that in the session."""

    storage_classes = (_MessageCookie, SessionStorage)
