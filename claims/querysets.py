"""Relations and files that lists and pages of claims read. What is visible to whom is in cases/querysets.py."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from incentives_portal.cases.querysets import CaseDetailQuerySet
from incentives_portal.enrollments.querysets import status_at

if TYPE_CHECKING:
    from incentives_portal.documents.models import DocumentVersion

    from .models import Claim  # noqa: F401

#: The relations that every page, letter and verb of a claim reads.
HEAD = ("case__organisation", "case__location", "case__program__calendar", "case__assignee__organisation")


class ClaimQuerySet(CaseDetailQuerySet["Claim"]):
    capability = "claim.read"

    def with_file(self, version: "DocumentVersion") -> "ClaimQuerySet":
        """Claims with the file in a comment or in the submitted proof."""
        brought = Q(case__events__remarks__version=version) | Q(case__proof__sent_files__version=version)
        return self.filter(brought).select_related("case").distinct()

    def with_file_in_comment(self, version: "DocumentVersion") -> "ClaimQuerySet":
        """Claims with the file in a comment."""
        return self.filter(case__events__remarks__version=version).select_related("case").distinct()

    def for_page(self) -> "ClaimQuerySet":
        """With the relations that every page of a claim shows. One query."""
        # Named as the claim's own attribute, which is computed only where it was not annotated.
        status = status_at("case__location", "case__program")
        claims = self.annotate(enrolment_status=status)  # type: ignore[no-redef]
        return claims.select_related(None).select_related(
            *HEAD,
            "case__submission__by",
            "case__proof__activity_type",
            "case__proof__activity__campaign__plan__case",
            "case__proof__activity__campaign__in_force",
            "case__proof__activity__in_force",
            "case__usage_period",
        )


class ClaimManager(models.Manager.from_queryset(ClaimQuerySet)):  # type: ignore[misc]
    """Reads case, scope, assignee, submitter and proof with each claim, as every verb needs them."""

    def get_queryset(self) -> ClaimQuerySet:
        return super().get_queryset().select_related(*HEAD, "case__submission__by", "case__proof")
