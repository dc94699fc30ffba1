"""Pages of plans: the list, one plan with comments and verbs, and the forms for its content."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.http import require_POST, require_safe

from incentives_portal.accounts.capabilities import WrongAudience, may
from incentives_portal.accounts.models import Location
from incentives_portal.cases.engine import latest_event
from incentives_portal.cases.enums import ACTION_REQUIRED
from incentives_portal.cases.errors import Conflict
from incentives_portal.cases.forms import CommentForm, VerbForm, refusals_in
from incentives_portal.cases.views import VerbView, conflict_page, post_comment
from incentives_portal.programs.models import FundType, Market, ProgramYear
from incentives_portal.screens.paging import BoundedPaginator

from . import services
from .creation_options import Opening, opening_of_market, openings
from .facts import assessment_of
from .filters import PlanFilter, all_programs
from .forms import ActivityForm, CampaignForm, NewPlanForm, PlanForm, VersionedForm
from .models import Activity, Campaign, Plan
from .page import PlanPage
from .services import SERVICES
from .snapshot import document_of
from .transitions import STATE_MACHINE

PER_PAGE = 25


@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    """List the plans, and per program the markets for which a plan can be created."""
    if not request.user.may("plan.read"):
        raise PermissionDenied
    offered = openings(request.user)
    plan_filter = PlanFilter(
        request.GET,
        Plan.objects.visible_to(request.user).for_list().order_by("-pk"),
        programs=_programs(request, offered),
        years=_years(offered, request.GET.get("program", "")),
    )
    page = BoundedPaginator(plan_filter.qs, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "openings": [opening for opening in offered if opening.can_create],
        "has_programs": bool(offered) or request.user.is_operator,
        "filter": plan_filter,
        "is_filtered": plan_filter.form.is_bound and any(plan_filter.form.cleaned_data.values()),
        "page": page,
    }
    return render(request, "plans/list.html", context)


def _programs(request: HttpRequest, offered: list[Opening]) -> list[tuple[str, str]]:
    """Return the programs with plans: those of the partner's enrollments, or all for the operator."""
    if request.user.is_operator:
        return all_programs()
    return [(opening.program.code, str(opening.program)) for opening in offered]


def _years(offered: list[Opening], program: str) -> list[str]:
    """Return the labels of the program years, only those of the program if one is chosen."""
    chosen = [opening for opening in offered if opening.program.code == program] or offered
    return sorted({label for opening in chosen for label in opening.all_years}, reverse=True)


def plan_or_404(request: HttpRequest, public_id: UUID) -> Plan:
    """Return the plan with the relations of its page: 404 unless it is visible to the user."""
    return get_object_or_404(Plan.objects.visible_to(request.user).for_page(), case__public_id=public_id)


@require_safe
def plan_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the plan with its status, facts, campaigns and activities, proofs and claims, history and verbs."""
    return _plan_page(request, plan_or_404(request, public_id), CommentForm(actor=request.user))


def _plan_page(request: HttpRequest, plan: Plan, form: CommentForm, status: int = 200) -> HttpResponse:
    page = PlanPage(plan, request.user)
    page.is_ready = not page.lacks_activities
    return render(request, "plans/detail.html", {"page": page, "plan": plan, "form": form}, status=status)


@require_POST
def comment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Add a comment to the plan, at any time."""
    plan = plan_or_404(request, public_id)
    page = partial(_plan_page, request, plan, status=422)
    done, url = _("Your comment is added."), plan.get_absolute_url()
    return post_comment(request, plan, CommentForm, page, done=done, url=url)


class PlanVerbView(VerbView):
    """The confirmation page of a partner's verb. The operator's decisions are in the admin site."""

    state_machine = STATE_MACHINE
    services = {verb: service for verb, service in SERVICES.items() if verb not in STATE_MACHINE.deciding}

    @cached_property
    def detail(self) -> Plan:
        return plan_or_404(self.request, self.kwargs["public_id"])


class CheckView(PlanVerbView):
    """The check page of *Submit* and *Resubmit*: the plan as it would be submitted, with its assessment."""

    template_name = "plans/check.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.kwargs["verb"] = "resubmit" if self.detail.status == ACTION_REQUIRED else "submit"

    def page_context(self, form: VerbForm) -> dict[str, Any]:
        return {
            "plan": self.detail,
            "document": document_of(self.detail),
            "assessment": assessment_of(self.detail),
        }


class FormPage(View):
    """A page with a form, whose ``save`` calls a service and returns the success message.

    A conflict returns 409 with everything that was typed; invalid values return 422 with the form.
    """

    template_name = "plans/form.html"
    heading: ClassVar[Any]
    plan: Plan | None = None

    def form(self, data: Any = None) -> VersionedForm:
        raise NotImplementedError

    def save(self, form: VersionedForm) -> str:
        raise NotImplementedError

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.page(self.form())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        try:
            with refusals_in(form):
                if form.is_valid():
                    messages.success(request, self.save(form))
                    return redirect(self.plan)
        except Conflict as error:
            return conflict_page(request, error.detail, error.latest, form)
        return self.page(form, status=422)

    def page(self, form: VersionedForm, status: int = 200) -> HttpResponse:
        context = {"plan": self.plan, "form": form, "heading": self.heading, "view": self}
        return render(self.request, self.template_name, context, status=status)


