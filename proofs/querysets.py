"""Which proofs exist for a person, and what pages of them need."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from incentives_portal.cases.enums import COUNTING, DISCARDED
from incentives_portal.cases.querysets import CaseDetailQuerySet

if TYPE_CHECKING:
    from incentives_portal.documents.models import DocumentVersion

    from .models import Proof  # noqa: F401

#: What every page and every verb of a proof asks for: scope, track, deadlines, what is required.
HEAD = ("case__organisation", "case__location", "case__program__calendar", "activity_type")


#: What the claim of a proof takes of limits, in its currency: what was approved, else what is asked.
TAKEN = Coalesce("case__approved_amount", "case__requested_amount")


class ProofQuerySet(CaseDetailQuerySet["Proof"]):
    capability = "poe.read"

    def for_page(self) -> "ProofQuerySet":
        """With what every page that shows a proof's head needs, what was approved of its activity included. One query."""
        return self.select_related(
            *HEAD,
            "activity__campaign__plan__case",
            "activity__campaign__in_force",
            "activity__in_force",
            "case__usage_period",
            "case__claim",
        )

    def counting(self) -> "ProofQuerySet":
        """Those whose claims take a part of limits: approved, or asked for and neither refused nor withdrawn."""
        return self.filter(case__status__in=COUNTING).order_by()

    def live(self) -> "ProofQuerySet":
        """Without those that were thrown away."""
        return self.exclude(case__status=DISCARDED, case__submitted_at=None)

    def with_unsent_file(self, version: "DocumentVersion") -> "ProofQuerySet":
        """Those that hold a file which was not sent in with them."""
        return self.with_file(version).exclude(sent_files__version=version)

    def with_file(self, version: "DocumentVersion") -> "ProofQuerySet":
        """Those that hold a file now, or held it when they were sent in. A file that none has yet is refused when one is to take it."""
        document = version.document_id
        held = Q(invoices__document=document) | Q(documents__document=document) | Q(sent_files__version=version)
        return self.filter(held).select_related("case").distinct()


class ProofManager(models.Manager.from_queryset(ProofQuerySet)):  # type: ignore[misc]
    """Proofs come with their head: the engine, which reads them again under their lock, asks for the scope each time."""

    def get_queryset(self) -> ProofQuerySet:
        return super().get_queryset().select_related(*HEAD)
