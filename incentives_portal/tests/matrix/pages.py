"""The lines of the portal: every address of plans, proofs, claims, the review pages, notifications, home and profile.

``draft`` objects were never submitted: the operator does not know of them. Those of the program with plans are called *device*, those of
the program without *cloud*: who writes evidence and claims differs (docs/domain.md, "Capabilities").
"""

from . import Line
from .people import (
    ADMIN,
    AUDITOR,
    BILLING,
    ELSEWHERE,
    EVERYBODY,
    FINANCE,
    GLOBAL,
    NOBODY,
    OPERATOR_ADMIN,
    OPERATORS,
    REVIEWER,
    USER,
    VIEWER,
    Who,
)

PLAN_READERS = ADMIN | USER | VIEWER | GLOBAL | BILLING
PLAN_WRITERS = ADMIN | GLOBAL | BILLING
#: Who reads proofs and claims, who writes them by track, and who may add documents and comments on both.
READERS = ADMIN | USER | VIEWER | GLOBAL
DEVICE_WRITERS = ADMIN
CLOUD_WRITERS = ADMIN | USER | GLOBAL
CONTRIBUTORS = ADMIN | USER | GLOBAL


def _verb(name: str, of: str, verb: str, target: str, opens: Who, sees: Who) -> Line:
    return Line(name, of, opens, sees=sees, takes="FORM", verb=verb, target=target)


HOME = (
    Line("home", opens=EVERYBODY),
    Line("help", opens=EVERYBODY),
    Line("glossary", opens=EVERYBODY),
    Line("accounts:profile", opens=EVERYBODY, takes="FORM"),
    Line("accounts:address", opens=EVERYBODY, takes="FORM"),
    # Only the link of a mail to this very person leads anywhere.
    Line("accounts:confirm_address", "link to an address", takes="FORM"),
    Line("accounts:language", leads=EVERYBODY, takes="POST"),
    # Only after a form was sent too late is there anything to go on with.
    Line("accounts:resume", leads=EVERYBODY),
    Line("accounts:no_role", opens=EVERYBODY),
    Line("outbox:notifications", opens=EVERYBODY),
    Line("outbox:read_all", leads=EVERYBODY, takes="POST"),
    # Only with a slot that a form gave to this very person: nobody of the matrix has one.
    Line("documents:send_ahead", takes="POST"),
    Line("documents:state"),
    Line("outbox:read_one", "message", leads=ADMIN, takes="POST"),
    Line("outbox:resend_failed", leads=OPERATOR_ADMIN | REVIEWER, takes="POST"),
    Line("outbox:resend", "message", leads=OPERATOR_ADMIN | REVIEWER, sees=FINANCE | AUDITOR, takes="POST"),
)

PLANS = (
    Line("plans:list", opens=PLAN_READERS | ELSEWHERE | OPERATORS),
    Line("plans:begin", leads=PLAN_WRITERS | ELSEWHERE),
    Line("plans:new", opens=PLAN_WRITERS | ELSEWHERE, takes="FORM", query="market={market}"),
    Line("plans:detail", "draft plan", PLAN_READERS),
    Line("plans:detail", "submitted plan", PLAN_READERS | OPERATORS),
    Line("plans:detail", "returned plan", PLAN_READERS | OPERATORS),
    Line("plans:detail", "approved plan", PLAN_READERS | OPERATORS),
    Line("plans:edit", "draft plan", PLAN_WRITERS, sees=PLAN_READERS, takes="FORM"),
    Line("plans:edit", "returned plan", PLAN_WRITERS, sees=PLAN_READERS | OPERATORS, takes="FORM"),
    Line("plans:check", "draft plan", PLAN_WRITERS, sees=PLAN_READERS, takes="FORM"),
    Line("plans:comment", "draft plan", leads=PLAN_WRITERS, sees=PLAN_READERS, takes="POST"),
    Line(
        "plans:comment",
        "submitted plan",
        leads=PLAN_WRITERS | OPERATOR_ADMIN,
        sees=PLAN_READERS | OPERATORS,
        takes="POST",
    ),
    Line("plans:campaign_new", "draft plan", PLAN_WRITERS, sees=PLAN_READERS, takes="FORM"),
    Line("plans:campaign_edit", "draft plan", PLAN_WRITERS, sees=PLAN_READERS, takes="FORM"),
    Line("plans:campaign_remove", "draft plan", PLAN_WRITERS, sees=PLAN_READERS, takes="FORM"),
    Line("plans:activity_new", "draft plan", PLAN_WRITERS, sees=PLAN_READERS, takes="FORM"),
    Line("plans:activity_edit", "draft plan", PLAN_WRITERS, sees=PLAN_READERS, takes="FORM"),
    Line("plans:activity_remove", "draft plan", PLAN_WRITERS, sees=PLAN_READERS, takes="FORM"),
    _verb("plans:verb", "draft plan", "submit", "submitted", PLAN_WRITERS, PLAN_READERS),
    _verb("plans:verb", "draft plan", "discard", "discarded", PLAN_WRITERS, PLAN_READERS),
    _verb("plans:verb", "submitted plan", "withdraw", "editing", PLAN_WRITERS, PLAN_READERS | OPERATORS),
    _verb("plans:verb", "returned plan", "resubmit", "submitted", PLAN_WRITERS, PLAN_READERS | OPERATORS),
    _verb("plans:verb", "rejected plan", "rework", "editing", PLAN_WRITERS, PLAN_READERS | OPERATORS),
    _verb("plans:verb", "approved plan", "revise", "editing", PLAN_WRITERS, PLAN_READERS | OPERATORS),
    _verb("plans:verb", "plan in revision", "discard_revision", "approved", PLAN_WRITERS, PLAN_READERS | OPERATORS),
    _verb("plans:verb", "returned revision", "discard_revision", "approved", PLAN_WRITERS, PLAN_READERS | OPERATORS),
    _verb("plans:verb", "rejected revision", "discard_revision", "approved", PLAN_WRITERS, PLAN_READERS | OPERATORS),
)


