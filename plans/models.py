"""Plans: what a partner intends to do with the operator's money, sent for approval (domain.md 5)."""

import uuid
from dataclasses import dataclass
from datetime import date

from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.capabilities import Scope
from incentives_portal.accounts.models import Location
from incentives_portal.cases.models import Case, Submission
from incentives_portal.cases.state_machine import Status
from incentives_portal.money import AmountField, CurrencyField
from incentives_portal.programs.models import ActivityType, FundType, Market, Program, ProgramYear

from .enums import DISCARDED, EDITING, MACHINE
from .querysets import ActivityQuerySet, CampaignQuerySet, PlanManager


@dataclass(frozen=True)
class Part:
    """A campaign of a plan with its activities, in order."""

    campaign: "Campaign"
    activities: "list[Activity]"


class Plan(models.Model):
    """One plan per location, program, fund type and program year (rule P1); the approved amount is its limit.

    ``due_at`` is until when the partner may submit, while it is the partner's turn. While a revision is edited, ``approved_submission``
    and ``approved_amount`` stay in force; the rows of campaigns and activities are those of the revision.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.OneToOneField(Case, models.PROTECT, related_name="plan")
    location = models.ForeignKey(Location, models.PROTECT, related_name="plans", verbose_name=_("location"))
    program = models.ForeignKey(Program, models.PROTECT, related_name="plans", verbose_name=_("program"))
    market = models.ForeignKey(Market, models.PROTECT, related_name="plans", verbose_name=_("market"))
    fund_type = models.ForeignKey(FundType, models.PROTECT, related_name="plans", verbose_name=_("fund type"))
    program_year = models.ForeignKey(ProgramYear, models.PROTECT, related_name="plans", verbose_name=_("program year"))
    currency = CurrencyField(_("currency"))
    title = models.CharField(_("title"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    requested_amount = AmountField(_("requested amount"))
    reviewer_email = models.EmailField(_("reviewer email"))
    status = models.CharField(_("status"), max_length=24, default=EDITING)
    version = models.PositiveIntegerField(default=1)
    first_submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_submission = models.ForeignKey(Submission, models.PROTECT, null=True, blank=True, related_name="+")
    approved_amount = AmountField(_("approved amount"), null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)

    objects = PlanManager()

    #: How many campaigns there are, where ``for_page`` has counted them.
    campaign_count: int | None = None

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        constraints = [
            models.UniqueConstraint(
                name="plan_once",
                fields=["location", "program", "fund_type", "program_year"],
                condition=~models.Q(status=DISCARDED),
            ),
            models.CheckConstraint(
                name="plan_status_known", condition=models.Q(status__in=[status.code for status in MACHINE.statuses])
            ),
            models.CheckConstraint(name="plan_requested_positive", condition=models.Q(requested_amount__gt=0)),
            models.CheckConstraint(
                name="plan_approval_whole",
                condition=models.Q(approved_submission=None, approved_amount=None)
                | models.Q(approved_submission__isnull=False, approved_amount__gt=0),
            ),
        ]
        indexes = [
            # The approval queue: what is submitted or under review, longest waiting first.
            models.Index(name="plan_queue", fields=["status", "submitted_at"]),
            # Plan Management: the plans of a location's program, newest first.
            models.Index(name="plan_list", fields=["location", "program", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.case.reference} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("plans:detail", args=[self.public_id])

    @property
    def scope(self) -> Scope:
        return Scope(self.location.organisation_id, self.program_id, self.location_id)

    @property
    def is_editable(self) -> bool:
        return self.state.editable

    @property
    def state(self) -> Status:
        """The status with its word, look and meaning."""
        return MACHINE.status(self.status)

    @cached_property
    def parts(self) -> list[Part]:
        """Campaigns with their activities and types, read once per instance. One query, or two if a campaign may be empty."""
        found: dict[int, Part] = {}
        rows = Activity.objects.filter(campaign__plan=self.pk).select_related("campaign", "activity_type")
        for activity in rows:
            activity.campaign.plan = self
            found.setdefault(activity.campaign_id, Part(activity.campaign, [])).activities.append(activity)
        if self.campaign_count != len(found):
            for campaign in self.campaigns.all():
                found.setdefault(campaign.pk, Part(campaign, []))
        return sorted(found.values(), key=lambda part: (part.campaign.starts, part.campaign.pk))

    @cached_property
    def last_submission(self) -> Submission | None:
        """What was submitted last, with who submitted it. One query per instance."""
        return self.case.submissions.select_related("by__organisation").order_by("-number").first()

    @cached_property
    def starts(self) -> list[date] | None:
        """The days on which its campaigns start, or None. One query, where ``for_page`` or ``for_list`` has not told it."""
        return list(self.campaigns.values_list("starts", flat=True))

    @property
    def time_zone(self) -> str:
        """Where the plan's deadlines end: the zone of the program's calendar."""
        return self.program.calendar.time_zone


class Campaign(models.Model):
    """A part of a plan with a beginning and an end; proofs must lie between them (rule PO-1)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="campaigns")
    name = models.CharField(_("name"), max_length=120)
    starts = models.DateField(_("start date"))
    ends = models.DateField(_("end date"))

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["starts", "pk"]
        constraints = [models.CheckConstraint(name="campaign_order", condition=models.Q(starts__lte=models.F("ends")))]

    def __str__(self) -> str:
        return self.name


class Activity(models.Model):
    """One thing that will be done, of a kind of the catalogue, in one or more countries.

    ``approved``: it is part of the approved submission, so that proofs may hang on it, also while a revision is edited.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="activities")
    activity_type = models.ForeignKey(ActivityType, models.PROTECT, related_name="+", verbose_name=_("activity type"))
    name = models.CharField(_("name"), max_length=120)
    goal = models.CharField(_("goal"), max_length=200, blank=True)
    countries = models.JSONField(_("countries/regions"), default=list)
    planned_amount = AmountField(_("planned amount"))
    approved = models.BooleanField(default=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="activity_planned_positive", condition=models.Q(planned_amount__gt=0))
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def bounds(self) -> tuple[date, date]:
        return self.campaign.starts, self.campaign.ends
