"""Which plans are visible to a user, and what lists and pages of them need."""

from typing import TYPE_CHECKING

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce

from incentives_portal.cases.querysets import CaseDetailQuerySet
from incentives_portal.enrollments.querysets import status_at

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Activity, Campaign, Plan  # noqa: F401

#: The relations that every page, letter and verb of a plan reads.
HEAD = (
    "case__assignee",
    "case__organisation",
    "location__organisation",
    "program__calendar",
    "market",
    "fund_type",
    "program_year",
)


def _of_campaigns(content: str, figure: models.Aggregate) -> models.Subquery:
    """An aggregate over the campaigns of the plan, of those in the draft or of those in force."""
    from .models import Campaign

    campaigns = Campaign.objects.filter(plan=models.OuterRef("pk"), **{f"{content}__isnull": False})
    return models.Subquery(campaigns.order_by().values("plan").annotate(figure=figure).values("figure"))


def _starts() -> models.Subquery:
    return _of_campaigns("in_force", ArrayAgg("in_force__starts", default=Value([])))


class PlanQuerySet(CaseDetailQuerySet["Plan"]):
    capability = "plan.read"

    def for_page(self) -> "PlanQuerySet":
        """With the relations that every page of a plan shows. One query."""
        rows = self.select_related(*HEAD, "case__submission__by__organisation", "case__approved_submission")
        # The annotations have the names of the plan's own attributes, which are computed only where they were not
        # annotated.
        return rows.annotate(  # type: ignore[no-redef]
            campaign_count=Coalesce(_of_campaigns("draft", models.Count("pk")), 0),
            starts=_starts(),
            enrolment_status=status_at("location", "program"),
        )

    def for_list(self) -> "PlanQuerySet":
        """With the relations that a row of a list shows, without the long text. One query."""
        rows = self.select_related(*HEAD).defer("description")
        return rows.annotate(starts=_starts())  # type: ignore[no-redef]


class PlanManager(models.Manager.from_queryset(PlanQuerySet)):  # type: ignore[misc]
    """Reads case, assignee and scope with each plan, as the engine needs them each time it locks one."""

    def get_queryset(self) -> PlanQuerySet:
        return super().get_queryset().select_related(*HEAD)


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def drafts(self) -> "CampaignQuerySet":
        """Campaigns of the draft, with its content."""
        return self.filter(draft__isnull=False).select_related("draft")

    def in_force(self) -> "CampaignQuerySet":
        """Campaigns in force, with their content."""
        return self.filter(in_force__isnull=False).select_related("in_force")


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, user: "User") -> "ActivityQuerySet":
        """Activities of plans that are visible to the user."""
        from .models import Plan

        return self.filter(campaign__plan__in=Plan.objects.visible_to(user))

    def drafts(self) -> "ActivityQuerySet":
        """Activities of the draft, with its content and that of their campaigns."""
        return self.filter(draft__isnull=False).select_related("campaign__draft", "draft__activity_type")

    def in_force(self) -> "ActivityQuerySet":
        """Activities in force, with their content and that of their campaigns."""
        return self.filter(in_force__isnull=False).select_related("campaign__in_force", "in_force__activity_type")

    def open_for_proofs(self) -> "ActivityQuerySet":
        """Activities in force that the current revision has not removed.

        The next approval would withdraw the others, so no proof may be created for them.
        """
        return self.in_force().filter(draft__isnull=False)
