"""The page for whoever came second: what it is now, who was faster, and everything that was typed, to be copied."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from incentives_portal.cases.models import Event
from incentives_portal.cases.submitted_values import kept_words

from ..models import Plan
from ..transitions import MACHINE


def overtaken(request: HttpRequest, plan: Plan, latest: Event | None, form: forms.Form | None = None) -> HttpResponse:
    """Answers 409; ``form`` is the one whose words are kept."""
    context = {
        "detail": plan,
        "status": MACHINE.status(plan.status),
        "latest": latest,
        "kept": list(kept_words(form)) if form is not None else [],
    }
    return render(request, "cases/overtaken.html", context, status=409)
