"""The transitions of a plan (docs/domain.md, "Plan statuses").

Who holds a capability: ``incentives_portal/accounts/capabilities.py``.
"""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.assignment import is_assigned, refuse_ones_own, refuse_what_a_colleague_has
from incentives_portal.cases.deciders import refuse_approving
from incentives_portal.cases.enums import (
    ACTION_REQUIRED,
    APPROVED,
    DISCARDED,
    EDITING,
    REJECTED,
    SUBMITTED,
    UNDER_REVIEW,
    CaseKind,
)
from incentives_portal.cases.models import Case
from incentives_portal.cases.state_machine import FirstOfTwo, StateMachine, Transition, no_date
from incentives_portal.cases.types import CaseType

from . import rules
from .enums import STATUSES


def _never_submitted(plan: Any) -> bool:
    return plan.case.submitted_at is None


def _is_revision(plan: Any) -> bool:
    return plan.case.approved_submission_id is not None


def _may_be_reworked(plan: Any) -> bool:
    return plan.program.rework_rejected_plans


def _url_for(case: Case, user: User) -> str:
    """Return the page on which the user works: the admin site for those who decide, else the portal."""
    if user.is_staff:
        return reverse("admin:plans_plan_change", args=[case.pk])
    return reverse("plans:detail", args=[case.public_id])


_SUBMIT: dict[str, Any] = {
    "label": _("Submit"),
    "target": SUBMITTED,
    "capability": "plan.write",
    "message": "plan_submitted",
    "due": no_date,
    "tone": "primary",
    "icon": "send",
    "help": _("The plan is submitted for approval and cannot be edited until it is sent back."),
}
_DISCARD_REVISION: dict[str, Any] = {
    "verb": "discard_revision",
    "label": _("Discard revision"),
    "target": APPROVED,
    "capability": "plan.write",
    "event": "plans.plan.revision_discarded",
    "due": no_date,
    "when": _is_revision,
    "tone": "danger",
    "help": _("The plan goes back to the approved version. The approved amount does not change."),
}
_REVIEW: dict[str, Any] = {
    "source": UNDER_REVIEW,
    "capability": "plan.review",
    "decides": True,
    "refusal": refuse_what_a_colleague_has,
    "assigns": "nobody",
}

TRANSITIONS = (
    Transition(verb="submit", source=EDITING, event="plans.plan.submitted", **_SUBMIT),
    Transition(
        verb="resubmit", source=ACTION_REQUIRED, event="plans.plan.resubmitted", **(_SUBMIT | {"label": _("Resubmit")})
    ),
    Transition(
        verb="withdraw",
        label=_("Withdraw"),
        source=SUBMITTED,
        target=EDITING,
        capability="plan.write",
        event="plans.plan.withdrawn",
        due=rules.due_at,
        help=_("The plan comes back to you and you can edit it. The review has not started yet."),
    ),
    Transition(
        verb="discard",
        label=_("Discard"),
        source=EDITING,
        target=DISCARDED,
        capability="plan.write",
        event="plans.plan.discarded",
        due=no_date,
        when=_never_submitted,
        tone="danger",
        help=_(
            "The plan is discarded. This cannot be undone. You can create another plan for the same location, "
            "program, fund type, and year."
        ),
    ),
    Transition(source=EDITING, **_DISCARD_REVISION),
    Transition(source=ACTION_REQUIRED, **_DISCARD_REVISION),
    Transition(source=REJECTED, **_DISCARD_REVISION),
    Transition(
        verb="start_review",
        label=_("Start review"),
        source=SUBMITTED,
        target=UNDER_REVIEW,
        capability="plan.review",
        decides=True,
        event="plans.plan.review_started",
        assigns="actor",
        tone="primary",
        icon="eye",
        help=_("The plan is assigned to you. The partner can no longer withdraw it."),
    ),
    Transition(
        verb="approve",
        label=_("Approve"),
        target=APPROVED,
        event="plans.plan.approved",
        due=no_date,
        message="plan_approved",
        first=FirstOfTwo("plans.plan.first_approved", "plan_second_approval"),
        tone="primary",
        icon="check-lg",
        help=_("The partner can carry out the activities and add proofs, up to the amount that you approve."),
        **(_REVIEW | {"refusal": refuse_approving}),
    ),
    Transition(
        verb="request_action",
        label=_("Request action"),
        target=ACTION_REQUIRED,
        event="plans.plan.action_requested",
        due=rules.due_at,
        message="plan_action_required",
        needs_comment=True,
        needs_reason=True,
        help=_("The plan is sent back to the partner, who fixes it and resubmits it."),
        **_REVIEW,
    ),
    Transition(
        verb="reject",
        label=_("Reject"),
        target=REJECTED,
        event="plans.plan.rejected",
        due=no_date,
        message="plan_rejected",
        needs_comment=True,
        needs_reason=True,
        tone="danger",
        help=_("The plan is rejected. An earlier approval, if any, remains in effect."),
        **_REVIEW,
    ),
    Transition(
        verb="return_to_queue",
        label=_("Return to queue"),
        target=SUBMITTED,
        event="plans.plan.returned_to_queue",
        help=_("The plan goes back to the queue. Any reviewer can pick it up."),
        **_REVIEW,
    ),
    Transition(
        verb="take_over",
        label=_("Take over"),
        target=UNDER_REVIEW,
        event="plans.plan.taken_over",
        message="plan_taken_over",
        tone="primary",
        when=is_assigned,
        help=_("The plan is reassigned from a colleague to you. The colleague is notified."),
        **(_REVIEW | {"refusal": refuse_ones_own, "assigns": "actor"}),
    ),
    Transition(
        verb="revise",
        label=_("Revise"),
        source=APPROVED,
        target=EDITING,
        capability="plan.write",
        event="plans.plan.revision_begun",
        due=rules.due_at,
        icon="pencil",
        help=_("You edit a new version. The approved version remains in effect until the new version is approved."),
    ),
    Transition(
        verb="rework",
        label=_("Rework"),
        source=REJECTED,
        target=EDITING,
        capability="plan.write",
        event="plans.plan.rework_begun",
        due=rules.due_at,
        when=_may_be_reworked,
        icon="pencil",
        help=_("The plan can be edited and resubmitted."),
    ),
)

STATE_MACHINE = StateMachine(kind=CaseKind.PLAN, statuses=STATUSES, transitions=TRANSITIONS)
PLAN = CaseType(
    "PLN",
    STATE_MACHINE,
    read="plan.read",
    contribute="plan.write",
    review="plan.review",
    url_for=_url_for,
)
