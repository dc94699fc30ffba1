"""How much one person may say within an hour: one account, or one script with its password, must not fill everybody's mailbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.cases.models import COMMENT_CODES, Event
from incentives_portal.outbox.models import Message

from .errors import Refused
from .messages import cause_key

HOUR = timedelta(hours=1)


class CommentLimitReached(Refused):
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
        raise CommentLimitReached(_too_many_comments(said[-1][1]), place="words")
    mails = Message.objects.filter(cause__in=[cause_key(event) for event, _at in said], sent_with=None)
    if mails[: settings.COMMENT_MAILS_PER_HOUR + 1].count() > settings.COMMENT_MAILS_PER_HOUR:
        raise CommentLimitReached(_too_many_mails(said[-1][1]), place="words")


def _too_many_comments(since: datetime) -> str:
    return _(
        "One person can write %(number)s comments within an hour, and you have. Your text is still here: send it after %(time)s. Several"
        " points fit into one comment."
    ) % {"number": settings.COMMENTS_PER_HOUR, "time": _clock_time(since + HOUR)}


def _too_many_mails(since: datetime) -> str:
    return _(
        "Your comments of the last hour went to so many people that no more mails can go out for you now. Your text is still here: send it"
        " after %(time)s. Several points fit into one comment."
    ) % {"time": _clock_time(since + HOUR)}


def _clock_time(moment: datetime) -> str:
    """The time of day in the reader's zone; the minute is over by then."""
    return date_format(timezone.localtime(moment + timedelta(minutes=1)), "H:i")
