"""The partner's verbs: send the plan in, throw it away, begin a revision."""

from functools import partial
from typing import Any

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import perform
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import submit as keep_submission

from .. import rules
from ..facts import assessment_of
from ..models import Plan
from ..snapshot import content_of
from .in_force import restore


def submit(plan: Plan, *, actor: User, expected_version: int | None, comment: str = "", verb: str = "submit") -> Event:
    """Send the plan in for approval, the first time or after it came back as *Editing*.

    Effects: the whole plan is kept as a submission with its assessment; it is locked and waits for a reviewer; the reviewer is told.
    Raises NotReady with what is to be mended, and the errors of ``perform``.
    """

    def before(current: Plan) -> dict[str, Any]:
        submission = keep_submission(current.case, content_of(current), assessment_of(current), actor)
        return {"number": submission.number}

    return perform(plan, verb, actor=actor, expected_version=expected_version, comment=comment, before=before)


#: Send a plan in again that the reviewer had sent back (*Action required*).
resubmit = partial(submit, verb="resubmit")


def discard(plan: Plan, *, actor: User, expected_version: int | None, comment: str = "") -> Event:
    """Throw away a plan that was never submitted; its key becomes free for another one. Campaigns and activities stay as rows."""

    def before(current: Plan) -> None:
        current.holds_key = False
        current.save(update_fields=["holds_key"])

    return perform(plan, "discard", actor=actor, expected_version=expected_version, comment=comment, before=before)


def revise(plan: Plan, *, actor: User, expected_version: int | None, comment: str = "", verb: str = "revise") -> Event:
    """Begin a new version of an approved plan, for example to raise its limit. What was approved stays in force.

    Raises RuleViolation after the last day of revisions (docs/domain.md, "Revisions").
    """

    def before(current: Plan) -> None:
        if why := rules.why_no_more_changes(current):
            raise RuleViolation(why)

    return perform(plan, verb, actor=actor, expected_version=expected_version, comment=comment, before=before)


#: Reopen a rejected plan, where the program allows it, until the last day of revisions.
rework = partial(revise, verb="rework")


def discard_revision(plan: Plan, *, actor: User, expected_version: int | None, comment: str = "") -> Event:
    """Go back to what was approved: content, campaigns and activities are those of the approved submission again.

    Raises RuleViolation if an activity of the revision cannot be taken out any more.
    """
    return perform(
        plan, "discard_revision", actor=actor, expected_version=expected_version, comment=comment, before=restore
    )
