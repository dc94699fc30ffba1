"""The kinds of cases and the statuses that the database accepts for each (docs/domain.md, "Statuses")."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CaseKind(models.TextChoices):
    PLAN = "plan", _("Plan")
    CLAIM = "claim", _("Claim")
    ENROLMENT = "enrolment", _("Enrollment")
    ASSOCIATION = "association", _("Customer association")


class ActorKind(models.TextChoices):
    """Who did something: a person with an account, the portal by itself (a scanner, a clock), or somebody with a link and no account."""

    USER = "user", _("User")
    SYSTEM = "system", _("System")
    OUTSIDER = "outsider", _("External person")


class Outcome(models.TextChoices):
    """How a submission was decided."""

    APPROVED = "approved", _("Approved")
    ACTION_REQUIRED = "action_required", _("Action required")
    REJECTED = "rejected", _("Rejected")


EDITING = "editing"
SUBMITTED = "submitted"
UNDER_REVIEW = "under_review"
ACTION_REQUIRED = "action_required"
APPROVED = "approved"
REJECTED = "rejected"
DISPUTED = "disputed"
DISCARDED = "discarded"

#: What waits for the operator, and what the partner is writing or has to fix.
WAITING = (SUBMITTED, UNDER_REVIEW, DISPUTED)
WITH_PARTNER = (EDITING, ACTION_REQUIRED)
#: What counts against limits beside approved amounts: asked for, and neither refused nor withdrawn. A disputed claim does not: nothing may
#: stand in the way of a dispute, so its approval checks the limits instead.
PENDING = (SUBMITTED, UNDER_REVIEW, ACTION_REQUIRED)
COUNTING = (*PENDING, APPROVED)

_REVIEWED = (EDITING, SUBMITTED, UNDER_REVIEW, ACTION_REQUIRED, APPROVED, REJECTED, DISCARDED)

#: Kind → statuses that its rows can have. A check compares it with the state machines (checks.py).
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
