"""A kind of case that only tests know: a partner asks for the loan of demo equipment. It shows what a kind has to say, and no more.

A real kind has the same parts in files of its app: ``models.py``, ``enums.py``, ``transitions.py``, ``services.py``, ``events.py``,
``letters.py``; its table comes with a migration, its statuses stand in ``cases/enums.py``, its name in ``CaseKind``.
"""

from typing import Any

from django.db import models

from incentives_portal.accounts.models import User
from incentives_portal.cases import decisions
from incentives_portal.cases.assignment import return_to_queue, start_review
from incentives_portal.cases.engine import perform
from incentives_portal.cases.enums import APPROVED, EDITING, REJECTED, SUBMITTED, UNDER_REVIEW
from incentives_portal.cases.event_kinds import EventKind
from incentives_portal.cases.letters import letter_about, why
from incentives_portal.cases.messages import Announcement
from incentives_portal.cases.models import CaseDetail, Event
from incentives_portal.cases.page import CasePage
from incentives_portal.cases.recipients import partner_side, reviewers
from incentives_portal.cases.services import keep_submission
from incentives_portal.cases.state_machine import StateMachine, Status, Transition
from incentives_portal.cases.types import CaseType
from incentives_portal.outbox.letters import Letter
from incentives_portal.programs.assess import Assessment

KIND: Any = "loan"


class Loan(CaseDetail):
    """What a loan adds to its case."""

    equipment = models.CharField(max_length=60)

    class Meta:
        app_label = "loans"

    def get_absolute_url(self) -> str:
        return f"/loans/{self.public_id}/"


STATUSES = (
    Status(EDITING, "Editing", "editing", "pencil", "Being written.", "partner", True),
    Status(SUBMITTED, "Submitted", "submitted", "send", "Waits for a reviewer.", "operator"),
    Status(UNDER_REVIEW, "Under review", "review", "eye", "A reviewer reads it.", "operator"),
    Status(APPROVED, "Approved", "approved", "check-lg", "The equipment is lent.", "nobody"),
    Status(REJECTED, "Rejected", "rejected", "x-lg", "It is not lent.", "nobody"),
)
_REVIEW: dict[str, Any] = {"capability": "claim.review", "decides": True}
TRANSITIONS = (
    Transition("submit", "Submit", EDITING, SUBMITTED, "claim.write", "loans.submitted", message="loan_submitted"),
    Transition("start_review", "Start review", SUBMITTED, UNDER_REVIEW, event="loans.begun", assigns="actor", **_REVIEW),
    Transition("return_to_queue", "Return", UNDER_REVIEW, SUBMITTED, event="loans.back", assigns="nobody", **_REVIEW),
    Transition("approve", "Approve", UNDER_REVIEW, APPROVED, event="loans.approved", message="loan_decided", **_REVIEW),
    Transition(
        "reject", "Reject", UNDER_REVIEW, REJECTED,
        event="loans.rejected", message="loan_decided", needs_comment=True, needs_reason=True, **_REVIEW,
    ),
)  # fmt: skip
STATE_MACHINE = StateMachine(KIND, STATUSES, TRANSITIONS)
LOAN = CaseType("LOA", STATE_MACHINE, read="claim.read", contribute="claim.write", review="claim.review")


def submit(loan: Loan, *, actor: User, expected_version: int | None, comment: str = "") -> Event:
    """Send the loan in: what it is about is kept as a submission."""

    def before(current: Loan) -> None:
        nothing_to_fix = Assessment((), (), current.currency)
        keep_submission(current.case, {"equipment": current.equipment}, nothing_to_fix, actor)

    return perform(loan, "submit", actor=actor, expected_version=expected_version, comment=comment, before=before)


SERVICES = {
    "submit": submit,
    "start_review": start_review,
    "return_to_queue": return_to_queue,
    "approve": decisions.approve,
    "reject": decisions.reject,
}
EVENTS = (
    EventKind("loans.submitted", "asked for the loan", "send"),
    EventKind("loans.begun", "began the review", "eye"),
    EventKind("loans.back", "gave it back", "arrow-counterclockwise"),
    EventKind("loans.approved", "lent %(amount)s", "check-lg", "green"),
    EventKind("loans.rejected", "refused the loan", "x-lg", "red"),
)


def _letter(loan: Loan, event: Event, _user: User) -> Letter:
    values = {"reference": loan.case.reference, "status": loan.state.label}
    subject, heading = "%(reference)s: %(status)s", "A loan is now %(status)s"
    return letter_about(event, values, subject=subject, heading=heading, link=loan.get_absolute_url(), **why(event))


ANNOUNCEMENTS = (
    Announcement("loan_submitted", reviewers, _letter),
    Announcement("loan_decided", partner_side, _letter),
)


class LoanPage(CasePage[Loan]):
    """The page of a loan: all of it is that of every case."""

    namespace = "loans"
