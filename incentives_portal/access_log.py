"""The access log: one JSON line per request, with the id that events, errors and the security log carry.

Written by a middleware and not by the web server: only here are the user and the request's id known without asking anybody, and the lines
are the same under every server and in every test. What a proxy or a web server logs besides stays theirs.
"""

import json
import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from incentives_portal.accounts.security_log import client_address
from incentives_portal.request_context import known_user, mask_secrets

logger = logging.getLogger("portal.access")

#: Asked every few seconds by machines.
PROBES = {"/livez", "/healthz", "/readyz"}
#: Characters of a path; more is cut.
MAX_PATH = 300


class AccessLogMiddleware:
    """Write a line for every answer but those of the probes. Adds no query.

    The time is that until the answer is ready; the time in which a slow visitor takes it is the proxy's.
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
    """Return the bytes of the body; None where they are not known before they were sent."""
    if not response.streaming:
        return len(response.content)
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None
