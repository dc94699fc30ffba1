"""The request at work, for code that is not handed one: services that log, signals, log lines."""

import re
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest
from django.utils.functional import LazyObject, empty

current_request: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)

#: Paths that carry a secret: who reads the link of a reset mail in a log could use it.
_SECRET_IN_PATH = re.compile(r"(/password/reset/key/)[^/\s?]+")


def known_user(request: HttpRequest) -> Any:
    """Return the signed-in user of a request if it was read already, else None. Never queries the database.

    The question may come after an error of the database, where asking again would raise a second one.
    """
    user = vars(request).get("user")
    if isinstance(user, LazyObject) and vars(user).get("_wrapped", empty) is empty:
        return None
    return user if user is not None and user.is_authenticated else None


def mask_secrets(text: str) -> str:
    """Replace the token of a password reset link by a dash, in a path or in any other text."""
    return _SECRET_IN_PATH.sub(r"\1-", text)
