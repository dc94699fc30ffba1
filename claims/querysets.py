"""Which claims exist for a person, and what lists of them need."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from incentives_portal.cases.querysets import CaseDetailQuerySet

if TYPE_CHECKING:
    from incentives_portal.documents.models import DocumentVersion

    from .models import Claim  # noqa: F401

#: What every page, letter and verb of a claim asks for.
HEAD = ("case__organisation", "case__location", "case__program__calendar", "case__assignee__organisation")


class ClaimQuerySet(CaseDetailQuerySet["Claim"]):
    capability = "claim.read"

    def with_file(self, version: "DocumentVersion") -> "ClaimQuerySet":
        """Those to which a comment brought a file, or whose proof had it when it was sent in."""
        brought = Q(case__events__remarks__version=version) | Q(case__proof__sent_files__version=version)
        return self.filter(brought).select_related("case").distinct()

    def with_file_in_comment(self, version: "DocumentVersion") -> "ClaimQuerySet":
        """Those to which a comment brought a file."""
        return self.filter(case__events__remarks__version=version).select_related("case").distinct()

    def for_page(self) -> "ClaimQuerySet":
        """With what every page of a claim shows. One query."""
        return self.select_related(None).select_related(
            *HEAD,
            "case__submission__by",
            "case__proof__activity_type",
            "case__proof__activity__campaign__plan__case",
            "case__proof__activity__campaign__in_force",
            "case__proof__activity__in_force",
            "case__usage_period",
        )


class ClaimManager(models.Manager.from_queryset(ClaimQuerySet)):  # type: ignore[misc]
    """Claims come with their case, whose it is, proof, location, program and submitter: every verb asks about them."""

    def get_queryset(self) -> ClaimQuerySet:
        return super().get_queryset().select_related(*HEAD, "case__submission__by", "case__proof")
