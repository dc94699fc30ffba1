"""Gives every request an id, which events, log lines and answers carry."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from incentives_portal.request_context import current_request

from .context import request_id


class RequestIdMiddleware:
    """Sets the id for the time of the request and says it in the answer, so that a person can quote it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token, at_work = request_id.set(str(uuid.uuid4())), current_request.set(request)
        request.request_id = request_id.get()  # type: ignore[attr-defined]  # for what is logged after the answer
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            return response
        finally:
            request_id.reset(token)
            current_request.reset(at_work)
