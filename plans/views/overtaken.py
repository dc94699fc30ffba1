"""The page for whoever came second: what it is now, who was faster, and everything that was typed, to be copied."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from incentives_portal.history.models import Event
from incentives_portal.workflow.kept import kept_words

from ..enums import MACHINE
from ..models import Plan


def overtaken(request: HttpRequest, plan: Plan, latest: Event | None, form: forms.Form | None = None) -> HttpResponse:
    """Answers 409; ``form`` is the one whose words are kept."""
    context = {
        "case": plan,
        "status": MACHINE.status(plan.status),
        "latest": latest,
        "kept": list(kept_words(form)) if form is not None else [],
    }
    return render(request, "workflow/overtaken.html", context, status=409)
