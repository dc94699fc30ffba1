"""The partner's verbs: send the plan in, take it back, throw it away, begin a revision."""

from typing import Any

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import perform
from incentives_portal.cases.errors import Refused
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import submit as keep_submission

from .. import rules
from ..facts import assessment_of
from ..models import Plan
from ..snapshot import content_of
from .in_force import restore


def submit(plan: Plan, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Send the plan in for approval, the first time or after it came back as *Editing*.

    Effects: the whole plan is kept as a submission with its assessment; it is locked and waits for a reviewer; the reviewer is told.
    Raises Refused with what is to be mended, and the errors of ``perform``.
    """
    return _send("submit", plan, actor, seen, words)


def resubmit(plan: Plan, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Send a plan in again that the reviewer had sent back (*Action required*). Effects and errors are those of ``submit``."""
    return _send("resubmit", plan, actor, seen, words)


def _send(verb: str, plan: Plan, actor: User, seen: int | None, words: str) -> Event:
    def before(current: Plan) -> dict[str, Any]:
        assessment = assessment_of(current)
        if assessment.blocks:
            raise Refused(*(f"{finding.text} {finding.fix}".strip() for finding in assessment.blocks))
        submission = keep_submission(current.case, content_of(current), assessment.to_json(), actor)
        current.case.due_at = None
        return {"number": submission.number}

    return perform(plan, verb, actor=actor, seen=seen, words=words, before=before)


def withdraw(plan: Plan, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Take a submitted plan back before its review has begun; it can be edited and submitted again."""
    return perform(plan, "withdraw", actor=actor, seen=seen, words=words, before=_their_turn)


def discard(plan: Plan, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Throw away a plan that was never submitted; its key becomes free for another one. Campaigns and activities stay as rows."""

    def before(current: Plan) -> None:
        current.case.due_at = None
        current.holds_key = False
        current.save(update_fields=["holds_key"])

    return perform(plan, "discard", actor=actor, seen=seen, words=words, before=before)


def revise(plan: Plan, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Begin a new version of an approved plan, for example to raise its limit. What was approved stays in force.

    Raises Refused after the last day of revisions (docs/domain.md, "Revisions").
    """
    return perform(plan, "revise", actor=actor, seen=seen, words=words, before=_while_in_time)


def rework(plan: Plan, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Reopen a rejected plan, where the program allows it. Raises Refused after the last day of revisions."""
    return perform(plan, "rework", actor=actor, seen=seen, words=words, before=_while_in_time)


def discard_revision(plan: Plan, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Go back to what was approved: content, campaigns and activities are those of the approved submission again.

    Raises Refused if an activity of the revision cannot be taken out any more.
    """

    def before(current: Plan) -> None:
        restore(current)
        current.case.due_at = None

    return perform(plan, "discard_revision", actor=actor, seen=seen, words=words, before=before)


def _their_turn(current: Plan) -> None:
    """The plan is the partner's again, until the last day on which it can be submitted."""
    current.case.due_at = rules.due_at(current)


def _while_in_time(current: Plan) -> None:
    if why := rules.why_no_more_changes(current):
        raise Refused(why)
    _their_turn(current)
