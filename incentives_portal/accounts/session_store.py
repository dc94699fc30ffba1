"""Storage of sessions and of the messages shown once on the next page."""

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
    """Django's database sessions, with a prepared query for every request."""

    def load(self) -> dict[str, Any]:
        """Return the session's data; empty, and without its key, if it has expired or never existed."""
        key = self.session_key or ""
        # A cookie may contain anything; PostgreSQL rejects a NUL character (fault X-08).
        row = _live().first(key=key, now=timezone.now()) if key.isalnum() else None
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])


@cache
def _live() -> PreparedQuery[Any]:
    return PreparedQuery(
        lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now).values_list("session_data"),
        key="key",
        now=datetime.min.replace(tzinfo=UTC),
    )


def message_cookie_name(https: bool) -> str:
    """Return the cookie's name; with https its prefix binds it to this host (A-09)."""
    return "__Host-messages" if https else "portal-messages"


class _MessageCookie(CookieStorage):
    cookie_name = message_cookie_name(settings.HTTPS)


class FlashStorage(FallbackStorage):
    """Keep messages in a cookie with the flags and prefix of the others; longer ones in the session."""

    storage_classes = (_MessageCookie, SessionStorage)
