"""Claims: the case in which a partner asks for money for an activity that was carried out (docs/domain.md, "Proof and claim")."""

from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.models import CaseDetail, Event, Submission
from incentives_portal.cases.state_machine import Status
from incentives_portal.documents.models import APPEND_ONLY
from incentives_portal.money import AmountField
from proofs.models import Proof

from .enums import Outcome
from .querysets import ClaimManager, DecisionQuerySet
from .transitions import MACHINE


class Claim(CaseDetail):
    """The claim for what a proof shows, once it was created: before that, its case is a proof that is being written.

    ``created_by`` is who may submit it where users submit their own claims; ``round`` counts the disputes about the last submission.
    """

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField(default=0)

    objects = ClaimManager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")

    def __str__(self) -> str:
        return f"{self.case.reference} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("claims:detail", args=[self.public_id])

    @property
    def proof(self) -> Proof:
        return self.case.proof

    @property
    def asked(self) -> Decimal:
        """What the partner asks for, in ``currency``."""
        return self.requested_amount

    @cached_property
    def rejecters(self) -> frozenset[int]:
        """Keys of who has rejected what was submitted last: nobody of them decides a dispute about it. One query."""
        rejections = self.decisions.filter(submission=self.case.submission_id, outcome=Outcome.REJECTED)
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
    """The partner contests a rejection; another person decides, within five business days (docs/domain.md, "Dispute due date")."""

    contested = models.OneToOneField(Decision, models.PROTECT, related_name="dispute")
    words = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.words[:60]
