"""The kinds of cases and the statuses that the database accepts for each (docs/domain.md, "Statuses")."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CaseKind(models.TextChoices):
    PLAN = "plan", _("Plan")
    CLAIM = "claim", _("Claim")
    ENROLMENT = "enrolment", _("Enrollment")
    ASSOCIATION = "association", _("Customer association")


class ActorKind(models.TextChoices):
    """Who acted: a user, the portal itself (a scanner, a timer), or somebody with a link and no account."""

    USER = "user", _("User")
    SYSTEM = "system", _("System")
    OUTSIDER = "outsider", _("External person")


class Outcome(models.TextChoices):
    """The outcome of the decision about a submission."""

    APPROVED = "approved", _("Approved")
    ACTION_REQUIRED = "action_required", _("Action required")
    REJECTED = "rejected", _("Rejected")


class Safeguard(models.TextChoices):
    """A rule that yields in exceptions: where nobody else is left to decide, a limit cannot be computed, or terms have changed."""

    OWN_REJECTION = "own_rejection", _("Own rejection")
    FOUR_EYES = "four_eyes", _("Four eyes")
    SECOND_APPROVAL = "second_approval", _("Second approval")
    LIMIT = "limit", _("Limit not computed")
    TERMS = "terms", _("Terms of the submission")


EDITING = "editing"
SUBMITTED = "submitted"
UNDER_REVIEW = "under_review"
ACTION_REQUIRED = "action_required"
APPROVED = "approved"
REJECTED = "rejected"
DISPUTED = "disputed"
DISCARDED = "discarded"

#: Statuses that wait for the operator, and those in which the partner is writing or has to fix something.
WAITING = (SUBMITTED, UNDER_REVIEW, DISPUTED)
WITH_PARTNER = (EDITING, ACTION_REQUIRED)
#: Statuses that count against limits besides approved amounts: requested, and neither rejected nor withdrawn. A
#: disputed claim does not count, as no limit may prevent a dispute; its approval checks the limits instead.
PENDING = (SUBMITTED, UNDER_REVIEW, ACTION_REQUIRED)
COUNTING = (*PENDING, APPROVED)

_REVIEWED = (EDITING, SUBMITTED, UNDER_REVIEW, ACTION_REQUIRED, APPROVED, REJECTED, DISCARDED)

#: Kind → statuses that its rows can have. checks.py compares it with the state machines.
STATUSES: dict[str, tuple[str, ...]] = {
    CaseKind.PLAN: _REVIEWED,
    CaseKind.CLAIM: (*_REVIEWED, DISPUTED),
    CaseKind.ENROLMENT: (
        "invited",
        ACTION_REQUIRED,
        "validating_enrollment",
        "enrolled",
        "inactive",
        "ineligible",
        "discontinued",
    ),
}
