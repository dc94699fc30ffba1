"""Writing claims: one function per verb, the beginning of a claim, and comments. Nothing else writes claims, decisions or disputes."""

from incentives_portal.cases.assignment import return_to_queue, start_review, take_over
from incentives_portal.cases.comments import add_comment

from .creating import AlreadyClaimed, create_claim_directly, create_claim_for_proof
from .disputing import dispute
from .reviewing import approve, reject, request_action
from .submitting import NotReady, discard, give_up, resubmit, submit, withdraw

#: The service of each verb of the machine; views and tests read it.
SERVICES = {
    "submit": submit,
    "resubmit": resubmit,
    "withdraw": withdraw,
    "discard": discard,
    "give_up": give_up,
    "start_review": start_review,
    "approve": approve,
    "request_action": request_action,
    "reject": reject,
    "return_to_queue": return_to_queue,
    "take_over": take_over,
    "dispute": dispute,
}

__all__ = [
    "SERVICES",
    "AlreadyClaimed",
    "NotReady",
    "add_comment",
    "approve",
    "create_claim_directly",
    "create_claim_for_proof",
    "discard",
    "dispute",
    "give_up",
    "reject",
    "request_action",
    "resubmit",
    "return_to_queue",
    "start_review",
    "submit",
    "take_over",
    "withdraw",
]
