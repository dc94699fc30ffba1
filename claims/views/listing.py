"""Co-op management: the list of claims."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from incentives_portal.accounts.capabilities import scope_q
from incentives_portal.accounts.models import User
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import NEWEST_OF_ORGANISATION, Case
from incentives_portal.cases.querysets import search_q
from incentives_portal.enrollments.querysets import programs_visible_to
from incentives_portal.screens.paging import BoundedPaginator

from ..filters import ClaimFilter, searched
from ..overview import Overview, overview
from ..rows import claim_rows
from ..transitions import STATE_MACHINE

PER_PAGE = 25
#: Other orders of the list, by their key in the URL.
ORDERS = {
    "due": ["due_at", "pk"],
    "carried_out": ["-proof__executed_on", "-pk"],
    # Amounts of several currencies cannot be compared, so the list is grouped by currency.
    "amount": ["currency", "-requested_amount", "-pk"],
}


@require_safe
def claim_list(request: HttpRequest) -> HttpResponse:
    """List the claims that are visible to the user, with their next step; for partners with sums and counts."""
    user = request.user
    if not user.may("claim.read"):
        raise PermissionDenied
    above = _overview(user, request.GET)
    claim_filter = ClaimFilter(
        request.GET,
        Case.objects.visible_to(user, CaseKind.CLAIM).filter(listed=True),
        offered=above,
    )
    order = request.GET.get("order", "")
    rows = claim_filter.qs.order_by(*ORDERS.get(order, ["-pk" if user.is_operator else NEWEST_OF_ORGANISATION]))
    if order == "carried_out":
        rows = rows.filter(proof__isnull=False)  # as for every claim: an inner join can use the index of the date
    page = BoundedPaginator(rows, PER_PAGE, count=_number(user, claim_filter, above)).get_page(request.GET.get("page"))
    is_filtered = any(request.GET.get(name) for name in ClaimFilter.base_filters)
    context = {
        "overview": above,
        "filter": claim_filter,
        "chips": list(_chips(request.GET, above, user)),
        "is_filtered": is_filtered,
        "page": page,
        "rows": claim_rows(page.object_list, user),
        "of_all": user.is_operator,
        "order": order if order in ORDERS else "",
        "can_create": not user.is_operator and user.may("claim.write"),
    }
    return render(request, "claims/list.html", context)


def _overview(user: User, params: QueryDict) -> Overview:
    """Return sums and counts of a partner's claims.

    For the operator, who has too many claims for that, only the choices of programs.
    """
    if user.is_operator:
        programs = programs_visible_to(user).order_by("code")
        return Overview(
            programs=[(str(program.public_id), str(program)) for program in programs],
            keys={"program": {str(program.public_id): program.pk for program in programs}},
        )
    chosen = {name: params.get(name, "") for name in ("program", "location", "period")}
    text = searched(params)
    readable = scope_q(user, "claim.read", organisation="organisation_id")
    return overview(readable, chosen, search_q(text) if text else None)


def _number(user: User, claim_filter: ClaimFilter, above: Overview) -> int | None:
    """Return the number of matching claims if the overview has counted them.

    It has not if a filter has an invalid value.
    """
    if user.is_operator or not claim_filter.form.is_valid():
        return None
    status = claim_filter.form.cleaned_data["status"]
    return sum(number for each, number in above.statuses if status in ("", each.code))


def _chips(params: QueryDict, above: Overview, user: User) -> Any:
    """Yield one link per status: label, number of claims (partners only), URL, and whether it is selected."""
    here = params.get("status", "")
    yield _chip(params, "", None, above.number if above.statuses else None, here)
    if user.is_operator:
        for status in STATE_MACHINE.statuses:
            yield _chip(params, status.code, status.label, None, here)
    for status, number in above.statuses:
        yield _chip(params, status.code, status.label, number, here)


def _chip(params: QueryDict, code: str, label: str | Promise | None, number: int | None, here: str) -> dict[str, Any]:
    query = params.copy()
    for name in ("status", "page"):
        query.pop(name, None)
    if code:
        query["status"] = code
    return {"label": label, "number": number, "query": query.urlencode(), "current": code == here}
