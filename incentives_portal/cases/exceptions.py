"""The list of exceptions: decisions for which a four-eyes rule yielded, for auditors and incentives admins."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from incentives_portal.accounts.capabilities import Role, WrongAudience
from incentives_portal.accounts.models import User
from incentives_portal.screens.paging import BoundedPaginator

from .enums import Safeguard
from .models import EXCEPTION, Event
from .types import case_type

PER_PAGE = 25


class ExceptionFilterForm(forms.Form):
    """Narrows the list: a rule, and words of the case, the partner or the person."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    rule = forms.ChoiceField(label=_("Rule"), required=False, choices=[("", _("All")), *Safeguard.choices])


@dataclass(frozen=True)
class ExceptionRow:
    """One exception: which rule yielded to whom in which case, why and when."""

    at: datetime
    reference: str
    title: str
    organisation: str
    url: str
    name: str
    role: str
    rule: str
    why: str


@require_safe
def exceptions(request: HttpRequest) -> HttpResponse:
    """List the exceptions, newest first. Two queries."""
    user = cast(User, request.user)
    if not user.may("exception.read"):
        raise WrongAudience(
            gettext("This is the list of exceptions to the four-eyes rules. The operator’s auditors read it.")
        )
    form = ExceptionFilterForm(request.GET)
    found = _matching(Event.objects.visible_to(user), form)
    page = BoundedPaginator(found.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [_row(event, user) for event in page.object_list],
        "is_filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "cases/exceptions.html", context)


def _matching(events: QuerySet[Event], form: ExceptionFilterForm) -> QuerySet[Event]:
    """Return the exceptions that match the filter; a value that is not offered matches nothing."""
    found = events.filter(code=EXCEPTION).select_related("case__organisation", "recorded_name")
    if not form.is_valid():
        return found.none()
    if rule := form.cleaned_data["rule"]:
        found = found.filter(data__rule=rule)
    for word in form.cleaned_data["q"].split():
        found = found.filter(
            Q(case__reference__icontains=word)
            | Q(case__title__icontains=word)
            | Q(case__organisation__name__icontains=word)
            | Q(recorded_name__name__icontains=word)
        )
    return found


def _row(event: Event, reader: User) -> ExceptionRow:
    case = event.case
    return ExceptionRow(
        at=event.at,
        reference=case.reference,
        title=case.title,
        organisation=case.organisation.name,
        url=case_type(case.kind).url_for(case, reader),
        name=event.actor_name,
        role=str(Role(event.actor_role).label) if event.actor_role else "",
        rule=str(Safeguard(event.data["rule"]).label),
        why=event.comment,
    )
