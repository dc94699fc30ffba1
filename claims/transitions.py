"""The transitions of a claim (docs/domain.md, "Claim statuses"). The predicates are in rules.py.

Who holds a capability: ``incentives_portal/accounts/capabilities.py``.
"""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.assignment import (
    is_assigned,
    is_unassigned,
    refuse_what_a_colleague_has,
)
from incentives_portal.cases.deciders import stand_in
from incentives_portal.cases.enums import (
    ACTION_REQUIRED,
    APPROVED,
    DISCARDED,
    DISPUTED,
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

_SUBMIT: dict[str, Any] = {
    "target": SUBMITTED,
    "capability": "claim.write",
    "refusal": rules.refuse_writing,
    "narrowed": rules.write_capability,
    "message": "claim_submitted",
    "due": rules.review_due_at,
    "tone": "primary",
    "icon": "send",
    "help": _("The claim and its proof are submitted and cannot be edited until they are sent back."),
}
_CANCEL: dict[str, Any] = {
    "verb": "cancel",
    "label": _("Cancel claim"),
    "target": DISCARDED,
    "capability": "claim.write",
    "refusal": rules.refuse_writing,
    "narrowed": rules.write_capability,
    "event": "claims.claim.canceled",
    "due": no_date,
    "tone": "danger",
    "help": _(
        "The claim is closed without a decision and cannot be resubmitted. Earlier submissions stay in the "
        "history. This cannot be undone."
    ),
}
_DECIDE: dict[str, Any] = {"capability": "claim.review", "decides": True, "stand_in": stand_in}
_REVIEW: dict[str, Any] = _DECIDE | {"refusal": rules.refuse_reviewing}
#: A review that was started can be returned by any reviewer: returning decides nothing.
_PUT_BACK: dict[str, Any] = _DECIDE | {"refusal": refuse_what_a_colleague_has}
_START: dict[str, Any] = {
    "verb": "start_review",
    "label": _("Start review"),
    "event": "claims.claim.review_started",
    "assigns": "actor",
    "tone": "primary",
    "icon": "eye",
}
_RETURN: dict[str, Any] = {
    "verb": "return_to_queue",
    "label": _("Return to queue"),
    "event": "claims.claim.returned_to_queue",
    "assigns": "nobody",
    "help": _("The claim goes back to the queue. Any reviewer can pick it up."),
}
_TAKE_OVER: dict[str, Any] = _DECIDE | {
    "refusal": rules.refuse_taking_over,
    "verb": "take_over",
    "label": _("Take over"),
    "event": "claims.claim.taken_over",
    "message": "claim_taken_over",
    "assigns": "actor",
    "tone": "primary",
    "when": is_assigned,
    "help": _("The claim is reassigned from a colleague to you. The colleague is notified."),
}
_APPROVE: dict[str, Any] = _DECIDE | {
    "refusal": rules.refuse_approving,
    "first": FirstOfTwo("claims.claim.first_approved", "claim_second_approval"),
    "verb": "approve",
    "label": _("Approve"),
    "target": APPROVED,
    "event": "claims.claim.approved",
    "due": no_date,
    "tone": "primary",
    "icon": "check-lg",
    "help": _("The claim is approved for the amount that you enter."),
}
_ASK: dict[str, Any] = {
    "verb": "request_action",
    "label": _("Request action"),
    "target": ACTION_REQUIRED,
    "event": "claims.claim.action_requested",
    "due": no_date,
    "needs_comment": True,
    "needs_reason": True,
    "help": _("The claim is sent back to the partner, who fixes it and resubmits it."),
}
_REJECT: dict[str, Any] = {
    "verb": "reject",
    "label": _("Reject"),
    "target": REJECTED,
    "event": "claims.claim.rejected",
    "due": no_date,
    "needs_comment": True,
    "needs_reason": True,
    "tone": "danger",
    "help": _("The claim is rejected. The partner can dispute the decision. Another person then decides."),
}

TRANSITIONS = (
    Transition(verb="submit", label=_("Submit claim"), source=EDITING, event="claims.claim.submitted", **_SUBMIT),
    Transition(
        verb="resubmit", label=_("Resubmit"), source=ACTION_REQUIRED, event="claims.claim.resubmitted", **_SUBMIT
    ),
    Transition(
        verb="withdraw",
        label=_("Withdraw"),
        source=SUBMITTED,
        target=EDITING,
        capability="claim.write",
        refusal=rules.refuse_writing,
        narrowed=rules.write_capability,
        event="claims.claim.withdrawn",
        assigns="nobody",
        due=rules.due_at,
        help=_("The claim comes back to you and you can edit it. The review has not started yet."),
    ),
    Transition(
        verb="discard",
        label=_("Discard"),
        source=EDITING,
        target=DISCARDED,
        capability="claim.write",
        refusal=rules.refuse_writing,
        narrowed=rules.write_capability,
        event="claims.claim.discarded",
        due=no_date,
        when=rules.never_submitted,
        tone="danger",
        help=_("The claim and its proof are discarded. This cannot be undone."),
    ),
    Transition(source=ACTION_REQUIRED, message="claim_canceled", **_CANCEL),
    # A claim that was submitted and withdrawn cannot be discarded, as the operator has seen it.
    Transition(source=EDITING, when=rules.once_submitted, **_CANCEL),
    Transition(
        source=SUBMITTED,
        target=UNDER_REVIEW,
        help=_("The claim is assigned to you. The partner can no longer withdraw it."),
        **_START,
        **_REVIEW,
    ),
    Transition(source=UNDER_REVIEW, message="claim_approved", **_APPROVE),
    Transition(source=UNDER_REVIEW, message="claim_action_required", **_ASK, **_REVIEW),
    Transition(source=UNDER_REVIEW, message="claim_rejected", **_REJECT, **_REVIEW),
    Transition(source=UNDER_REVIEW, target=SUBMITTED, **_RETURN, **_PUT_BACK),
    # A resubmitted claim is still assigned to the reviewer who sent it back.
    Transition(source=SUBMITTED, target=UNDER_REVIEW, **_TAKE_OVER),
    Transition(source=UNDER_REVIEW, target=UNDER_REVIEW, **_TAKE_OVER),
    Transition(
        verb="dispute",
        label=_("Dispute"),
        source=REJECTED,
        target=DISPUTED,
        capability="claim.dispute",
        event="claims.claim.disputed",
        assigns="nobody",
        due=rules.dispute_due_at,
        message="dispute_received",
        needs_comment=True,
        icon="flag",
        help=_("Another person reviews the claim again and can approve it, request action, or confirm the rejection."),
    ),
    # Starting the review of a dispute leaves it Disputed, as there is no separate status
    # (docs/domain.md, "Claim statuses").
    Transition(
        source=DISPUTED,
        target=DISPUTED,
        when=is_unassigned,
        help=_("The dispute is assigned to you. Colleagues can see that you are working on it."),
        **_START,
        **_REVIEW,
    ),
    Transition(source=DISPUTED, message="dispute_decided", **_APPROVE),
    Transition(source=DISPUTED, message="dispute_decided", **_ASK, **_REVIEW),
    Transition(source=DISPUTED, message="dispute_decided", **_REJECT, **_REVIEW),
    Transition(source=DISPUTED, target=DISPUTED, when=is_assigned, **_RETURN, **_PUT_BACK),
    Transition(source=DISPUTED, target=DISPUTED, **_TAKE_OVER),
)


def _url_for(case: Case, user: User) -> str:
    """Return the review page for the operator's users, the partner's page for all others."""
    return reverse("review:claim" if user.is_operator else "claims:detail", args=[case.public_id])


STATE_MACHINE = StateMachine(kind=CaseKind.CLAIM, statuses=STATUSES, transitions=TRANSITIONS)
CLAIM = CaseType(
    "CLM",
    STATE_MACHINE,
    read="claim.read",
    contribute="claim.contribute",
    review="claim.review",
    stand_in="claim.stand_in",
    excluded=rules.excluded,
    url_for=_url_for,
    may_edit=rules.may_edit,
    drafts_of=rules.drafts_of,
)