#: Where the object is a claim, the pages of proofs are about its proof.
_ITS_PROOF = {"public_id": "proof_id"}
_ITS_TABLE = {"version_id": "table_id"}


def _part(name: str, part: str) -> tuple[Line, Line]:
    """A page that changes an invoice or report of a proof, on both tracks."""
    parts = {"part_id": part}
    return (
        Line(name, "device proof", DEVICE_WRITERS, sees=READERS, takes="FORM", parts=parts),
        Line(name, "cloud proof", CLOUD_WRITERS, sees=READERS, takes="FORM", parts=parts),
    )


def _proof(name: str) -> tuple[Line, Line]:
    """A page that changes a proof itself, on both tracks."""
    return (
        Line(name, "device proof", DEVICE_WRITERS, sees=READERS, takes="FORM"),
        Line(name, "cloud proof", CLOUD_WRITERS, sees=READERS, takes="FORM"),
    )


PROOFS = (
    # Without the right to read proofs one may see the activity of a plan all the same.
    Line("proofs:new", "approved plan", ADMIN, sees=PLAN_READERS | OPERATORS, takes="FORM"),
    Line("proofs:detail", "device proof", READERS),
    Line("proofs:detail", "cloud proof", READERS),
    Line("proofs:detail", "submitted cloud claim", leads=READERS | OPERATORS, parts=_ITS_PROOF),
    *_proof("proofs:basics"),
    *_proof("proofs:comments"),
    *_proof("proofs:answers"),
    *_proof("proofs:attendees"),
    *_proof("proofs:invoice_add"),
    *_part("proofs:invoice_edit", "invoice"),
    *_part("proofs:invoice_remove", "invoice"),
    *_proof("proofs:report_add"),
    *_part("proofs:report_edit", "report"),
    *_part("proofs:report_certify", "report"),
    *_part("proofs:report_remove", "report"),
    Line("proofs:documents_add", "device proof", CONTRIBUTORS, sees=READERS, takes="FORM"),
    Line("proofs:documents_add", "cloud proof", CONTRIBUTORS, sees=READERS, takes="FORM"),
    # Whoever only contributes changes the own documents, and these are the incentives admin's.
    *_part("proofs:document_edit", "document"),
    *_part("proofs:document_remove", "document"),
    Line("proofs:file", "device proof", READERS),
    Line("proofs:file", "submitted cloud claim", READERS | OPERATORS, parts=_ITS_PROOF),
    Line("proofs:page", "submitted cloud claim", READERS | OPERATORS, parts=_ITS_PROOF),
    Line("proofs:file_original", "submitted cloud claim", READERS | OPERATORS, parts=_ITS_PROOF, takes="FORM"),
    Line("proofs:file_content", "submitted cloud claim", READERS | OPERATORS, parts=_ITS_PROOF | _ITS_TABLE),
)

