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
    Status(EDITING, _("Editing"), "editing", "pencil", _("Being edited. Not submitted yet."), "partner", True),
    Status(
        SUBMITTED, _("Submitted"), "submitted", "send", _("Submitted and locked. Waiting for a reviewer."), "operator"
    ),
    Status(UNDER_REVIEW, _("Under review"), "review", "eye", _("A reviewer is checking it. It is locked."), "operator"),
    Status(
        ACTION_REQUIRED,
        _("Action required"),
        "action",
        "exclamation-circle",
        _("The reviewer requested changes. Fix the marked items and resubmit."),
        "partner",
        True,
    ),
    Status(APPROVED, _("Approved"), "approved", "check-lg", _("Accepted."), "nobody"),
    Status(REJECTED, _("Rejected"), "rejected", "x-lg", _("Rejected with a reason. It can be disputed."), "nobody"),
    Status(
        DISPUTED,
        _("Disputed"),
        "disputed",
        "flag",
        _("Another person is reviewing the rejection."),
        "operator",
    ),
    Status(
        DISCARDED,
        _("Discarded"),
        "editing",
        "trash",
        _("Discarded as a draft or canceled by the partner."),
        "nobody",
    ),
)
