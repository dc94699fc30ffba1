"""Comments and internal notes: who may write them, and how many within an hour.

One account, or one script with its password, must not fill everybody's mailbox.
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


def may_comment(user: User, detail: CaseDetail) -> bool:
    """People of the partner who contribute to the case, and the operator's who review it, at any time."""
    kind = case_type(detail.case.kind)
    return may(user, kind.review if user.is_operator else kind.contribute, detail.scope)


def may_note(user: User, detail: CaseDetail) -> bool:
    """Internal notes are the operator's."""
    return user.is_operator and may(user, "history.internal", detail.scope)


@waiting_briefly()
@transaction.atomic
def add_comment(
    detail: CaseDetail, *, actor: User, comment: str, internal: bool = False, versions: Sequence[DocumentVersion] = ()
) -> Event:
    """Keep a comment with its documents in the history of the case and tell the other side; an internal note tells nobody.

    Before the first submission there is no other side yet: the operator does not know of the case, and nobody is told. Possible at any
    time and not a change of the case: it needs no version. The documents are the actor's own, stored just before. Raises NotAllowed;
    CommentMissing if there are neither words nor documents; RuleViolation for a document that was refused or expired; CommentLimitReached; Busy.
    """
    if not (may_note(actor, detail) if internal else may_comment(actor, detail)):
        raise NotAllowed
    if any(version.uploaded_by_id != actor.pk for version in versions):
        raise NotAllowed
    if not comment.strip() and not versions:
        raise CommentMissing
    with within_comment_limits(actor):
        try:
            event = record_comment(detail.case, actor, comment.strip(), internal=internal, versions=versions)
        except UploadGone as gone:
            raise RuleViolation(str(gone), place="files") from gone
        if not internal and detail.submitted_at is not None:
            announce(f"{detail.case.kind}_comment_added", detail, event)
    return event


class CommentLimitReached(RuleViolation):
    """The person has written, or caused mails, as much as one may within an hour."""


@contextmanager
def within_comment_limits(actor: User) -> Iterator[None]:
    """Write a comment and its messages inside; raises CommentLimitReached where they are too many, which undoes the caller's transaction.

    Comments of one person are written one after the other, so that several at once do not slip through together. What was sent twice
    (a double click) is written once and counts once: that is why is counted after writing. Three queries.
    """
    actor.lock()
    yield
    since = clock.now() - HOUR
    comments = Event.objects.filter(actor=actor, code__in=COMMENT_CODES, at__gt=since)
    said = list(comments.order_by("-at").values_list("pk", "at")[: settings.COMMENTS_PER_HOUR + 1])
    if len(said) > settings.COMMENTS_PER_HOUR:
        raise CommentLimitReached(_too_many_comments(said[-1][1]), place="comment")
    mails = Message.objects.filter(cause__in=[cause_key(event) for event, _at in said], sent_with=None)
    if mails[: settings.COMMENT_MAILS_PER_HOUR + 1].count() > settings.COMMENT_MAILS_PER_HOUR:
        raise CommentLimitReached(_too_many_mails(said[-1][1]), place="comment")


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
    """The time of day in the reader's zone; the minute is over by then."""
    return date_format(timezone.localtime(moment + timedelta(minutes=1)), "H:i")
