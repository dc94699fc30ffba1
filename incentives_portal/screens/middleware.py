"""Middleware for every page of the portal."""

import logging
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from incentives_portal.locks import took_too_long, waited_too_long

logger = logging.getLogger(__name__)


class PrivatePagesMiddleware(MiddlewareMixin):
    """Forbid caching of pages for signed-in people, in shared caches and in the browser (fault T-13).

    A view that sets Cache-Control itself is left alone.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


class KnownMethodsMiddleware(MiddlewareMixin):
    """Answer 405 to all methods but GET, HEAD, POST and OPTIONS (fault A-11).

    Django's admin site and views that are functions would answer PUT and DELETE as they answer GET.
    """

    known = ("GET", "HEAD", "POST", "OPTIONS")

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        return None if request.method in self.known else HttpResponseNotAllowed(self.known)


class FormsOnlyMiddleware(MiddlewareMixin):
    """Show an explanation if a POST-only URL is opened as a page, for example from a bookmark."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if not isinstance(response, HttpResponseNotAllowed) or request.method != "GET" or response.content:
            return response
        page = render(request, "405.html", status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page


class BusyMiddleware(MiddlewareMixin):
    """Answer 503 if a lock could not be taken in time and no form could say so: the person can try again.

    A statement that ran too long gets another page, which says to ask for less.
    """

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError):
            return None
        if waited_too_long(exception):
            logger.warning("A lock could not be had in time: %s", exception)
            page = render(request, "503.html", status=503)
        elif took_too_long(exception):
            logger.error("A statement took too long: %s", exception, exc_info=exception)
            page = render(request, "503_slow.html", status=503)
        else:
            return None
        page.headers["Retry-After"] = "5"
        return page
