"""The services that write claims and disputes: one function per verb, and creating a claim.

Nothing else writes claims or disputes.
"""

from incentives_portal.cases.assignment import return_to_queue, start_review, take_over
from incentives_portal.cases.comments import add_comment
from incentives_portal.cases.decisions import reject, request_action
from incentives_portal.cases.engine import service_of
from incentives_portal.cases.errors import NotReady

from .approval import approve
from .creating import AlreadyClaimed, create_claim_directly, create_claim_for_proof
from .partner import dispute, resubmit, submit

#: Withdraw a claim before its review starts; discard one that was never submitted; cancel one that was, without a
#: decision.
withdraw, discard, cancel = (service_of(verb) for verb in ("withdraw", "discard", "cancel"))

#: The service of each verb of the state machine, for views and tests.
SERVICES = {
    "submit": submit,
    "resubmit": resubmit,
    "withdraw": withdraw,
    "discard": discard,
    "cancel": cancel,
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
    "cancel",
    "reject",
    "request_action",
    "resubmit",
    "return_to_queue",
    "start_review",
    "submit",
    "take_over",
    "withdraw",
]
