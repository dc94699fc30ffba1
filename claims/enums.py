"""The statuses that a claim can have (docs/domain.md, "Claim statuses")."""

from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.enums import (
    ACTION_REQUIRED,
    APPROVED,
    DISCARDED,
    DISPUTED,
    EDITING,
    REJECTED,
    SUBMITTED,
    UNDER_REVIEW,
)
from incentives_portal.cases.state_machine import Status

STATUSES = (
    Status(EDITING, _("Editing"), "editing", "pencil", _("Being written; nothing was sent yet."), "partner", True),
    Status(
        SUBMITTED, _("Submitted"), "submitted", "send", _("Sent in and locked; it waits for a reviewer."), "operator"
    ),
    Status(UNDER_REVIEW, _("Under review"), "review", "eye", _("A reviewer is checking it; it is locked."), "operator"),
    Status(
        ACTION_REQUIRED,
        _("Action required"),
        "action",
        "exclamation-circle",
        _("The reviewer asks for more: mend what is marked and submit it again."),
        "partner",
        True,
    ),
    Status(APPROVED, _("Approved"), "approved", "check-lg", _("Accepted."), "nobody"),
    Status(REJECTED, _("Rejected"), "rejected", "x-lg", _("Refused, with reasons; it can be disputed."), "nobody"),
    Status(
        DISPUTED,
        _("Disputed"),
        "disputed",
        "flag",
        _("The rejection is being looked at again, by another person."),
        "operator",
    ),
    Status(
        DISCARDED,
        _("Discarded"),
        "editing",
        "trash",
        _("Thrown away as a draft, or given up by the partner."),
        "nobody",
    ),
)
