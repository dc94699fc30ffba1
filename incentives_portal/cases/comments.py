"""Comments and internal notes: who may write them, and how many per hour.

The limit keeps one account, or a script with its password, from flooding everybody's mailbox.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.services import UploadGone
from incentives_portal.outbox.models import Message

from .engine import waiting_briefly
from .errors import CommentMissing, NotAllowed, RuleViolation
from .messages import announce, cause_key
from .models import COMMENT_CODES, CaseDetail, Event
from .services import record_comment
from .types import case_type

HOUR = timedelta(hours=1)
#: The capability to read and write internal notes.
NOTE = "history.internal"


def may_comment(user: User, detail: CaseDetail) -> bool:
    """Whether the user may comment on the case, at any time.

    Partner users need the capability to contribute to the kind of case, operator users the one to review it.
    """
    return may(user, _capability(user, detail), detail.scope)


def _capability(user: User, detail: CaseDetail) -> str:
    kind = case_type(detail.case.kind)
    return kind.review if user.is_operator else kind.contribute


def may_note(user: User, detail: CaseDetail) -> bool:
    """Whether the user may write internal notes, which only operator users can."""
    return user.is_operator and may(user, NOTE, detail.scope)


@waiting_briefly()
@transaction.atomic
def add_comment(
    detail: CaseDetail, *, actor: User, comment: str, internal: bool = False, versions: Sequence[DocumentVersion] = ()
) -> Event:
    """Add a comment with its documents to the history of a case and notify the other side.

    Internal notes notify nobody. Nor do comments before the first submission, as the operator does not know of the
    case yet. Comments are possible at any time and do not change the case, so they need no version. The documents
    are the actor's own, stored just before.

    Raises NotAllowed; CommentMissing if there is neither text nor a document; RuleViolation for a document that was
    refused or expired; CommentLimitReached; Busy.
    """
    if not (may_note(actor, detail) if internal else may_comment(actor, detail)):
        raise NotAllowed
    if any(version.uploaded_by_id != actor.pk for version in versions):
        raise NotAllowed
    if not comment.strip() and not versions:
        raise CommentMissing
    with within_comment_limits(actor):
        try:
            event = record_comment(
                detail.case,
                actor,
                comment.strip(),
                capability=NOTE if internal else _capability(actor, detail),
                internal=internal,
                versions=versions,
            )
        except UploadGone as gone:
            raise RuleViolation(str(gone), place="files") from gone
        if not internal and detail.submitted_at is not None:
            announce(f"{detail.case.kind}_comment_added", detail, event)
    return event


class CommentLimitReached(RuleViolation):
    """The user has written too many comments, or caused too many mails, within an hour."""


@contextmanager
def within_comment_limits(actor: User) -> Iterator[None]:
    """Check the limits after the block has written a comment and its messages.

    Raises CommentLimitReached if there are too many, which rolls back the caller's transaction. The user's row is
    locked, so that simultaneous comments of one user are counted one after the other. Counting comes after writing
    because a comment that was sent twice (a double click) is written once and counts once. Three queries.
    """
    actor.lock()
    yield
    since = clock.now() - HOUR
    comments = Event.objects.filter(actor=actor, code__in=COMMENT_CODES, at__gt=since)
    recent = list(comments.order_by("-at").values_list("pk", "at")[: settings.COMMENTS_PER_HOUR + 1])
    if len(recent) > settings.COMMENTS_PER_HOUR:
        raise CommentLimitReached(_too_many_comments(recent[-1][1]), place="comment")
    mails = Message.objects.filter(cause__in=[cause_key(event) for event, _at in recent], sent_with=None)
    if mails[: settings.COMMENT_MAILS_PER_HOUR + 1].count() > settings.COMMENT_MAILS_PER_HOUR:
        raise CommentLimitReached(_too_many_mails(recent[-1][1]), place="comment")


def _too_many_comments(since: datetime) -> str:
    return _(
        "You have reached the limit of %(number)s comments per hour. Your text is still here. Send it after "
        "%(time)s. You can combine several points in one comment."
    ) % {"number": settings.COMMENTS_PER_HOUR, "time": _clock_time(since + HOUR)}


def _too_many_mails(since: datetime) -> str:
    return _(
        "Your comments in the last hour went to so many people that no more emails can be sent for you now. "
        "Your text is still here. Send it after %(time)s. You can combine several points in one comment."
    ) % {"time": _clock_time(since + HOUR)}


def _clock_time(moment: datetime) -> str:
    """The time of day in the reader's time zone, rounded up to the next minute."""
    return date_format(timezone.localtime(moment + timedelta(minutes=1)), "H:i")
