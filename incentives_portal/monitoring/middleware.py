"""Answers the probes before anything that a load balancer cannot give: a host name, a session, a user."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from . import probes

PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/livez": probes.livez,
    "/healthz": probes.healthz,
    "/readyz": probes.healthz,
    "/metrics": probes.metrics,
}


class ProbeMiddleware:
    """Answers by any host name or address: nothing in these answers depends on it, and nobody is led anywhere.

    A browser with a session goes on to the view of the same name, which shows causes to those who may read them; /livez asks nobody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info) if request.method in ("GET", "HEAD") else None
        if probe is None or (probe is not probes.livez and settings.SESSION_COOKIE_NAME in request.COOKIES):
            return self.get_response(request)
        return probe(request)
