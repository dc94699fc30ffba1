"""What a visitor is told while the file store does not answer."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from .storage import StoreAway

logger = logging.getLogger(__name__)


class StoreAwayMiddleware(MiddlewareMixin):
    """Answers with a page that says so, and when to try again, instead of an error."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, StoreAway):
            return None
        logger.error("The file store does not answer: %s", exception)
        page = render(request, "file_store/store_away.html", status=503)
        page.headers["Retry-After"] = "10"
        return page
