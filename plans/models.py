"""Plans: what a partner intends to do with the operator's money, submitted for approval.

Source: docs/domain.md, "Plan statuses".
"""

import uuid
from dataclasses import dataclass
from datetime import date

import pgtrigger
from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import Location, OrganisationKind, User
from incentives_portal.cases.models import NOT_DELETED, CaseDetail
from incentives_portal.enrollments.rules import status_of
from incentives_portal.installation.triggers import Refuse
from incentives_portal.money import AmountField
from incentives_portal.programs.models import ActivityType, FundType, Market, Program, ProgramYear

from .querysets import ActivityQuerySet, CampaignQuerySet, PlanManager

#: A campaign or activity is in force, in the draft of its plan, or both.
HAS_CONTENT = models.Q(in_force__isnull=False) | models.Q(draft__isnull=False)


@dataclass(frozen=True)
class Part:
    """A campaign of a plan's draft with its activities, in order."""

    campaign: "Campaign"
    activities: "list[Activity]"


class Plan(CaseDetail):
    """One plan per location, program, fund type and program year. Its approved amount is its limit.

    While a revision is edited, the approved version stays in force: campaigns and activities as rows, the fields of
    the plan itself in the approved submission. ``holds_key`` prevents another plan with the same key; discarding
    the plan resets it. Source: docs/domain.md, "Plan key".
    """

    location = models.ForeignKey(Location, models.PROTECT, related_name="plans", verbose_name=_("location"))
    program = models.ForeignKey(Program, models.PROTECT, related_name="plans", verbose_name=_("program"))
    market = models.ForeignKey(Market, models.PROTECT, related_name="plans", verbose_name=_("market"))
    fund_type = models.ForeignKey(FundType, models.PROTECT, related_name="plans", verbose_name=_("fund type"))
    program_year = models.ForeignKey(ProgramYear, models.PROTECT, related_name="plans", verbose_name=_("program year"))
    description = models.TextField(_("description"), blank=True)
    reviewer_email = models.EmailField(_("reviewer email"))
    holds_key = models.BooleanField(default=True)

    objects = PlanManager()

    #: The number of campaigns in the draft, if ``for_page`` has counted them.
    campaign_count: int | None = None

    class Meta:
        triggers = NOT_DELETED
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        constraints = [
            models.UniqueConstraint(
                name="plan_once",
                fields=["location", "program", "fund_type", "program_year"],
                condition=models.Q(holds_key=True),
            ),
        ]
        indexes = [
            # Plan Management: the plans of a location's program, newest first.
            models.Index(name="plan_list", fields=["location", "program", "-case"]),
        ]

    @cached_property
    def enrolment_status(self) -> str | None:
        """The status of the location's enrollment in the program now. One query, unless ``for_page`` has read it."""
        return status_of(self.location_id, self.program_id)

    def get_absolute_url(self) -> str:
        return reverse("plans:detail", args=[self.public_id])

    @property
    def time_zone(self) -> str:
        """Read from the plan's own program, which is loaded with it and is the same as that of the case."""
        return self.program.calendar.time_zone

    @property
    def named_reviewer(self) -> User | None:
        """The active operator user with the reviewer email, if there is one. One query."""
        of_operator = User.objects.filter(is_active=True, organisation__kind=OrganisationKind.OPERATOR)
        return of_operator.filter(email__iexact=self.reviewer_email).first()

    @cached_property
    def parts(self) -> list[Part]:
        """Campaigns and activities of the draft, read once per instance.

        One query; a second one if a campaign may be without activities.
        """
        by_campaign: dict[int, Part] = {}
        for activity in Activity.objects.filter(campaign__plan=self.pk).drafts().select_related("campaign__in_force"):
            activity.campaign.plan = self
            by_campaign.setdefault(activity.campaign_id, Part(activity.campaign, [])).activities.append(activity)
        if self.campaign_count != len(by_campaign):
            for campaign in self.campaigns.drafts():
                by_campaign.setdefault(campaign.pk, Part(campaign, []))
        return sorted(by_campaign.values(), key=lambda part: (part.campaign.draft.starts, part.campaign.pk))

    @cached_property
    def starts(self) -> list[date] | None:
        """The start dates of the campaigns in force. One query, unless ``for_page`` or ``for_list`` has read them."""
        return list(self.campaigns.in_force().values_list("in_force__starts", flat=True))


#: Trigger for content models: the database refuses updates, so that what is in force cannot be edited by mistake.
WRITTEN_ONCE = [Refuse(name="written_once", operation=pgtrigger.Update)]


class CampaignContent(models.Model):
    """The fields of a campaign. An edit inserts another row.

    Execution dates of proofs must be within its dates (example PO-1).
    """

    name = models.CharField(_("name"), max_length=120)
    starts = models.DateField(_("start date"))
    ends = models.DateField(_("end date"))

    class Meta:
        constraints = [models.CheckConstraint(name="campaign_order", condition=models.Q(starts__lte=models.F("ends")))]
        triggers = WRITTEN_ONCE

    def __str__(self) -> str:
        return self.name

    @property
    def bounds(self) -> tuple[date, date]:
        return self.starts, self.ends


class Campaign(models.Model):
    """A part of a plan with start and end date: the version in force and the draft.

    Forms edit ``draft``; ``in_force`` is what was approved. Both are the same row until a revision changes the
    draft. A campaign without a draft was removed by the revision; one that is not in force is new.
    ``services.in_force.put_in_force`` copies the draft to ``in_force``.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="campaigns")
    in_force = models.OneToOneField(CampaignContent, models.PROTECT, null=True, related_name="+")
    draft = models.OneToOneField(CampaignContent, models.PROTECT, null=True, related_name="+")

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="campaign_has_content", condition=HAS_CONTENT)]

    def __str__(self) -> str:
        return str(self.draft or self.in_force)


class ActivityContent(models.Model):
    """The fields of an activity: a type of the catalog, in one or more countries. An edit inserts another row."""

    activity_type = models.ForeignKey(ActivityType, models.PROTECT, related_name="+", verbose_name=_("activity type"))
    name = models.CharField(_("name"), max_length=120)
    goal = models.CharField(_("goal"), max_length=200, blank=True)
    countries = models.JSONField(_("countries/regions"), default=list)
    planned_amount = AmountField(_("planned amount"))

    class Meta:
        constraints = [
            models.CheckConstraint(name="activity_planned_positive", condition=models.Q(planned_amount__gt=0))
        ]
        triggers = WRITTEN_ONCE

    def __str__(self) -> str:
        return self.name


class Activity(models.Model):
    """One planned activity.

    ``in_force`` and ``draft`` work as for a campaign; proofs are for the version in force.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="activities")
    in_force = models.OneToOneField(ActivityContent, models.PROTECT, null=True, related_name="+")
    draft = models.OneToOneField(ActivityContent, models.PROTECT, null=True, related_name="+")

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="activity_has_content", condition=HAS_CONTENT)]

    def __str__(self) -> str:
        return str(self.draft or self.in_force)