@require_safe
def begin_plan(request: HttpRequest) -> HttpResponse:
    """*Create plan*: the choice of the market, or a redirect to the form if there is only one."""
    _check_may_begin(request)
    offered = [opening for opening in openings(request.user) if opening.can_create]
    markets = [market for opening in offered for market in opening.markets]
    if len(markets) == 1:
        return redirect(f"{reverse('plans:new')}?market={markets[0].id}")
    return render(request, "plans/begin.html", {"openings": offered})


def _check_may_begin(request: HttpRequest) -> None:
    if request.user.is_operator:
        raise WrongAudience(_("Only partners can create plans here."))
    if not request.user.may("plan.write"):
        raise PermissionDenied


class NewPlanView(FormPage):
    """*New plan*, for the market in ``?market=``."""

    template_name = "plans/new.html"
    heading = gettext_lazy("New plan")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        _check_may_begin(request)
        found = opening_of_market(request.user, request.GET.get("market", ""))
        if found is None:
            raise Http404
        self.opening, self.market = found

    def form(self, data: Any = None) -> NewPlanForm:
        return NewPlanForm(self.opening, data)

    def save(self, form: VersionedForm) -> str:
        self.plan = services.create_plan(actor=self.request.user, **form.cleaned_data | self.objects(form.cleaned_data))
        return _("%(reference)s is saved. Add campaigns and activities next.") % {"reference": self.plan.case}

    def objects(self, chosen: dict[str, Any]) -> dict[str, Any]:
        """Return the rows of the form's choices, which were limited to what the user may use."""
        return {
            "location": Location.objects.select_related("organisation").get(public_id=chosen["location"]),
            "market": Market.objects.select_related("program__calendar").get(public_id=self.market.id),
            "fund_type": FundType.objects.get(program=self.opening.program, code=chosen["fund_type"]),
            "program_year": ProgramYear.objects.get(public_id=chosen["program_year"]),
        }


class ContentView(FormPage):
    """A form that edits a plan, a campaign or an activity, whichever its URL names, or adds something to it (``adds``).

    Users who may not see the plan get 404, those without the permission 403.
    """

    form_class: ClassVar[type[VersionedForm]]
    service: ClassVar[Callable[..., Any]]
    done: ClassVar[Any]
    adds: ClassVar[bool] = False
    plan: Plan

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.plan = plan_or_404(request, kwargs["public_id"])
        if not may(request.user, "plan.write", self.plan.scope):
            raise PermissionDenied

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.plan.is_editable:
            return conflict_page(request, self.plan, latest_event(self.plan.case))
        self.part = self.part_or_404()
        self.heading = self.heading % {"name": self.part}
        return super().dispatch(request, *args, **kwargs)

    def part_or_404(self) -> Plan | Campaign | Activity:
        """Return what the URL names, of the plan's draft and with the same plan instance."""
        if "activity_id" in self.kwargs:
            activities = Activity.objects.drafts().filter(campaign__plan=self.plan)
            activity = get_object_or_404(activities, public_id=self.kwargs["activity_id"])
            activity.campaign.plan = self.plan
            return activity
        if "campaign_id" in self.kwargs:
            campaigns = Campaign.objects.drafts().filter(plan=self.plan)
            campaign = get_object_or_404(campaigns, public_id=self.kwargs["campaign_id"])
            campaign.plan = self.plan
            return campaign
        return self.plan

    def form(self, data: Any = None) -> VersionedForm:
        return self.form_class(self.plan, data, part=None if self.adds else self.part)

    def save(self, form: VersionedForm) -> str:
        type(self).service(self.part, actor=self.request.user, **form.cleaned_data)
        return self.done


class EditPlanView(ContentView):
    heading = gettext_lazy("Edit the plan")
    form_class = PlanForm
    service = services.edit_plan
    done = gettext_lazy("The plan is saved.")


class NewCampaignView(ContentView):
    heading = gettext_lazy("New campaign")
    form_class = CampaignForm
    service = services.add_campaign
    done = gettext_lazy("The campaign is saved. Add its activities next.")
    adds = True


class EditCampaignView(ContentView):
    heading = gettext_lazy("Edit the campaign")
    form_class = CampaignForm
    service = services.edit_campaign
    done = gettext_lazy("The campaign is saved.")


class NewActivityView(ContentView):
    heading = gettext_lazy("New activity")
    form_class = ActivityForm
    service = services.add_activity
    done = gettext_lazy("The activity is saved.")
    adds = True


class EditActivityView(ContentView):
    heading = gettext_lazy("Edit the activity")
    form_class = ActivityForm
    service = services.edit_activity
    done = gettext_lazy("The activity is saved.")


class RemoveView(ContentView):
    """Asks for confirmation before a campaign or an activity is removed from the plan."""

    template_name = "plans/remove.html"
    form_class = VersionedForm


class RemoveCampaignView(RemoveView):
    heading = gettext_lazy("Remove the campaign %(name)s?")
    service = services.remove_campaign
    done = gettext_lazy("The campaign is removed.")


class RemoveActivityView(RemoveView):
    heading = gettext_lazy("Remove the activity %(name)s?")
    service = services.remove_activity
    done = gettext_lazy("The activity is removed.")
