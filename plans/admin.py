"""Plans in the admin site: the approval queue. Plans are read and decided here, never edited."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.assignment import colleague_of
from incentives_portal.cases.decisions import OUTCOMES
from incentives_portal.cases.enums import WAITING, WITH_PARTNER
from incentives_portal.cases.forms import CommentForm, NoteForm, VerbForm
from incentives_portal.cases.models import Approval
from incentives_portal.cases.page import holder
from incentives_portal.cases.views import VerbView, post_comment
from incentives_portal.outbox.queries import deliveries_for
from incentives_portal.screens.templatetags.screens import show_day, status_tag, waited

from . import rules
from .filters import all_programs
from .forms import DecisionForm
from .limits import claimed_of
from .models import Plan
from .page import PlanPage, comparison
from .preview import preview_of
from .services import SERVICES
from .transitions import STATE_MACHINE

OTHER_PLANS = 5


class WaitingFilter(admin.SimpleListFilter):
    """Filter by status; by default only plans that wait for a decision."""

    title = _("queue")
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str | Promise]]:
        return [("mine", _("Assigned to me")), ("partner", _("With the partner")), ("all", _("All plans"))]

    def choices(self, changelist: Any) -> Any:
        chosen = self.value()
        rows = [(None, _("Waiting for approval")), *self.lookup_choices]
        for value, label in rows:
            query = changelist.get_query_string({self.parameter_name: value} if value else {}, [self.parameter_name])
            yield {"selected": chosen == value, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Plan]) -> QuerySet[Plan]:
        match self.value():
            case "all":
                return queryset
            case "partner":
                return queryset.filter(case__status__in=WITH_PARTNER)
            case "mine":
                return queryset.filter(case__status__in=WAITING, case__assignee=request.user)
        return queryset.filter(case__status__in=WAITING)


class ProgramFilter(admin.SimpleListFilter):
    """Filter by program. One query for the names."""

    title = _("program")
    parameter_name = "program"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return all_programs()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Plan]) -> QuerySet[Plan]:
        return queryset.filter(program__code=self.value()) if self.value() else queryset


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin):
    """The queue of plans, and the page to read and decide one. Nothing on it can be edited directly."""

    list_display = ["shown_plan", "partner", "program_and_year", "waiting_since"]
    list_filter = [WaitingFilter, ProgramFilter]
    search_fields = ["case__title", "case__reference", "location__organisation__name", "location__partner_id"]
    search_help_text = _("Title, reference, partner, partner ID")
    ordering = ["case__submitted_at", "pk"]
    list_per_page = 25
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        given = Approval.objects.waiting().filter(case=OuterRef("pk")).order_by("-pk")
        return (
            Plan.objects.visible_to(request.user).for_list().annotate(first_by=Subquery(given.values("by__name")[:1]))
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> Any:
        @admin.display(description=_("status and assignee"), ordering="case__status")
        def status_and_holder(plan: Plan) -> SafeString:
            """Who has the plan, from the reader's point of view ("with you"), with the deadline if there is one.

            A plan that one of two people has approved says by whom.
            """
            tag = status_tag(plan.state)
            first = gettext("Approved by %(name)s; second approval needed") % {"name": plan.first_by}
            who, last = first if plan.first_by else holder(plan, request.user)[0] or "–", rules.until(plan)
            until = f", {gettext('until')} {show_day(last, plan.time_zone)}" if last else ""
            return format_html('{}<span class="d-b small2 quiet">{}{}</span>', tag, who, until)

        return [*self.list_display, status_and_holder]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = gettext("Plans") if request.GET.get("show") else gettext("Plans waiting for approval")
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    @admin.display(description=_("plan"), ordering="case__title")
    def shown_plan(self, plan: Plan) -> SafeString:
        return format_html('{}<span class="d-b ref">{}</span>', plan.title, plan.case.reference)

    @admin.display(description=_("partner"), ordering="location__organisation__name")
    def partner(self, plan: Plan) -> SafeString:
        place = plan.location
        where = f"{place.name}, {place.partner_id}"
        return format_html('{}<span class="d-b small2 quiet">{}</span>', place.organisation.name, where)

    @admin.display(description=_("program and year"), ordering="program__code")
    def program_and_year(self, plan: Plan) -> SafeString:
        return format_html('{}<span class="d-b small2 quiet">{}</span>', plan.program, plan.program_year)

    @admin.display(description=_("waiting since"), ordering="case__submitted_at")
    def waiting_since(self, plan: Plan) -> SafeString | str:
        if plan.submitted_at is None or plan.status not in WAITING:
            return "–"
        day = show_day(plan.submitted_at)
        return format_html('{}<span class="d-b small2 quiet">{}</span>', day, waited(plan.submitted_at))

    def get_urls(self) -> list[URLPattern]:
        verb = self.admin_site.admin_view(PlanVerbView.as_view(model_admin=self))
        comment = self.admin_site.admin_view(self.comment_view)
        return [
            path("<int:pk>/comment/", comment, name="plans_plan_comment"),
            path("<int:pk>/verb/<slug:verb>/", verb, name="plans_plan_verb"),
            *super().get_urls(),
        ]

    def plan_or_404(self, request: HttpRequest, pk: Any) -> Plan:
        """Return the plan with the relations of its page; 404 if it is not visible to the operator yet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Plan.objects.visible_to(request.user).for_page(), pk=pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the plan read-only, with the available verbs. Nothing is posted to this page."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        if not object_id.isdecimal():
            raise Http404
        return self.plan_page(request, self.plan_or_404(request, object_id))

    def plan_page(self, request: HttpRequest, plan: Plan, said: CommentForm | None = None) -> HttpResponse:
        """Render the plan; ``said`` is a comment or internal note that was rejected, with its errors."""
        shown = comparison(plan)
        if shown is None:
            raise Http404
        page = PlanPage(plan, request.user)
        page.document = shown.document
        note = said if said and said.is_internal else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": plan.title,
            "plan": plan,
            "page": page,
            "shown": shown,
            "transitions": [transition for transition in page.transitions if transition.decides],
            "colleague": colleague_of(plan, request.user),
            "others": _other_plans(plan),
            "claimed": claimed_of(plan),
            "deliveries": deliveries_for(plan.case.public_id),
            "form": CommentForm(actor=request.user) if note or said is None else said,
            "note_form": note or NoteForm(actor=request.user),
        }
        return TemplateResponse(request, "admin/plans/plan/document.html", context, status=200 if said is None else 422)

    def comment_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add a comment for the partner or an internal note, depending on which form was posted."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        plan = self.plan_or_404(request, pk)
        if "internal" in request.POST:
            form, done = NoteForm, gettext("The note is saved. Partners do not see it.")
        else:
            form, done = CommentForm, gettext("The comment is sent.")
        url = reverse("admin:plans_plan_change", args=[plan.pk])
        return post_comment(request, plan, form, partial(self.plan_page, request, plan), done=done, url=url)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Redirect to the plan's page, which shows its own history."""
        return redirect(f"{reverse('admin:plans_plan_change', args=[object_id])}#history")


