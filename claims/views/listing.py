"""Co-op management: the list of claims."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from incentives_portal.accounts.capabilities import scope_q
from incentives_portal.accounts.models import User
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import NEWEST_OF_ORGANISATION, Case
from incentives_portal.cases.querysets import search_q
from incentives_portal.cases.state_machine import Text
from incentives_portal.enrollments.querysets import programs_visible_to
from incentives_portal.screens.paging import BoundedPaginator

from ..filters import ClaimFilter, searched
from ..overview import Overview, overview
from ..rows import claim_rows
from ..transitions import STATE_MACHINE

PER_PAGE = 25
#: Other orders of the list: key in the URL → label and columns.
ORDERS = {
    "due": (_("Earliest due date first"), ["due_at", "pk"]),
    "carried_out": (_("Most recently carried out"), ["-proof__executed_on", "-pk"]),
    # Amounts of several currencies cannot be compared, so the list is grouped by currency.
    "amount": (_("Largest amount in each currency"), ["currency", "-requested_amount", "-pk"]),
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
    newest = "-pk" if user.is_operator else NEWEST_OF_ORGANISATION
    rows = claim_filter.qs.order_by(*(ORDERS[order][1] if order in ORDERS else [newest]))
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
        "order": order,
        "orders": [("", _("Newest first")), *((key, label) for key, (label, _columns) in ORDERS.items())],
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
    chips: list[tuple[str, Text, int | None]] = [("", _("All"), above.number if above.statuses else None)]
    if user.is_operator:
        chips += [(status.code, status.label, None) for status in STATE_MACHINE.statuses]
    chips += [(status.code, status.label, number) for status, number in above.statuses]
    others = {name: value for name, value in params.lists() if name not in ("status", "page")}
    for code, label, number in chips:
        query = urlencode(others | ({"status": code} if code else {}), doseq=True)
        yield {"label": label, "number": number, "query": query, "current": code == params.get("status", "")}
