from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from claims.transitions import STATE_MACHINE as CLAIMS
from incentives_portal.accounts.capabilities import CAPABILITIES, CAPABILITY_WORDS, Role, grants
from incentives_portal.accounts.views import no_role
from incentives_portal.cases.inbox import to_review, waiting_for_operator, waiting_for_partners
from incentives_portal.documents import quotas
from incentives_portal.enrollments.transitions import STATE_MACHINE as ENROLMENTS
from incentives_portal.request_context import request_id
from plans.transitions import STATE_MACHINE as PLANS

from . import lists

DECISIONS = 5
#: Capabilities whose pages are in the operator's admin site only, even if partners hold them.
_IN_THE_ADMIN_SITE = {"people.manage"}


def home(request: HttpRequest) -> HttpResponse:
    """Show what the user has to do and by when, then what waits for others and recent decisions."""
    user = request.user
    if not grants(user):
        return no_role(request)
    if user.is_operator:
        buckets, waiting = to_review(user), waiting_for_partners(user)
    else:
        buckets, waiting = lists.partner_buckets(user), waiting_for_operator(user)
    context = {
        "buckets": buckets,
        "waiting": waiting,
        "decisions": list(lists.recent_decisions(user)[:DECISIONS]),
        "open_count": sum(item.is_mine for bucket in buckets for item in bucket.items),
        "may_plan": user.may("plan.write"),
        "may_claim": user.may("claim.write"),
        "failed_messages": lists.failed_messages(user),
        "late_count": sum(item.is_mine and item.is_late for bucket in buckets for item in bucket.items),
    }
    return render(request, "home/home.html", context)


def glossary(request: HttpRequest) -> HttpResponse:
    """Explain every status and action, read from the state machines."""
    state_machines = [(_("Plan"), PLANS), (_("Claim"), CLAIMS), (_("Enrollment"), ENROLMENTS)]
    return render(request, "home/glossary.html", {"state_machines": state_machines})


def help_page(request: HttpRequest) -> HttpResponse:
    """Explain step by step how to submit a plan and a proof, and what each role may do."""
    rights = [
        (
            CAPABILITY_WORDS[code],
            [role for role in Role if role in roles and (role.is_operator or code not in _IN_THE_ADMIN_SITE)],
        )
        for code, roles in CAPABILITIES.items()
    ]
    return render(request, "home/help.html", {"rights": rights})


@login_not_required
@require_safe
@cache_control(public=True, max_age=86_400)
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect to the icon: browsers request this URL for responses that name no icon (JSON, images, documents)."""
    return redirect(static("img/mark.svg"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show the 400 page; for a request that is too large, the limits."""
    if not isinstance(exception, RequestDataTooBig | TooManyFilesSent):
        return defaults.bad_request(request, exception)
    context = {"count": quotas.max_files(), "total": quotas.max_total_text()}
    return render(request, "413.html", context, status=413)


def server_error(request: HttpRequest) -> HttpResponse:
    """Show the request id, under which the log has the error. Uses no database and no context: they may be broken."""
    return HttpResponse(get_template("500.html").render({"request_id": request_id.get()}), status=500)
