"""The portal's addresses with error pages of one word, as thousands of refusals need not be drawn, and one that nobody thought about."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from incentives_portal.urls import urlpatterns as portal


def forgotten(request: HttpRequest) -> HttpResponse:
    """A view whose author said nothing about who may."""
    return HttpResponse("everything about everybody")


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("forbidden", status=403)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("hidden", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refused for the want of a token, and not for another reason."""
    return HttpResponse("no token", status=403)


urlpatterns = [*portal, path("forgotten/", forgotten, name="forgotten")]
