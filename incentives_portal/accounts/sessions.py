"""When a session ends by itself, and what becomes of the words that somebody typed meanwhile.

A sign-in ends after a time without a click and, whatever happens, some hours after it began (A-08). A form that was open all the while is
not lost: what is sent too late is kept for the same person, who signs in again and decides whether to send it.
"""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

#: In the session, in seconds since the epoch of the machine's own clock: PORTAL_CLOCK moves what people see, not how long they were away.
BEGAN, SEEN = "signed_in_at", "seen_at"
#: In the session of nobody yet: what was sent after the end.
KEPT = "typed_too_late"
#: Every click is remembered, but not written each time.
SEEN_EVERY = 60
#: Characters; more is not kept.
KEPT_AT_MOST = 200_000


@receiver(user_logged_in)
def begin(request: HttpRequest, **kwargs: Any) -> None:
    """Signal: somebody signed in."""
    request.session[BEGAN] = request.session[SEEN] = time.time()


def has_ended(request: HttpRequest) -> bool:
    """Whether the person was away, or signed in, for too long; remembers that the person is here."""
    session, now = request.session, time.time()
    if BEGAN not in session:
        begin(request)  # from before there were limits
    idle, age = now - session[SEEN], now - session[BEGAN]
    if idle >= settings.SESSION_IDLE_MINUTES * 60 or age >= settings.SESSION_HOURS * 3600:
        return True
    if idle >= SEEN_EVERY:
        session[SEEN] = now
    return False


def keep_typed(request: HttpRequest, user_id: int) -> bool:
    """Keep a form for its person; False if there is nothing to be kept. Passwords and files are not."""
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
    """What this person had sent too late. What somebody else left behind goes."""
    kept: dict[str, Any] | None = request.session.get(KEPT)
    if kept and kept["user"] != request.user.pk:
        forget_typed(request)
        return None
    return kept


def forget_typed(request: HttpRequest) -> None:
    """It was sent after all, or is not this person's."""
    request.session.pop(KEPT, None)
