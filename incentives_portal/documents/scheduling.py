"""Whose file is next. A message to a worker names no file: it takes the next one here, so that nobody's many files stand before others'.

First come the organizations on which no worker is at work, then those that took least processor time in the last hour, then the oldest
file. Verdicts go before page images and copies, and both before what a new virus scanner has not seen. Files of those who have spent
their hour, or of forms that have spent theirs, wait (``within_budget``).
"""

from collections import Counter

from django.db import transaction
from django.db.models import Min, Sum

from incentives_portal import clock

from . import scanning
from .models import Upload, VersionCheck
from .querysets import HOUR, LEASE, VersionCheckQuerySet

_ORGANISATION = "version__upload__organisation"


@transaction.atomic
def lease_verdict() -> VersionCheck | None:
    """The next file that waits for its verdict, for this worker alone."""
    return _lease(VersionCheck.objects.due(clock.now()).within_budget(clock.now()))


@transaction.atomic
def lease_preparation() -> VersionCheck | None:
    """The next clean file that waits for its page images and copies, for this worker alone."""
    return _lease(VersionCheck.objects.unprepared(clock.now()).within_budget(clock.now()))


@transaction.atomic
def lease_rescan() -> VersionCheck | None:
    """The next file that came before there was a virus scanner, for this worker alone."""
    return _lease(VersionCheck.objects.unscanned(clock.now())) if scanning.is_on() else None


@transaction.atomic
def lease_version(version_id: int) -> VersionCheck | None:
    """The check of this very version, if it waits for its verdict and nobody has it."""
    return _taken(VersionCheck.objects.due(clock.now()).filter(version=version_id))


def _lease(rows: VersionCheckQuerySet) -> VersionCheck | None:
    for organisation in _in_turn(rows):
        if check := _taken(rows.filter(**{_ORGANISATION: organisation})):
            return check
    return None


def _in_turn(rows: VersionCheckQuerySet) -> list[int]:
    """The organizations that wait, as their turns come. Three queries, one where nobody waits."""
    oldest = dict(rows.order_by().values_list(_ORGANISATION).annotate(Min("pk")))
    if len(oldest) < 2:
        return list(oldest)
    now = clock.now()
    leased = VersionCheck.objects.leased(now).filter(**{f"{_ORGANISATION}__in": list(oldest)})
    at_work = Counter(leased.values_list(_ORGANISATION, flat=True))
    recent = Upload.objects.spent_since(now - HOUR).filter(organisation__in=list(oldest))
    spent = dict(recent.values_list("organisation").annotate(Sum("milliseconds")))
    return sorted(oldest, key=lambda each: (at_work[each], spent.get(each, 0), oldest[each]))


def _taken(rows: VersionCheckQuerySet) -> VersionCheck | None:
    locked = rows.select_related("version").select_for_update(of=("self",), skip_locked=True)
    check = locked.order_by("pk").first()
    if check is not None:
        check.attempts += 1
        check.lease_until = clock.now() + LEASE
        check.save(update_fields=["attempts", "lease_until"])
    return check
