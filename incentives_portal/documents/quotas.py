"""Limits for uploads: size, number, and volume per user over time. All come from settings."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.models import User

from .enums import FileType
from .models import Upload
from .querysets import HOUR

_MEGABYTE = 1024 * 1024
DAY = timedelta(days=1)


def max_files() -> int:
    return settings.UPLOAD_MAX_FILES


def max_body_bytes() -> int:
    """Return the maximum size of a request in bytes; larger ones are not read at all.

    Twice the size limit of all files together: a user who sends somewhat too much gets the form back with the entered
    values and a message about the files.
    """
    return 2 * settings.UPLOAD_MAX_TOTAL_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def kept() -> timedelta:
    """Return how long an unsubmitted form keeps an uploaded file."""
    return timedelta(hours=settings.UPLOAD_KEEP_HOURS)


def max_size_text() -> str:
    return _megabytes(settings.UPLOAD_MAX_BYTES)


def max_total_text() -> str:
    return _megabytes(settings.UPLOAD_MAX_TOTAL_BYTES)


def _megabytes(count: int) -> str:
    return _("%(megabytes)d MB") % {"megabytes": count // _MEGABYTE}


def accepted_types_text() -> str:
    return get_text_list([file_type.label for file_type in FileType], _("or"))


def is_exceeded(actor: User, count: int, size: int) -> bool:
    """Return whether these further files exceed the user's quotas. One query.

    ``size`` in bytes. Refused files count too.
    """
    now = clock.now()
    sent = Upload.objects.filter(owner=actor, at__gt=now - DAY).aggregate(
        day=Coalesce(Sum("size"), 0),
        hour=Count("pk", filter=Q(at__gt=now - HOUR)),
    )
    too_many = sent["hour"] + count > settings.UPLOAD_FILES_PER_HOUR
    return too_many or sent["day"] + size > settings.UPLOAD_BYTES_PER_DAY


def checked_again_from(actor: User) -> datetime | None:
    """Return when checking resumes for a user whose hourly processor time is spent, else None. One query."""
    recent = Upload.objects.filter(owner=actor).spent_since(clock.now() - HOUR)
    spent = list(recent.order_by("spent_at").values_list("spent_at", "milliseconds"))
    total = sum(milliseconds for _at, milliseconds in spent)
    free_at: datetime | None = None
    for at, milliseconds in spent:
        if total < 1000 * settings.UPLOAD_HOUR_SECONDS:
            break
        assert at is not None  # spent_since filters out None
        total -= milliseconds
        free_at = at + HOUR
    return free_at
