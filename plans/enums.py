"""The statuses that a plan can have (docs/domain.md, "Plan statuses")."""

from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.enums import (
    ACTION_REQUIRED,
    APPROVED,
    DISCARDED,
    EDITING,
    REJECTED,
    SUBMITTED,
    UNDER_REVIEW,
)
from incentives_portal.cases.state_machine import Status

STATUSES = (
    Status(
        EDITING,
        _("Editing"),
        "editing",
        "pencil",
        _("Being written; the operator does not see it as submitted."),
        "partner",
        True,
    ),
    Status(
        SUBMITTED,
        _("Submitted"),
        "submitted",
        "send",
        _("Sent for approval and locked; it waits for a reviewer."),
        "operator",
    ),
    Status(UNDER_REVIEW, _("Under review"), "review", "eye", _("A reviewer is reading it; it is locked."), "operator"),
    Status(
        ACTION_REQUIRED,
        _("Action required"),
        "action",
        "exclamation-circle",
        _("The reviewer asks for a change: edit the plan and submit it again."),
        "partner",
        True,
    ),
    Status(
        APPROVED,
        _("Approved"),
        "approved",
        "check-lg",
        _("Accepted: carry out the activities and file their proofs."),
        "partner",
    ),
    Status(REJECTED, _("Rejected"), "rejected", "x-lg", _("Turned down, with a reason."), "nobody"),
    Status(DISCARDED, _("Discarded"), "editing", "trash", _("Thrown away before it was ever submitted."), "nobody"),
)
