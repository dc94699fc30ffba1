"""The conflict page: the current status, who was faster, and everything that was typed, to be copied."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from incentives_portal.cases.models import Event
from incentives_portal.cases.typed_values import typed_values

from ..models import Plan
from ..transitions import STATE_MACHINE


def conflict(request: HttpRequest, plan: Plan, latest: Event | None, form: forms.Form | None = None) -> HttpResponse:
    """Render it with status 409; ``form`` is the one whose values are shown."""
    context = {
        "detail": plan,
        "status": STATE_MACHINE.status(plan.status),
        "latest": latest,
        "kept": list(typed_values(form)) if form is not None else [],
    }
    return render(request, "cases/conflict.html", context, status=409)
