"""What documents workers do with one version, done now."""

from django.db import transaction

from incentives_portal import clock
from incentives_portal.documents import checking, scanning, scheduling
from incentives_portal.documents.enums import CheckState
from incentives_portal.documents.models import VersionCheck


def check_version(version_id):
    """Do everything that is left to be done with this very version. May be called twice. Raises ScannerFailed."""
    while check := _lease(version_id):
        if check.state == CheckState.PENDING:
            work = checking._judge
        else:
            work = checking._prepare if check.prepared_at is None else checking._rescan
        checking._work_on(check, work)
        if VersionCheck.objects.get(pk=check.pk).lease_until is not None:  # put off
            return


@transaction.atomic
def _lease(version_id):
    now = clock.now()
    rows = VersionCheck.objects.due(now) | VersionCheck.objects.unprepared(now)
    if scanning.is_on():
        rows |= VersionCheck.objects.unscanned(now)
    return scheduling._take_first(rows.filter(version=version_id))
