"""Saying something on a plan."""

from django.db import transaction

from incentives_portal.accounts.models import User
from incentives_portal.cases.comment_limits import within_comment_limits
from incentives_portal.cases.engine import waiting_briefly
from incentives_portal.cases.errors import NotAllowed, WordsMissing
from incentives_portal.cases.messages import announce
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import comment

from .. import rules
from ..models import Plan


@waiting_briefly()
@transaction.atomic
def add_comment(plan: Plan, *, actor: User, words: str, internal: bool = False) -> Event:
    """Keep a comment in the plan's history and tell the other side; an internal note tells nobody and partners never see it.

    Before the first submission there is no other side yet: the operator does not know of the plan, and nobody is told.
    Possible at any time and not a change of the plan: it needs no version. Raises NotAllowed, WordsMissing, CommentLimitReached, Busy.
    """
    if not (rules.may_note(actor, plan) if internal else rules.may_comment(actor, plan)):
        raise NotAllowed
    if not words.strip():
        raise WordsMissing
    with within_comment_limits(actor):
        event = comment(plan.case, actor, words.strip(), internal=internal)
        if not internal and plan.submitted_at is not None:
            announce("plan_comment_added", plan, event)
    return event
