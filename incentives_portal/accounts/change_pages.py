"""The pages of recorded changes and of change requests, for the operator's auditors and incentives admins."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

import django_filters
from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incentives_portal.screens.paging import BoundedPaginator

from .capabilities import WrongAudience
from .change_words import in_words, kind_of, request_in_words
from .models import ChangeRequest, RecordedChange, RequestState, User
from .second_factor import ask_again, must_prove_again
from .services import RequestRefused, ask_for_erasure, confirm_change, refuse_change, withdraw_change
from .services.erasure import check_can_be_erased
from .services.setup import who_can_confirm

PER_PAGE = 25
#: Maximum length of a search text in characters; the rest is ignored.
SEARCHED = 100


class RecordedChangeFilter(django_filters.FilterSet):
    """Filter by what changed, and by organization and person, typed as part of a name."""

    q = django_filters.CharFilter(label=gettext_lazy("Search"), method="called")
    organisation = django_filters.CharFilter(
        label=gettext_lazy("Organization"), field_name="organisation__name", lookup_expr="icontains"
    )
    person = django_filters.CharFilter(label=gettext_lazy("Person"), method="concerning")

    class Meta:
        model = RecordedChange
        fields: list[str] = []

    def called(self, changes: QuerySet[RecordedChange], _name: str, text: str) -> QuerySet[RecordedChange]:
        """Match what the object was called; the names of people are recorded apart."""
        return changes.filter(Q(object_label__icontains=text) | Q(recorded_label__name__icontains=text))

    def concerning(self, changes: QuerySet[RecordedChange], _name: str, text: str) -> QuerySet[RecordedChange]:
        """Match people who made, confirmed or are the object of a change, by name or address."""
        condition = Q()
        for path in ("actor", "confirmed_by", "person"):
            condition |= Q(**{f"{path}__name__icontains": text}) | Q(**{f"{path}__email__icontains": text})
        return changes.filter(condition)


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """List the recorded changes, newest first."""
    if not request.user.may("changes.read"):
        raise WrongAudience(_("This page is for the operator’s auditors and incentives admins."))
    related = ("organisation", "person__organisation", "actor__organisation", "confirmed_by__organisation")
    found = RecordedChange.objects.visible_to(request.user).select_related(*related).with_texts().order_by("-pk")
    filters = RecordedChangeFilter({name: value[:SEARCHED] for name, value in request.GET.items()}, found)
    page = BoundedPaginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    rows = [(change, kind_of(change.kind), in_words(change.kind, change.values)) for change in page]
    is_filtered = any(request.GET.get(name) for name in RecordedChangeFilter.base_filters)
    waiting = ChangeRequest.objects.visible_to(request.user).filter(state=RequestState.OPEN).count()
    context = {"filter": filters, "page": page, "rows": rows, "is_filtered": is_filtered, "waiting": waiting}
    return render(request, "accounts/changes.html", context)


@require_safe
def change_requests(request: HttpRequest) -> HttpResponse:
    """List the change requests: open ones first, then newest first."""
    if not request.user.may("changes.read"):
        raise WrongAudience(_("This page is for the operator’s auditors and incentives admins."))
    found = _requests(request).annotate(rank=Case(When(state=RequestState.OPEN, then=Value(0)), default=Value(1)))
    page = BoundedPaginator(found.order_by("rank", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(change, kind_of(change.object_kind)) for change in page]
    return render(request, "accounts/change_requests.html", {"page": page, "rows": rows})


@require_safe
def change_request(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show one request with old and new values, and what the reader can do with it."""
    change = get_object_or_404(_requests(request), public_id=public_id)
    is_own = change.requested_by_id == request.user.pk
    context = {
        "change": change,
        "kind": kind_of(change.object_kind),
        "values": request_in_words(change),
        "is_own": is_own,
        "may_read": request.user.may("changes.read"),
        "may_decide": change.is_open and not is_own and request.user.may("changes.confirm"),
        "only_on_server": change.is_open and not who_can_confirm(change),
    }
    return render(request, "accounts/change_request.html", context)


@require_POST
def confirm(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Confirm a request of a colleague, with the second factor where the person has one."""
    change = _decidable(request, public_id)
    if must_prove_again(request):
        return ask_again(change.get_absolute_url())
    deed = partial(confirm_change, outside_domains="outside_domains" in request.POST)
    return _decided(request, change, deed, _("The change was made."))


@require_POST
def refuse(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Refuse a request of a colleague, with a comment."""
    deed = partial(refuse_change, comment=request.POST.get("comment", ""))
    return _decided(request, _decidable(request, public_id), deed, _("The request was refused."))


@require_POST
def withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Withdraw the own request."""
    return _decided(request, _decidable(request, public_id), withdraw_change, _("The request was withdrawn."))


@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what erasing a person does and does not, then ask for it. Another admin confirms it.

    The acting user must sign in again first.
    """
    if not request.user.may("people.erase"):
        raise WrongAudience(_("This page is for the operator’s incentives admins."))
    return _ask_to_erase(request, public_id)


@reauthentication_required
def _ask_to_erase(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = get_object_or_404(User, public_id=public_id)
    refusal = check_can_be_erased(person)
    if request.method != "POST" or refusal:
        context = {"person": person, "refusal": refusal}
        return render(request, "accounts/erase.html", context, status=422 if request.method == "POST" else 200)
    if must_prove_again(request):
        return ask_again(request.path)
    change = ask_for_erasure(person, actor=request.user)
    say_asked(request, change)
    return redirect(change)


def _requests(request: HttpRequest) -> QuerySet[ChangeRequest]:
    people = ("requested_by__organisation", "decided_by__organisation", "person__organisation")
    return ChangeRequest.objects.visible_to(request.user).select_related("organisation", *people)


def _decidable(request: HttpRequest, public_id: UUID) -> ChangeRequest:
    """Return the request: 404 unless the user sees it, 403 for who may only read it."""
    change = get_object_or_404(_requests(request), public_id=public_id)
    if not request.user.may("changes.confirm") and change.requested_by_id != request.user.pk:
        raise PermissionDenied
    return change


def _decided(
    request: HttpRequest, change: ChangeRequest, deed: Callable[..., ChangeRequest], done: str
) -> HttpResponse:
    """Call a service with the request and the user, say what came of it, and go back to the page of the request."""
    try:
        decided = deed(change, actor=request.user)
    except RequestRefused as error:
        messages.error(request, str(error))
    else:
        if decided.state == RequestState.OUTDATED:
            messages.warning(
                request, _("Nothing was changed: the old values no longer stand. Ask for the change again.")
            )
        else:
            messages.success(request, done)
    return redirect(change)


def say_asked(request: HttpRequest, change: ChangeRequest) -> None:
    """Say on the next page that a change waits for somebody else, and how it is confirmed."""
    request.was_asked = True  # type: ignore[attr-defined]
    if who_can_confirm(change):
        text = _("Not changed yet: another incentives admin has to confirm the change of “%(what)s”.")
        messages.warning(request, text % {"what": change.label})
    else:
        text = _(
            "Not changed yet: nobody else can confirm the change of “%(what)s” here. On the server, run manage.py "
            "confirm_change %(id)s."
        )
        messages.warning(request, text % {"what": change.label, "id": change.public_id})
