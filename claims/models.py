"""Claims: a partner requests money for an activity that was carried out.

Source: docs/domain.md, "Proof and claim".
"""

from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.enums import Outcome
from incentives_portal.cases.models import NOT_DELETED, Approval, CaseDetail, Decision
from incentives_portal.enrollments.rules import status_of
from incentives_portal.installation.triggers import APPEND_ONLY
from proofs.models import Proof

from .querysets import ClaimManager


class Claim(CaseDetail):
    """The claim for a proof. Before it is created, its case is that of a proof in progress.

    ``created_by`` is the user who may submit it in programs where users submit their own claims.
    """

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ClaimManager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        triggers = NOT_DELETED

    def get_absolute_url(self) -> str:
        return reverse("claims:detail", args=[self.public_id])

    @property
    def proof(self) -> Proof:
        return self.case.proof

    @property
    def asked(self) -> Decimal:
        """The amount that the partner requests, in ``currency``."""
        return self.requested_amount

    @cached_property
    def rejecters(self) -> frozenset[int]:
        """Keys of the users who rejected the last submission.

        None of them may decide a dispute about it. One query.
        """
        rejections = self.case.decisions.filter(submission=self.case.submission_id, outcome=Outcome.REJECTED)
        return frozenset(rejections.values_list("by_id", flat=True))

    @cached_property
    def enrolment_status(self) -> str | None:
        """The status of the location's enrollment in the program now. One query, unless ``for_page`` has read it."""
        return status_of(self.case.location_id, self.case.program_id)

    @cached_property
    def plan_approvers(self) -> frozenset[int]:
        """Keys of the users who approved the plan, once or as one of two, if the program keeps them from its claims.

        One query; none without a plan.
        """
        case = self.case
        if case.parent_id is None or not case.program.four_eyes:
            return frozenset()
        decided = Decision.objects.filter(case=case.parent_id, outcome=Outcome.APPROVED)
        approved = Approval.objects.filter(case=case.parent_id)
        return frozenset(decided.values_list("by_id", flat=True).union(approved.values_list("by_id", flat=True)))


class Dispute(models.Model):
    """The partner's dispute of a rejection.

    Another user decides it, within the days that the program sets (docs/domain.md, "Dispute due date").
    """

    contested = models.OneToOneField(Decision, models.PROTECT, related_name="dispute")
    comment = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.comment[:60]
