"""The four kinds of pages that are compared."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from .models import Event, Mail, Thing


class ThingForm(forms.ModelForm):
    class Meta:
        model = Thing
        fields = ["title", "status", "amount", "currency", "starts", "ends", "contact", "notes"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.add_input(Submit("save", "Save"))


@login_required
def listing(request: HttpRequest) -> HttpResponse:
    things = Thing.objects.filter(owner=request.user).order_by("-created")[:25]
    return render(request, "list.html", {"things": things})


@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    thing = get_object_or_404(Thing.objects.select_related("owner"), pk=pk)
    events = thing.events.select_related("actor").order_by("-created")[:20]
    return render(request, "detail.html", {"thing": thing, "events": events})


@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    thing = get_object_or_404(Thing, pk=pk)
    form = ThingForm(request.POST or None, instance=thing)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            Event.objects.create(thing=thing, actor=request.user, action="edited")
        return redirect("detail", pk=pk)
    return render(request, "edit.html", {"form": form})


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    with transaction.atomic():
        thing = get_object_or_404(Thing.objects.select_for_update(), pk=pk)
        thing.status = request.POST["status"]
        thing.save(update_fields=["status"])
        Event.objects.create(thing=thing, actor=request.user, action=thing.status)
        body = render_to_string("mail.txt", {"thing": thing, "user": request.user})
        Mail.objects.create(thing=thing, to=thing.contact, subject=f"{thing.number}: {thing.status}", body=body)
    messages.success(request, "Saved.")
    return redirect("detail", pk=pk)
