"""Which proofs are visible to a user, and what their pages need."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from incentives_portal.cases.enums import COUNTING, DISCARDED
from incentives_portal.cases.querysets import CaseDetailQuerySet

if TYPE_CHECKING:
    from incentives_portal.documents.models import DocumentVersion

    from .models import Proof  # noqa: F401

#: The relations that every page and verb of a proof reads: scope, track, deadlines, requirements.
HEAD = ("case__organisation", "case__location", "case__program__calendar", "activity_type")


#: How much a claim counts against limits, in its currency: the approved amount, else the requested one.
TAKEN = Coalesce("case__approved_amount", "case__requested_amount")


class ProofQuerySet(CaseDetailQuerySet["Proof"]):
    capability = "poe.read"

    def for_page(self) -> "ProofQuerySet":
        """With the relations that every page of a proof shows, including the activity in force. One query."""
        return self.select_related(
            *HEAD,
            "activity__campaign__plan__case",
            "activity__campaign__in_force",
            "activity__in_force",
            "case__usage_period",
            "case__claim",
        )

    def counting(self) -> "ProofQuerySet":
        """Proofs whose claims count against limits: approved, or pending (``cases.enums.COUNTING``)."""
        return self.filter(case__status__in=COUNTING).order_by()

    def live(self) -> "ProofQuerySet":
        """Proofs that were not discarded."""
        return self.exclude(case__status=DISCARDED, case__submitted_at=None)

    def with_unsent_file(self, version: "DocumentVersion") -> "ProofQuerySet":
        """Proofs with this file that were not submitted with it."""
        return self.with_file(version).exclude(sent_files__version=version)

    def with_file(self, version: "DocumentVersion") -> "ProofQuerySet":
        """Proofs that have this file or were submitted with it.

        Files that no proof has yet are missing here; they are refused when they are to be attached.
        """
        document = version.document_id
        held = Q(invoices__document=document) | Q(documents__document=document) | Q(sent_files__version=version)
        return self.filter(held).select_related("case").distinct()


class ProofManager(models.Manager.from_queryset(ProofQuerySet)):  # type: ignore[misc]
    """Reads case, scope and activity type with each proof, as the engine needs them each time it locks one."""

    def get_queryset(self) -> ProofQuerySet:
        return super().get_queryset().select_related(*HEAD)