CLAIMS = (
    Line("claims:list", opens=READERS | ELSEWHERE | OPERATORS),
    Line("claims:new", opens=CLOUD_WRITERS | ELSEWHERE, takes="FORM"),
    Line("claims:create_for_proof", "device proof", DEVICE_WRITERS, sees=READERS, takes="FORM"),
    Line("claims:create_for_proof", "cloud proof", CLOUD_WRITERS, sees=READERS, takes="FORM"),
    Line("claims:detail", "device claim", READERS),
    Line("claims:detail", "cloud claim", READERS),
    Line("claims:detail", "submitted cloud claim", READERS, leads=OPERATORS),
    Line("claims:detail", "returned cloud claim", READERS, leads=OPERATORS),
    Line("claims:detail", "disputed claim", READERS, leads=OPERATORS),
    Line("claims:comment", "cloud claim", leads=CONTRIBUTORS, sees=READERS, takes="POST"),
    Line("claims:comment", "submitted device claim", leads=CONTRIBUTORS, sees=READERS | OPERATORS, takes="POST"),
    Line("claims:file", "submitted cloud claim", READERS | OPERATORS),
    Line("claims:page", "submitted cloud claim", READERS | OPERATORS),
    Line("claims:file_original", "submitted cloud claim", READERS | OPERATORS, takes="FORM"),
    Line("claims:file_content", "submitted cloud claim", READERS | OPERATORS, parts=_ITS_TABLE),
    # Incentives users submit what they began themselves; on the plan track nobody but the incentives admin does.
    _verb("claims:check", "device claim", "submit", "submitted", ADMIN, READERS),
    _verb("claims:check", "cloud claim", "submit", "submitted", ADMIN | GLOBAL, READERS),
    _verb("claims:check", "cloud claim of a user", "submit", "submitted", ADMIN | GLOBAL | USER, READERS),
    _verb("claims:check", "returned device claim", "resubmit", "submitted", ADMIN, READERS | OPERATORS),
    _verb("claims:check", "returned cloud claim", "resubmit", "submitted", ADMIN | GLOBAL, READERS | OPERATORS),
    _verb("claims:verb", "device claim", "discard", "discarded", ADMIN, READERS),
    _verb("claims:verb", "cloud claim", "discard", "discarded", ADMIN | GLOBAL, READERS),
    _verb("claims:verb", "cloud claim of a user", "discard", "discarded", ADMIN | GLOBAL | USER, READERS),
    _verb("claims:verb", "submitted device claim", "withdraw", "editing", ADMIN, READERS | OPERATORS),
    _verb("claims:verb", "submitted cloud claim", "withdraw", "editing", ADMIN | GLOBAL, READERS | OPERATORS),
    _verb("claims:verb", "rejected claim", "dispute", "disputed", ADMIN, READERS | OPERATORS),
    _verb("claims:verb", "returned device claim", "cancel", "discarded", ADMIN, READERS | OPERATORS),
    _verb("claims:verb", "returned cloud claim", "cancel", "discarded", ADMIN | GLOBAL, READERS | OPERATORS),
    _verb("claims:verb", "withdrawn claim", "cancel", "discarded", ADMIN | GLOBAL, READERS | OPERATORS),
)

REVIEW = (
    Line("review:queue", opens=OPERATORS),
    Line("review:claim", "cloud claim", sees=READERS),
    Line("review:claim", "submitted cloud claim", OPERATORS, sees=READERS),
    Line("review:claim", "returned cloud claim", OPERATORS, sees=READERS),
    Line("review:comment", "submitted cloud claim", leads=REVIEWER, sees=READERS | OPERATORS, takes="POST"),
    Line("review:note", "submitted cloud claim", leads=OPERATORS, sees=READERS, takes="POST"),
    _verb("review:verb", "submitted cloud claim", "start_review", "under_review", REVIEWER, READERS | OPERATORS),
    _verb("review:verb", "claim under review", "approve", "approved", REVIEWER, READERS | OPERATORS),
    _verb("review:verb", "claim under review", "request_action", "action_required", REVIEWER, READERS | OPERATORS),
    _verb("review:verb", "claim under review", "reject", "rejected", REVIEWER, READERS | OPERATORS),
    _verb("review:verb", "claim under review", "return_to_queue", "submitted", REVIEWER, READERS | OPERATORS),
    _verb("review:verb", "disputed claim", "approve", "approved", REVIEWER, READERS | OPERATORS),
    _verb("review:verb", "disputed claim", "request_action", "action_required", REVIEWER, READERS | OPERATORS),
    _verb("review:verb", "disputed claim", "reject", "rejected", REVIEWER, READERS | OPERATORS),
    # What a colleague has in review is taken over before anything else is done with it.
    _verb("review:verb", "claim of a colleague", "take_over", "under_review", REVIEWER, READERS | OPERATORS),
    _verb("review:verb", "claim of a colleague", "approve", "approved", NOBODY, READERS | OPERATORS),
    _verb("review:verb", "resubmitted claim", "take_over", "under_review", REVIEWER, READERS | OPERATORS),
    _verb("review:verb", "resubmitted claim", "start_review", "under_review", NOBODY, READERS | OPERATORS),
    _verb("review:verb", "disputed claim", "start_review", "disputed", REVIEWER, READERS | OPERATORS),
    _verb("review:verb", "dispute in review", "return_to_queue", "disputed", REVIEWER, READERS | OPERATORS),
    _verb("review:verb", "dispute of a colleague", "take_over", "disputed", REVIEWER, READERS | OPERATORS),
    # A dispute is decided by another person than the one who rejected: this one was rejected by the column's own reviewer.
    _verb("review:verb", "dispute of one's own decision", "approve", "approved", NOBODY, READERS | OPERATORS),
)

EXCEPTIONS = (Line("cases:exceptions", opens=OPERATOR_ADMIN | AUDITOR),)

PAGES = (*HOME, *PLANS, *PROOFS, *CLAIMS, *REVIEW, *EXCEPTIONS)
