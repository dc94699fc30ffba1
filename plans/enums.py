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
        _("Being edited. Not submitted to the operator yet."),
        "partner",
        True,
    ),
    Status(
        SUBMITTED,
        _("Submitted"),
        "submitted",
        "send",
        _("Submitted for approval and locked. Waiting for a reviewer."),
        "operator",
    ),
    Status(UNDER_REVIEW, _("Under review"), "review", "eye", _("A reviewer is checking it. It is locked."), "operator"),
    Status(
        ACTION_REQUIRED,
        _("Action required"),
        "action",
        "exclamation-circle",
        _("The reviewer requested a change. Edit the plan and resubmit it."),
        "partner",
        True,
    ),
    Status(
        APPROVED,
        _("Approved"),
        "approved",
        "check-lg",
        _("Accepted. Carry out the activities and add their proofs."),
        "partner",
    ),
    Status(REJECTED, _("Rejected"), "rejected", "x-lg", _("Rejected with a reason."), "nobody"),
    Status(DISCARDED, _("Discarded"), "editing", "trash", _("Discarded before it was first submitted."), "nobody"),
)
