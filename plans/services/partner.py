"""The partner's verbs: submit, discard, revise and rework a plan."""

from functools import partial
from typing import Any

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import perform
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import keep_submission

from .. import rules
from ..facts import assessment_of
from ..models import Plan
from ..snapshot import content_of
from .in_force import restore


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


def discard(plan: Plan, *, actor: User, expected_version: int | None, comment: str = "") -> Event:
    """Discard a plan that was never submitted.

    Its key becomes available for another plan. Campaigns and activities stay as rows.
    """

    def before(current: Plan) -> None:
        current.holds_key = False
        current.save(update_fields=["holds_key"])

    return perform(plan, "discard", actor=actor, expected_version=expected_version, comment=comment, before=before)


def revise(plan: Plan, *, actor: User, expected_version: int | None, comment: str = "", verb: str = "revise") -> Event:
    """Start a new version of an approved plan, for example to raise its limit.

    The approved version stays in force. Raises RuleViolation after the last day of revisions (docs/domain.md,
    "Revisions").
    """

    def before(current: Plan) -> None:
        if why := rules.why_no_more_changes(current):
            raise RuleViolation(why)

    return perform(plan, verb, actor=actor, expected_version=expected_version, comment=comment, before=before)


#: Reopen a rejected plan, if the program allows it, until the last day of revisions.
rework = partial(revise, verb="rework")


def discard_revision(plan: Plan, *, actor: User, expected_version: int | None, comment: str = "") -> Event:
    """Reset the plan to the approved submission, with its campaigns and activities.

    Raises RuleViolation if an activity of the revision cannot be removed any more.
    """
    return perform(
        plan, "discard_revision", actor=actor, expected_version=expected_version, comment=comment, before=restore
    )