def _other_plans(plan: Plan) -> list[Plan]:
    """Return other plans of this location in this program that the operator can see, newest first. One query."""
    others = Plan.objects.filter(location=plan.location_id, program=plan.program_id).exclude(pk=plan.pk)
    others = others.filter(case__submitted_at__isnull=False)
    return list(others.for_list().order_by("-program_year__starts", "-pk")[:OTHER_PLANS])


class PlanVerbView(VerbView):
    """The page on which the operator confirms a verb, for a decision with a preview of the mail."""

    state_machine = STATE_MACHINE
    services = {verb: service for verb, service in SERVICES.items() if verb in STATE_MACHINE.deciding}
    forms = dict.fromkeys(OUTCOMES, DecisionForm)
    template_name = "admin/plans/plan/verb.html"
    conflict_template_name = "admin/plans/plan/conflict.html"
    model_admin: PlanAdmin | None = None

    @cached_property
    def detail(self) -> Plan:
        return self.model_admin.plan_or_404(self.request, self.kwargs["pk"])

    @property
    def back_url(self) -> str:
        return reverse("admin:plans_plan_change", args=[self.detail.pk])

    def frame_context(self) -> dict[str, Any]:
        return {
            **self.model_admin.admin_site.each_context(self.request),
            "opts": self.model_admin.opts,
            "plan": self.detail,
            "back_url": self.back_url,
        }

    def page_context(self, form: VerbForm) -> dict[str, Any]:
        return {
            "title": self.transition.label,
            "decides": self.transition.verb in self.forms,
            "colleague": colleague_of(self.detail, self.request.user),
            "first_approval": self.detail.first_approval,
            "target": STATE_MACHINE.status(self.transition.target),
            "preview": preview_of(self.detail, self.transition, self.request.user, form),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "preview" not in request.POST:
            return super().post(request, **kwargs)
        form = self.form_for(self.transition, request.POST)
        form.full_clean()
        return self.page(form)

    def done(self) -> HttpResponse:
        """Redirect to the plan while it is under review, else to the queue."""
        reviewing = self.transition.verb in ("start_review", "take_over")
        return redirect(self.back_url if reviewing else reverse("admin:plans_plan_changelist"))
