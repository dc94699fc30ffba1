"""The access log: one JSON line per request, with the id that events, errors and the security log also have.

A middleware writes it and not the web server: only here the user and the request's id are known without a query, and
the lines are the same under every server and in every test.
"""

import json
import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from incentives_portal.accounts.security_log import client_address
from incentives_portal.request_context import known_user, mask_secrets

logger = logging.getLogger("portal.access")

#: Paths of health checks, which are requested every few seconds.
PROBES = {"/livez", "/healthz", "/readyz"}
#: The most characters of a path; the rest is cut.
MAX_PATH = 300


class AccessLogMiddleware:
    """Write a line for every response except those of health checks. Adds no query.

    The time ends when the response is ready; sending it to a slow client is not included.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        response = self.get_response(request)
        if request.path not in PROBES:
            logger.info("%s", _line(request, response, time.monotonic() - began))
        return response


def _line(request: HttpRequest, response: HttpResponse, seconds: float) -> str:
    user = known_user(request)
    entry = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        "method": request.method,
        "path": mask_secrets(request.path)[:MAX_PATH],
        "status": response.status_code,
        "bytes": _length(response),
        "ms": int(seconds * 1000),
        "user": str(user.public_id) if user else None,
        "address": client_address(request),
        "request_id": getattr(request, "request_id", None),
    }
    return json.dumps(entry).replace("\x7f", "\\u007f")


def _length(response: HttpResponse) -> int | None:
    """Return the length of the body in bytes; None if a streaming response does not name it."""
    if not response.streaming:
        return len(response.content)
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None
