"""The verbs that do more with a plan than their transition says: those of the partner, and approving."""

from collections.abc import Collection
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases import decisions
from incentives_portal.cases.decisions import Confirmed
from incentives_portal.cases.engine import perform, service_of
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import keep_submission
from incentives_portal.enrollments.rules import enrolment_sentence

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


def _check_limit(plan: Plan, amount: Decimal) -> None:
    """Check whether the amount can be the plan's limit.

    The caller holds the lock of the plan, under which claims are approved, too. Raises RuleViolation if more was
    approved for the plan's claims already.
    """
    if problem := rules.limit_problem(plan, amount, claimed_of(plan)):
        raise RuleViolation(problem, place="approved_amount")


def _check(plan: Plan, amount: Decimal, *, confirmed: Collection[str]) -> Confirmed:
    """Check the limit, and that an enrollment that ended is confirmed. Raises RuleViolation."""
    _check_limit(plan, amount)
    sentence = enrolment_sentence(plan.enrolment_status)
    if sentence and "enrolment" not in confirmed:
        raise RuleViolation(
            _("Confirm this to approve: %(sentence)s") % {"sentence": sentence}, place="confirm_enrolment"
        )
    return Confirmed([sentence] if sentence else [])


def approve(plan: Plan, *, confirmed: Collection[str] = (), **arguments: Any) -> Event:
    """Approve the plan as submitted, and put its draft in force; the amount becomes its limit.

    ``confirmed`` contains ``enrolment`` if the user confirmed an enrollment that ended (docs/domain.md,
    "Confirmations"). The other arguments, effects and errors are those of ``decisions.approve``.
    """
    return decisions.approve(plan, check=partial(_check, confirmed=confirmed), store=put_in_force, **arguments)
