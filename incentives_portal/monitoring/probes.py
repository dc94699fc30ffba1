"""Probes and metrics for load balancers and monitoring. Anonymous clients get one word.

``/livez`` checks nothing: restart processes by it. ``/healthz`` and ``/readyz`` read the row that beat wrote: 200 for
green and amber, 503 for red. ``/metrics`` is the same row for Prometheus.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incentives_portal.accounts.second_factor import has_proved, must_prove

from .enums import State
from .health import current_health
from .metrics import metrics_text


@login_not_required
@require_safe
@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Return the state; 503 for red. One query.

    Causes and figures are included for users who may read the System page.
    """
    health = current_health()
    answer: dict[str, Any] = {"status": health.state.value}
    if _may_read_causes(request):
        answer |= {
            "causes": [
                {"code": cause.found.code, "title": cause.title, "since": cause.since.isoformat()}
                for cause in health.causes
            ],
            "figures": dict(health.figures),
            "written_at": health.written_at.isoformat() if health.written_at else None,
        }
    return JsonResponse(answer, status=503 if health.state == State.RED else 200)


@login_not_required
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics to clients that send METRICS_TOKEN. One query.

    Without that setting the page does not exist.
    """
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics_text(current_health()), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read_causes(request: HttpRequest) -> bool:
    """Return whether the user may read the System page and has used a required second factor."""
    user = getattr(request, "user", None)  # not set when the middleware answers
    if user is None or not user.may("system.read"):
        return False
    return not must_prove(user) or has_proved(request)
