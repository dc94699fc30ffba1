"""The verbs that do more with a plan than their transition says: those of the partner, and approving."""

from decimal import Decimal
from functools import partial
from typing import Any

from incentives_portal.accounts.models import User
from incentives_portal.cases import decisions
from incentives_portal.cases.engine import perform, service_of
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import keep_submission

from .. import rules
from ..facts import assessment_of
from ..limits import claimed_of
from ..models import Plan
from ..snapshot import content_of
from .in_force import put_in_force, restore


def submit(plan: Plan, *, actor: User, expected_version: int | None, comment: str = "", verb: str = "submit") -> Event:
    """Submit the plan for approval, the first time or after it went back to *Editing*.

    Effects: a submission with the plan and its assessment; the plan is locked for edits and waits for a reviewer,
    who is notified. Raises NotReady with what must be fixed, and the errors of ``perform``.
    """

    def before(current: Plan) -> dict[str, Any]:
        submission = keep_submission(current.case, content_of(current), assessment_of(current), actor)
        return {"number": submission.number}

    return perform(plan, verb, actor=actor, expected_version=expected_version, comment=comment, before=before)


#: Resubmit a plan that was sent back (*Action required*).
resubmit = partial(submit, verb="resubmit")


def _release_key(plan: Plan) -> None:
    plan.holds_key = False
    plan.save(update_fields=["holds_key"])


#: Discard a plan that was never submitted. Its key becomes available for another plan; campaigns and activities stay
#: as rows.
discard = service_of("discard", before=_release_key)


def _check_last_day(plan: Plan) -> None:
    if why := rules.why_no_more_changes(plan):
        raise RuleViolation(why)


#: Start a new version of an approved plan, for example to raise its limit. The approved version stays in force. Raises
#: RuleViolation after the last day of revisions (docs/domain.md, "Revisions").
revise = service_of("revise", before=_check_last_day)
#: Reopen a rejected plan, if the program allows it, until the last day of revisions.
rework = service_of("rework", before=_check_last_day)

#: Reset the plan to the approved submission, with its campaigns and activities. Raises RuleViolation if an activity of
#: the revision cannot be removed any more.
discard_revision = service_of("discard_revision", before=restore)


def _check_limit_and_put_in_force(plan: Plan, amount: Decimal) -> None:
    """Check whether the amount can be the plan's limit, and put the draft in force.

    The caller holds the lock of the plan, under which claims are approved, too. Raises RuleViolation if more was
    approved for the plan's claims already.
    """
    if problem := rules.limit_problem(plan, amount, claimed_of(plan)):
        raise RuleViolation(problem, place="approved_amount")
    put_in_force(plan)


#: Approve the plan as submitted; the amount becomes its limit.
approve = partial(decisions.approve, check=_check_limit_and_put_in_force)
