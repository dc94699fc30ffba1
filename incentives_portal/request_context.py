"""The current request, for code that does not get it as an argument: services that log, signals, log lines."""

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import LazyObject, empty

#: The id of the current request or task, to find events, log lines and mails of one action together.
request_id: ContextVar[str] = ContextVar("request_id", default="")
current_request: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)

#: Paths with a secret: a reset link, or one that confirms an address, could be used by the reader of a log.
_SECRET_IN_PATH = re.compile(r"(/password/reset/key/|/profile/email/confirm/)[^/\s?]+")


def known_user(request: HttpRequest) -> Any:
    """Return the signed-in user of a request if it has been loaded, else None. Never queries the database.

    It may run after a database error, where a query would raise a second one.
    """
    user = vars(request).get("user")
    if isinstance(user, LazyObject) and vars(user).get("_wrapped", empty) is empty:
        return None
    return user if user is not None and user.is_authenticated else None


def mask_secrets(text: str) -> str:
    """Replace the token of such a link by a dash, in a path or any other text."""
    return _SECRET_IN_PATH.sub(r"\1-", text)


class RequestIdMiddleware:
    """Set the id for the duration of the request and return it as X-Request-ID, so that a person can quote it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        id_token, request_token = request_id.set(str(uuid.uuid4())), current_request.set(request)
        request.request_id = request_id.get()  # type: ignore[attr-defined]  # for what is logged after the answer
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            return response
        finally:
            request_id.reset(id_token)
            current_request.reset(request_token)
