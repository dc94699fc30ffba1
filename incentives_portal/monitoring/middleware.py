"""Answers the probes before anything that a load balancer cannot give: a host name, a session, a user."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from . import probes

PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/livez": probes.livez,
    "/healthz": probes.healthz,
    "/readyz": probes.healthz,
    "/metrics": probes.metrics,
}


class ProbeMiddleware(MiddlewareMixin):
    """Answers by any host name or address: nothing in these answers depends on it, and nobody is led anywhere.

    A browser with a session goes on to the view of the same name, which shows causes to those who may read them; /livez asks nobody.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        probe = PROBES.get(request.path_info) if request.method in ("GET", "HEAD") else None
        if probe is None or (probe is not probes.livez and settings.SESSION_COOKIE_NAME in request.COOKIES):
            return None
        return probe(request)
