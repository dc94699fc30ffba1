"""Pages to create and edit a plan, its campaigns and its activities."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_safe

from incentives_portal.accounts.capabilities import WrongAudience, may
from incentives_portal.accounts.models import Location
from incentives_portal.cases.engine import latest_event
from incentives_portal.cases.errors import Busy, Conflict, NotAllowed, RuleViolation
from incentives_portal.cases.forms import show_refusal
from incentives_portal.cases.views import conflict_page
from incentives_portal.programs.models import FundType, Market, ProgramYear

from .. import services
from ..creation_options import opening_of_market, openings
from ..forms import ActivityForm, CampaignForm, NewPlanForm, PlanForm, VersionedForm
from ..models import Plan
from .fetching import activity_or_404, campaign_or_404, plan_or_404


class ContentView(View):
    """A form that edits a plan. Subclasses say which form it is and what saves it.

    Users who may not see the plan get 404, those without the permission 403. A conflict returns 409 with everything
    that was typed; invalid values return 422 with the form.
    """

    template_name = "plans/form.html"
    plan: Plan

    def heading(self) -> str:
        raise NotImplementedError

    def load(self) -> None:
        """Fetch what the form is about besides the plan; raises Http404."""

    def form(self, data: Any = None) -> VersionedForm:
        raise NotImplementedError

    def save(self, form: VersionedForm) -> str:
        """Call the service and return the success message."""
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.plan = plan_or_404(request, kwargs["public_id"])
        if not may(request.user, "plan.write", self.plan.scope):
            raise PermissionDenied
        if self.plan.is_editable:
            self.load()
            return super().dispatch(request, *args, **kwargs)
        return conflict_page(request, self.plan, latest_event(self.plan.case))

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.page(self.form())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            done = self.save(form)
        except Conflict as error:
            return conflict_page(request, error.detail, error.latest, form)
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from error
        except (RuleViolation, Busy) as error:
            show_refusal(form, error)
            return self.page(form, status=422)
        messages.success(request, done)
        return self.after()

    def after(self) -> HttpResponseRedirect:
        return redirect(self.plan)

    def page(self, form: VersionedForm, status: int = 200) -> HttpResponse:
        context = {"plan": self.plan, "form": form, "heading": self.heading(), "view": self}
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


class NewPlanView(View):
    """*New plan*, for the market in ``?market=``."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _check_may_begin(request)
        found = opening_of_market(request.user, request.GET.get("market", ""))
        if found is None:
            raise Http404
        self.opening, self.market = found
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(NewPlanForm(self.opening, self.market))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewPlanForm(self.opening, self.market, request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            plan = services.create_plan(actor=request.user, **self.objects(form.content()))
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from error
        except RuleViolation as error:
            show_refusal(form, error)
            return self.page(form, status=422)
        messages.success(
            request, _("%(reference)s is saved. Add campaigns and activities next.") % {"reference": plan.case}
        )
        return redirect(plan)

    def objects(self, content: dict[str, Any]) -> dict[str, Any]:
        """Replace the form's choices by rows. The choices were limited to what the user may use."""
        program = self.opening.program
        return content | {
            "location": Location.objects.select_related("organisation").get(public_id=content["location"]),
            "market": Market.objects.select_related("program__calendar").get(public_id=self.market.id),
            "fund_type": FundType.objects.get(program=program, code=content["fund_type"]),
            "program_year": ProgramYear.objects.get(public_id=content["program_year"]),
        }

    def page(self, form: NewPlanForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "opening": self.opening, "market": self.market}
        return render(self.request, "plans/new.html", context, status=status)


class EditPlanView(ContentView):
    def heading(self) -> str:
        return _("Edit the plan")

    def form(self, data: Any = None) -> PlanForm:
        return PlanForm.of(self.plan, data)

    def save(self, form: VersionedForm) -> str:
        services.edit_plan(
            self.plan, actor=self.request.user, expected_version=form.cleaned_data["expected_version"], **form.content()
        )
        return _("The plan is saved.")


class NewCampaignView(ContentView):
    def heading(self) -> str:
        return _("New campaign")

    def form(self, data: Any = None) -> CampaignForm:
        return CampaignForm(self.plan, data, initial={"expected_version": self.plan.version})

    def save(self, form: VersionedForm) -> str:
        services.add_campaign(
            self.plan, actor=self.request.user, expected_version=form.cleaned_data["expected_version"], **form.content()
        )
        return _("The campaign is saved. Add its activities next.")


class EditCampaignView(ContentView):
    def heading(self) -> str:
        return _("Edit the campaign")

    def load(self) -> None:
        self.campaign = campaign_or_404(self.plan, self.kwargs["campaign_id"])

    def form(self, data: Any = None) -> CampaignForm:
        return CampaignForm.of(self.campaign, data)

    def save(self, form: VersionedForm) -> str:
        services.edit_campaign(
            self.campaign,
            actor=self.request.user,
            expected_version=form.cleaned_data["expected_version"],
            **form.content(),
        )
        return _("The campaign is saved.")


class NewActivityView(ContentView):
    def heading(self) -> str:
        return _("New activity")

    def load(self) -> None:
        self.campaign = campaign_or_404(self.plan, self.kwargs["campaign_id"])

    def form(self, data: Any = None) -> ActivityForm:
        return ActivityForm(self.plan, data, initial={"expected_version": self.plan.version})

    def save(self, form: VersionedForm) -> str:
        services.add_activity(
            self.campaign,
            actor=self.request.user,
            expected_version=form.cleaned_data["expected_version"],
            **form.content(),
        )
        return _("The activity is saved.")


class EditActivityView(ContentView):
    def heading(self) -> str:
        return _("Edit the activity")

    def load(self) -> None:
        self.activity = activity_or_404(self.plan, self.kwargs["activity_id"])

    def form(self, data: Any = None) -> ActivityForm:
        return ActivityForm.of(self.activity, data)

    def save(self, form: VersionedForm) -> str:
        services.edit_activity(
            self.activity,
            actor=self.request.user,
            expected_version=form.cleaned_data["expected_version"],
            **form.content(),
        )
        return _("The activity is saved.")


class RemoveView(ContentView):
    """Asks for confirmation before something is removed from the plan."""

    template_name = "plans/remove.html"

    def form(self, data: Any = None) -> VersionedForm:
        return VersionedForm(data, initial={"expected_version": self.plan.version})


class RemoveCampaignView(RemoveView):
    def heading(self) -> str:
        return _("Remove the campaign %(name)s?") % {"name": self.campaign}

    def load(self) -> None:
        self.campaign = campaign_or_404(self.plan, self.kwargs["campaign_id"])

    def save(self, form: VersionedForm) -> str:
        services.remove_campaign(
            self.campaign, actor=self.request.user, expected_version=form.cleaned_data["expected_version"]
        )
        return _("The campaign is removed.")


class RemoveActivityView(RemoveView):
    def heading(self) -> str:
        return _("Remove the activity %(name)s?") % {"name": self.activity}

    def load(self) -> None:
        self.activity = activity_or_404(self.plan, self.kwargs["activity_id"])

    def save(self, form: VersionedForm) -> str:
        services.remove_activity(
            self.activity, actor=self.request.user, expected_version=form.cleaned_data["expected_version"]
        )
        return _("The activity is removed.")
