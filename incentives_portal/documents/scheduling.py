"""Choose the next file for a worker, fairly among organizations.

A message to a worker names no file: the worker takes the next one here, so that many files of one user do not delay
others.

First come organizations on which no worker is working, then those with the least processor time in the last hour, then
the oldest file. Verdicts go before page images and copies, and both before files that a new virus scanner has not
scanned. Files of users or forms without processor time left wait (``within_budget``).
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
    return _lease(VersionCheck.objects.due(clock.now()).within_budget(clock.now()))


@transaction.atomic
def lease_preparation() -> VersionCheck | None:
    return _lease(VersionCheck.objects.unprepared(clock.now()).within_budget(clock.now()))


@transaction.atomic
def lease_rescan() -> VersionCheck | None:
    return _lease(VersionCheck.objects.unscanned(clock.now())) if scanning.is_on() else None


@transaction.atomic
def lease_version(version_id: int) -> VersionCheck | None:
    """Lease this version's check if it is pending and not leased."""
    return _take_first(VersionCheck.objects.due(clock.now()).filter(version=version_id))


def _lease(rows: VersionCheckQuerySet) -> VersionCheck | None:
    for organisation in _in_turn(rows):
        if check := _take_first(rows.filter(**{_ORGANISATION: organisation})):
            return check
    return None


def _in_turn(rows: VersionCheckQuerySet) -> list[int]:
    """Return the waiting organizations in the order of their turns.

    Three queries, one if fewer than two wait.
    """
    oldest = dict(rows.order_by().values_list(_ORGANISATION).annotate(Min("pk")))
    if len(oldest) < 2:
        return list(oldest)
    now = clock.now()
    leased = VersionCheck.objects.leased(now).filter(**{f"{_ORGANISATION}__in": list(oldest)})
    at_work = Counter(leased.values_list(_ORGANISATION, flat=True))
    recent = Upload.objects.spent_since(now - HOUR).filter(organisation__in=list(oldest))
    spent = dict(recent.values_list("organisation").annotate(Sum("milliseconds")))
    return sorted(oldest, key=lambda each: (at_work[each], spent.get(each, 0), oldest[each]))


def _take_first(rows: VersionCheckQuerySet) -> VersionCheck | None:
    locked = rows.select_related("version").select_for_update(of=("self",), skip_locked=True)
    check = locked.order_by("pk").first()
    if check is not None:
        check.attempts += 1
        check.lease_until = clock.now() + LEASE
        check.save(update_fields=["attempts", "lease_until"])
    return check
