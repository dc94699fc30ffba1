"""Claims: the case in which a partner asks for money for an activity that was carried out (domain.md 7)."""

import uuid
from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.capabilities import Scope
from incentives_portal.cases.models import Case, Event, Submission
from incentives_portal.cases.state_machine import Status
from incentives_portal.documents.models import APPEND_ONLY
from incentives_portal.money import AmountField
from proofs.models import Proof

from .enums import EDITING, MACHINE, WAITING, WITH_PARTNER, Outcome
from .querysets import ClaimManager, DecisionQuerySet


class Claim(models.Model):
    """One claim per proof; the only status machine of the two. Amounts are in the proof's currency.

    ``submission`` is what was sent in last, and ``round`` how many disputes there were about it. ``due_at`` is until when whoever has the
    claim now should act: the partner while it is being written, the operator while it waits for a decision.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.OneToOneField(Case, models.PROTECT, related_name="claim")
    proof = models.OneToOneField(Proof, models.PROTECT, related_name="claim")
    status = models.CharField(_("status"), max_length=24, default=EDITING)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    submission = models.OneToOneField(Submission, models.PROTECT, null=True, blank=True, related_name="+")
    round = models.PositiveSmallIntegerField(default=0)
    submitted_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    approved_amount = AmountField(_("approved amount"), null=True, blank=True)

    objects = ClaimManager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.CheckConstraint(
                name="claim_status_known", condition=models.Q(status__in=[status.code for status in MACHINE.statuses])
            ),
            models.CheckConstraint(
                name="claim_approved_amount",
                condition=models.Q(status="approved", approved_amount__gte=0)
                | (~models.Q(status="approved") & models.Q(approved_amount=None)),
            ),
            models.CheckConstraint(
                name="claim_submitted_whole",
                condition=models.Q(submission=None, submitted_at=None)
                | models.Q(submission__isnull=False, submitted_at__isnull=False),
            ),
        ]
        indexes = [
            # The review desk, queries.queue(): what waits for a decision, due first.
            models.Index(name="claim_queue", fields=["due_at", "id"], condition=models.Q(status__in=WAITING)),
            # Home, queries.returned_to(), drafts_of() and due_soon_for(): what partners have to go on with; most claims are closed.
            models.Index(
                name="claim_with_partner", fields=["status", "due_at"], condition=models.Q(status__in=WITH_PARTNER)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case.reference} {self.proof.name}"

    def get_absolute_url(self) -> str:
        return reverse("claims:detail", args=[self.public_id])

    @property
    def scope(self) -> Scope:
        return self.proof.scope

    @property
    def state(self) -> Status:
        """The present status, for its tag."""
        return MACHINE.status(self.status)

    @property
    def is_editable(self) -> bool:
        return MACHINE.status(self.status).editable

    @property
    def time_zone(self) -> str:
        """Where the claim's deadlines end."""
        return self.proof.time_zone

    @property
    def asked(self) -> Decimal:
        """What the partner asks for."""
        return self.proof.amount

    @property
    def currency(self) -> str:
        return self.proof.currency

    @cached_property
    def rejecters(self) -> frozenset[int]:
        """Keys of who has rejected what was submitted last: nobody of them decides a dispute about it. One query."""
        rejections = self.decisions.filter(submission=self.submission_id, outcome=Outcome.REJECTED)
        return frozenset(rejections.values_list("by_id", flat=True))

    @cached_property
    def last_decision(self) -> "Decision | None":
        """The decision that stands, or that was the last before the present submission."""
        return self.decisions.select_related("by", "event__reason").order_by("-pk").first()


class Decision(models.Model):
    """What was decided about a submission, by whom: round 0 is the first decision, round n the one about the n-th dispute."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="decisions")
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    approved_amount = AmountField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    event = models.OneToOneField(Event, models.PROTECT, related_name="decision")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="decision_once", fields=["submission", "round"]),
            models.CheckConstraint(
                name="decision_amount",
                condition=models.Q(outcome="approved", approved_amount__gte=0)
                | (~models.Q(outcome="approved") & models.Q(approved_amount=None)),
            ),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.claim_id} {self.outcome}"

    @property
    def status(self) -> Status:
        """The status to which the decision led, for its tag."""
        return MACHINE.status(self.outcome)


class Dispute(models.Model):
    """The partner contests a rejection; another person decides, within five business days (domain.md 7.3)."""

    contested = models.OneToOneField(Decision, models.PROTECT, related_name="dispute")
    words = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.words[:60]
