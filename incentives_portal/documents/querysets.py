"""Which versions stand, and their page images. Who may see a document is the matter of whoever owns it."""

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


#: Over which processor time is counted.
HOUR = timedelta(hours=1)
#: Longer than scanning and drawing may ever take: after this a worker is taken for dead.
LEASE = timedelta(minutes=5)


class DocumentVersionQuerySet(models.QuerySet["DocumentVersion"]):
    def current(self) -> "DocumentVersionQuerySet":
        """The newest version of each document that was not removed."""
        newer = self.model.objects.filter(document=OuterRef("document"), number__gt=OuterRef("number"))
        return self.filter(~Exists(newer), document__removed_at=None)

    def with_checks(self) -> "DocumentVersionQuerySet":
        """With the check in the same query: what a file row shows."""
        return self.select_related("check_result")

    def for_download(self) -> "DocumentVersionQuerySet":
        """With the check, and with the document, which says whose file it is."""
        return self.select_related("check_result", "document")


class UploadQuerySet(models.QuerySet["Upload"]):
    def expired(self, now: datetime) -> "UploadQuerySet":
        """Attached to nothing, and kept long enough."""
        return self.filter(expires_at__lt=now)

    def spent_since(self, start: datetime) -> "UploadQuerySet":
        """On which workers have spent processor time since then."""
        return self.filter(spent_at__gt=start)


class VersionCheckQuerySet(models.QuerySet["VersionCheck"]):
    def due(self, now: datetime) -> "VersionCheckQuerySet":
        """Waiting for the verdict, and in nobody's hands: never begun, begun by a worker that did not come back, or put off until now."""
        return self._free(now).filter(state=CheckState.PENDING).order_by("pk")

    def unscanned(self, now: datetime) -> "VersionCheckQuerySet":
        """Checked at a time when there was no virus scanner, and in nobody's hands."""
        return self._free(now).filter(state=CheckState.CLEAN, scanned_at=None).order_by("pk")

    def unprepared(self, now: datetime) -> "VersionCheckQuerySet":
        """Found clean, without page images and copies yet, and in nobody's hands."""
        return self._free(now).filter(state=CheckState.CLEAN, prepared_at=None).order_by("pk")

    def within_budget(self, now: datetime) -> "VersionCheckQuerySet":
        """Without the files of those who have spent the processor time of an hour, and of forms that have spent that of a form."""
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
        """In the hands of a worker; what was put off has had its attempt taken back."""
        return self.filter(attempts__gt=0, lease_until__gt=now, lease_until__lte=now + 2 * LEASE)

    def oldest_waiting_seconds(self) -> float:
        """How long the file has waited that has waited longest; 0 if none does. What is put off for its sender's budget does not count."""
        waiting = self.filter(state=CheckState.PENDING).within_budget(clock.now()).order_by("pk")
        since = waiting.values_list("version__at", flat=True).first()
        return max(0.0, (clock.now() - since).total_seconds()) if since else 0.0

    def _free(self, now: datetime) -> "VersionCheckQuerySet":
        set_back = Q(lease_until__gt=now + 2 * LEASE)  # written before the clock was
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=now) | set_back)


def page_images_for(versions: Iterable["DocumentVersion"]) -> dict[int, list["PageImage"]]:
    """Primary key of a version → its page images in order; one without images gives an empty list. A query for each fifty."""
    pages: dict[int, list[PageImage]] = defaultdict(list)
    for image in _page_images().rows(version.pk for version in versions):
        pages[image.version_id].append(image)
    return pages


@cache
def _page_images() -> "PreparedLookup[PageImage]":
    images = apps.get_model("documents", "PageImage").objects.order_by("version", "page")
    return PreparedLookup(lambda keys: images.filter(version__in=keys))
