"""How much one person may send in a while: one account, or one script with its password, must not fill the disk for everybody."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from incentives_portal import clock
from incentives_portal.accounts.models import User

from .models import DocumentVersion

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def one_at_a_time(actor: User) -> None:
    """Until the transaction ends, nobody else counts what the person has sent: uploads at once do not slip through together. One query."""
    User.objects.select_for_update(no_key=True, of=("self",)).values_list("pk").get(pk=actor.pk)


def is_exceeded(actor: User, count: int, size: int) -> bool:
    """Whether so many more files of so many bytes together are beyond what the person may send. One query."""
    now = clock.now()
    sent = DocumentVersion.objects.filter(uploaded_by=actor, at__gt=now - DAY).aggregate(
        day=Coalesce(Sum("size"), 0),
        hour=Count("pk", filter=Q(at__gt=now - HOUR)),
    )
    too_many = sent["hour"] + count > settings.UPLOAD_FILES_PER_HOUR
    return too_many or sent["day"] + size > settings.UPLOAD_BYTES_PER_DAY
