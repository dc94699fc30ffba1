"""What holds for every page of the portal, whoever wrote its view."""

import logging
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from incentives_portal.locks import took_too_long, waited_too_long

logger = logging.getLogger(__name__)


class PrivatePagesMiddleware(MiddlewareMixin):
    """Answers to signed-in people are kept by nobody: no shared cache, and no browser after signing out (fault T-13).

    A view that says something else about caching keeps its word.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


class KnownMethodsMiddleware(MiddlewareMixin):
    """Pages are read and posted to: to anything else an address says that it does not know it (fault A-11).

    Django's admin site and views that are functions would answer PUT and DELETE as they answer GET.
    """

    known = ("GET", "HEAD", "POST", "OPTIONS")

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        return None if request.method in self.known else HttpResponseNotAllowed(self.known)


class FormsOnlyMiddleware(MiddlewareMixin):
    """Says in words that an address takes forms only to who opens it as a page: from a bookmark, or by the browser's memory."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if not isinstance(response, HttpResponseNotAllowed) or request.method != "GET" or response.content:
            return response
        page = render(request, "405.html", status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page


class BusyMiddleware(MiddlewareMixin):
    """Whoever waited too long for what somebody else holds, where no form could say so, is told to go back and send it again.

    Whoever asked for what takes too long to find is told to ask for less.
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
