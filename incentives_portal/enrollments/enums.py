"""The statuses that an enrollment can have (docs/domain.md, "Enrollment statuses")."""

from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.enums import ACTION_REQUIRED
from incentives_portal.cases.state_machine import Status

INVITED = "invited"
VALIDATING = "validating_enrollment"
ENROLLED = "enrolled"
INACTIVE = "inactive"
INELIGIBLE = "ineligible"
DISCONTINUED = "discontinued"

STATUSES = (
    Status(INVITED, _("Invited"), "submitted", "envelope", _("Invited by the operator; nothing begun."), "partner"),
    Status(
        ACTION_REQUIRED,
        _("Action required"),
        "action",
        "exclamation-circle",
        _("Something is missing or out of date before the location can take part."),
        "partner",
    ),
    Status(
        VALIDATING,
        _("Validating enrollment"),
        "review",
        "eye",
        _("What was given is being checked, which takes up to 48 hours."),
        "operator",
    ),
    Status(ENROLLED, _("Enrolled"), "approved", "check-lg", _("The location takes part."), "nobody"),
    Status(
        INACTIVE,
        _("Inactive"),
        "editing",
        "hourglass-split",
        _("The program is not open for enrollment now, or the enrollment is suspended."),
        "nobody",
    ),
    Status(INELIGIBLE, _("Ineligible"), "rejected", "x-lg", _("The criteria of the program are not met."), "nobody"),
    Status(DISCONTINUED, _("Discontinued"), "editing", "x-circle", _("The program is no longer offered."), "nobody"),
)
