"""The services that write plans, campaigns and activities: one function per verb, and editing.

Nothing else writes them.
"""

from incentives_portal.cases.assignment import return_to_queue, start_review, take_over
from incentives_portal.cases.comments import add_comment
from incentives_portal.cases.decisions import reject, request_action
from incentives_portal.cases.engine import service_of

from .content import (
    add_activity,
    add_campaign,
    create_plan,
    edit_activity,
    edit_campaign,
    edit_plan,
    remove_activity,
    remove_campaign,
)
from .verbs import approve, discard, discard_revision, resubmit, revise, rework, submit

#: Withdraw a plan whose review has not started.
withdraw = service_of("withdraw")

#: The service of each verb of the state machine, for views and tests.
SERVICES = {
    "submit": submit,
    "resubmit": resubmit,
    "withdraw": withdraw,
    "discard": discard,
    "discard_revision": discard_revision,
    "revise": revise,
    "rework": rework,
    "start_review": start_review,
    "approve": approve,
    "request_action": request_action,
    "reject": reject,
    "return_to_queue": return_to_queue,
    "take_over": take_over,
}

__all__ = [
    "SERVICES",
    "add_activity",
    "add_campaign",
    "add_comment",
    "approve",
    "create_plan",
    "discard",
    "discard_revision",
    "edit_activity",
    "edit_campaign",
    "edit_plan",
    "reject",
    "remove_activity",
    "remove_campaign",
    "request_action",
    "resubmit",
    "return_to_queue",
    "revise",
    "rework",
    "start_review",
    "submit",
    "take_over",
    "withdraw",
]
