"""End sessions after a time, and keep the text of a form that was sent too late.

A sign-in ends after a time without a click, and in any case some hours after it began (A-08). A form that is sent too
late is kept for the same person, who signs in again and decides whether to send it.
"""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

#: Session keys, in seconds since the epoch by the system clock: PORTAL_CLOCK moves what people see, not how long they were idle.
BEGAN, SEEN = "signed_in_at", "seen_at"
#: Session key before signing in again: the form that was sent after the end.
KEPT = "typed_too_late"
#: Seconds between two writes of the last click.
SEEN_EVERY = 60
#: Characters of a form that is kept.
KEPT_AT_MOST = 200_000


@receiver(user_logged_in)
def begin(request: HttpRequest, **kwargs: Any) -> None:
    request.session[BEGAN] = request.session[SEEN] = time.time()


def has_ended(request: HttpRequest) -> bool:
    """Return whether the person was idle, or signed in, for too long; record the click."""
    session, now = request.session, time.time()
    if BEGAN not in session:
        begin(request)  # the session is older than the limits
    idle, age = now - session[SEEN], now - session[BEGAN]
    if idle >= settings.SESSION_IDLE_MINUTES * 60 or age >= settings.SESSION_HOURS * 3600:
        return True
    if idle >= SEEN_EVERY:
        session[SEEN] = now
    return False


def keep_typed(request: HttpRequest, user_id: int) -> bool:
    """Keep a form for its author, without passwords and files; return False if there is nothing to keep."""
    fields = [
        [name, value]
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and "password" not in name
        for value in values
    ]
    if not fields or sum(len(value) for _name, value in fields) > KEPT_AT_MOST:
        return False
    request.session[KEPT] = {
        "user": user_id,
        "path": request.get_full_path(),
        "fields": fields,
        "files": bool(request.FILES),
    }
    return True


def kept_for(request: HttpRequest) -> dict[str, Any] | None:
    """Return the form that this person sent too late; drop one of somebody else."""
    kept: dict[str, Any] | None = request.session.get(KEPT)
    if kept and kept["user"] != request.user.pk:
        forget_typed(request)
        return None
    return kept


def forget_typed(request: HttpRequest) -> None:
    """Drop the kept form: it was sent after all, or belongs to somebody else."""
    request.session.pop(KEPT, None)
