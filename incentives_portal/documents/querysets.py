"""Querysets of versions, uploads and checks. The apps that own documents decide who may see them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Sum

from incentives_portal import clock
from incentives_portal.prepared_statements import PreparedLookup

from .enums import CheckState

if TYPE_CHECKING:
    from .models import DocumentVersion, PageImage, Upload, VersionCheck  # noqa: F401 - named in strings below


#: The period over which processor time is counted.
HOUR = timedelta(hours=1)
#: Longer than scanning and drawing can take: after this a worker is considered dead.
LEASE = timedelta(minutes=5)


class DocumentVersionQuerySet(models.QuerySet["DocumentVersion"]):
    def current(self) -> "DocumentVersionQuerySet":
        """Return the newest version of each document that was not removed."""
        newer = self.model.objects.filter(document=OuterRef("document"), number__gt=OuterRef("number"))
        return self.filter(~Exists(newer), document__removed_at=None)

    def with_checks(self) -> "DocumentVersionQuerySet":
        """Load the check in the same query, as file rows show it."""
        return self.select_related("check_result")

    def for_download(self) -> "DocumentVersionQuerySet":
        """Load the check and the document, which has the organization."""
        return self.select_related("check_result", "document")


class UploadQuerySet(models.QuerySet["Upload"]):
    def expired(self) -> "UploadQuerySet":
        """Return uploads attached to nothing whose time has passed, but not those that only count toward quotas."""
        return self.filter(expires_at__lt=clock.now(), version__isnull=False)

    def spent_since(self, start: datetime) -> "UploadQuerySet":
        """Return uploads on which workers spent processor time after ``start``."""
        return self.filter(spent_at__gt=start)


class VersionCheckQuerySet(models.QuerySet["VersionCheck"]):
    def due(self, now: datetime) -> "VersionCheckQuerySet":
        """Return pending checks without an active lease: new, abandoned by a worker, or no longer postponed."""
        return self._free(now).filter(state=CheckState.PENDING).order_by("pk")

    def unscanned(self, now: datetime) -> "VersionCheckQuerySet":
        """Return checks made before there was a virus scanner, without an active lease."""
        return self._free(now).filter(state=CheckState.CLEAN, scanned_at=None).order_by("pk")

    def unprepared(self, now: datetime) -> "VersionCheckQuerySet":
        """Return clean checks without page images and copies, without an active lease."""
        return self._free(now).filter(state=CheckState.CLEAN, prepared_at=None).order_by("pk")

    def within_budget(self, now: datetime) -> "VersionCheckQuerySet":
        """Exclude files of users over the hourly processor time, and of forms over the time of a form."""
        recent = apps.get_model("documents", "Upload").objects.spent_since(now - HOUR)
        over = {
            field: recent.values(field)
            .annotate(total=Sum("milliseconds"))
            .filter(total__gte=1000 * budget)
            .values(field)
            for field, budget in (("owner", settings.UPLOAD_HOUR_SECONDS), ("batch", settings.UPLOAD_FORM_SECONDS))
        }
        rows = self.exclude(version__upload__owner__in=over["owner"])
        return rows.exclude(version__upload__batch__in=over["batch"])

    def leased(self, now: datetime) -> "VersionCheckQuerySet":
        """Return checks that a worker is processing; a postponed check has had its attempt taken back."""
        return self.filter(attempts__gt=0, lease_until__gt=now, lease_until__lte=now + 2 * LEASE)

    def oldest_waiting_seconds(self) -> float:
        """Return the age of the oldest pending file in seconds; 0 if none.

        Files postponed because of their owner's budget do not count.
        """
        waiting = self.filter(state=CheckState.PENDING).within_budget(clock.now()).order_by("pk")
        since = waiting.values_list("version__at", flat=True).first()
        return max(0.0, (clock.now() - since).total_seconds()) if since else 0.0

    def _free(self, now: datetime) -> "VersionCheckQuerySet":
        set_back = Q(lease_until__gt=now + 2 * LEASE)  # the lease was written before the clock was set back
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=now) | set_back)


def page_images_for(versions: Iterable["DocumentVersion"]) -> dict[int, list["PageImage"]]:
    """Return the page images of versions by primary key, in order; one query for each fifty versions.

    A version without images gives an empty list.
    """
    pages: dict[int, list[PageImage]] = defaultdict(list)
    for image in _page_images().rows(version.pk for version in versions):
        pages[image.version_id].append(image)
    return pages


@cache
def _page_images() -> "PreparedLookup[PageImage]":
    images = apps.get_model("documents", "PageImage").objects.order_by("version", "page")
    return PreparedLookup(lambda keys: images.filter(version__in=keys))
