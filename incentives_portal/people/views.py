"""The export of a person's data, for the operator's incentives admins."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from incentives_portal.accounts.capabilities import WrongAudience
from incentives_portal.accounts.models import User
from incentives_portal.accounts.second_factor import ask_again, must_prove_again

from .export import export_person


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what the file of a person's data has, then hand it out. The acting user must sign in again first."""
    if not request.user.may("people.erase"):
        raise WrongAudience(_("This page is for the operator’s incentives admins."))
    return _export(request, public_id)


@reauthentication_required
def _export(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = get_object_or_404(User, public_id=public_id)
    if request.method != "POST":
        return render(request, "people/export.html", {"person": person})
    if must_prove_again(request):
        return ask_again(request.path)
    answer = HttpResponse(export_person(person, actor=request.user), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="person-{person.public_id}.json"'
    return answer
