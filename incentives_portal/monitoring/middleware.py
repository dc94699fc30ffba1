"""Answer the probes before middleware that needs a valid host name, a session or a user."""

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
    """Answer probes for any host name: the responses do not depend on it and never redirect.

    A browser with a session goes on to the view of the same name, which shows causes to authorized users; /livez never
    does.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        probe = PROBES.get(request.path_info) if request.method in ("GET", "HEAD") else None
        if probe is None or (probe is not probes.livez and settings.SESSION_COOKIE_NAME in request.COOKIES):
            return None
        return probe(request)
