"""Which claims exist for a person, and what lists of them need."""

from typing import TYPE_CHECKING

from django.db import models

from incentives_portal.accounts.capabilities import scope_q

from .enums import DISCARDED, EDITING

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Claim  # noqa: F401

#: The paths from a claim to what permissions are about.
SCOPE_PATHS = {
    "organisation": "proof__location__organisation_id",
    "program": "proof__program_id",
    "location": "proof__location_id",
}


class ClaimQuerySet(models.QuerySet["Claim"]):
    def visible_to(self, user: "User") -> "ClaimQuerySet":
        """The claims that exist for the person: the operator does not see what was never submitted; nobody what is discarded."""
        claims = self.exclude(status=DISCARDED).filter(scope_q(user, "claim.read", **SCOPE_PATHS))
        return claims.exclude(status=EDITING, submitted_at=None) if user.is_operator else claims

    def for_page(self) -> "ClaimQuerySet":
        """With what every page that shows a claim's head needs. One query."""
        return self.select_related(
            "thread__assignment__user",
            "proof__thread",
            "proof__location__organisation",
            "proof__program__calendar",
            "proof__activity_type",
            "proof__activity__campaign__plan__thread",
            "proof__activity__campaign__plan__approved_submission",
            "proof__usage_period",
            "submission__by",
        )

    def for_list(self) -> "ClaimQuerySet":
        """With what a row of a list shows, and without the long texts of proofs and submissions. One query."""
        return (
            self.select_related(None)
            .select_related(
                "thread__assignment__user",
                "proof__location__organisation",
                "proof__program__calendar",
                "proof__activity_type",
                "proof__usage_period",
            )
            .defer("proof__final_comments")
        )


class ClaimManager(models.Manager.from_queryset(ClaimQuerySet)):  # type: ignore[misc]
    """Claims come with their thread, and with the proof, location, program and submitter: every verb asks about them."""

    def get_queryset(self) -> ClaimQuerySet:
        return (
            super()
            .get_queryset()
            .select_related("thread", "proof__location__organisation", "proof__program__calendar", "submission__by")
        )
