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
    Status(INVITED, _("Invited"), "submitted", "envelope", _("Invited by the operator; not started yet."), "partner"),
    Status(
        ACTION_REQUIRED,
        _("Action required"),
        "action",
        "exclamation-circle",
        _("Something is missing or out of date and must be fixed before the location can take part."),
        "partner",
    ),
    Status(
        VALIDATING,
        _("Validating enrollment"),
        "review",
        "eye",
        _("The information provided is being checked. This takes up to 48 hours."),
        "operator",
    ),
    Status(ENROLLED, _("Enrolled"), "approved", "check-lg", _("The location takes part."), "nobody"),
    Status(
        INACTIVE,
        _("Inactive"),
        "editing",
        "hourglass-split",
        _("The program is not currently open for enrollment, or the enrollment is suspended."),
        "nobody",
    ),
    Status(
        INELIGIBLE, _("Ineligible"), "rejected", "x-lg", _("The location does not meet the program criteria."), "nobody"
    ),
    Status(DISCONTINUED, _("Discontinued"), "editing", "x-circle", _("The program is no longer offered."), "nobody"),
)
