"""Which plans exist for a person, and what lists and pages of them need."""

from typing import TYPE_CHECKING

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce

from incentives_portal.cases.querysets import CaseDetailQuerySet

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Activity, Campaign, Plan  # noqa: F401

#: What every page, letter and verb of a plan asks for.
HEAD = (
    "case__assignee",
    "case__organisation",
    "location__organisation",
    "program__calendar",
    "market",
    "fund_type",
    "program_year",
)


def _of_campaigns(figure: models.Aggregate) -> models.Subquery:
    """A figure of the campaigns of the plan of the row."""
    from .models import Campaign

    campaigns = Campaign.objects.filter(plan=models.OuterRef("pk")).order_by().values("plan")
    return models.Subquery(campaigns.annotate(figure=figure).values("figure"))


class PlanQuerySet(CaseDetailQuerySet["Plan"]):
    capability = "plan.read"

    def for_page(self) -> "PlanQuerySet":
        """With what every page that shows a plan's head needs. One query."""
        rows = self.select_related(*HEAD, "case__submission__by__organisation", "case__approved_submission")
        # A plan reads both by itself where they were not asked for: hence names that it has.
        return rows.annotate(  # type: ignore[no-redef]
            campaign_count=Coalesce(_of_campaigns(models.Count("pk")), 0),
            starts=_of_campaigns(ArrayAgg("starts", default=Value([]))),
        )

    def for_list(self) -> "PlanQuerySet":
        """With what a row of a list shows; without the long text. One query."""
        rows = self.select_related(*HEAD).defer("description")
        return rows.annotate(starts=_of_campaigns(ArrayAgg("starts", default=Value([]))))  # type: ignore[no-redef]


class PlanManager(models.Manager.from_queryset(PlanQuerySet)):  # type: ignore[misc]
    """Plans come with their head and whose desk they are on: the engine, which reads them again under their lock, asks for it each time."""

    def get_queryset(self) -> PlanQuerySet:
        return super().get_queryset().select_related(*HEAD)


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, user: "User") -> "CampaignQuerySet":
        """The campaigns of the plans that exist for the person."""
        from .models import Plan

        return self.filter(plan__in=Plan.objects.visible_to(user))


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, user: "User") -> "ActivityQuerySet":
        """The activities of the plans that exist for the person."""
        from .models import Plan

        return self.filter(campaign__plan__in=Plan.objects.visible_to(user))

    def approved(self) -> "ActivityQuerySet":
        """The activities that may be carried out and proved: those of approved submissions."""
        return self.filter(approved=True)
