"""Uploaded files. A document is what a person handed in; its versions are never changed, each replacement is one more."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock
from incentives_portal.accounts.models import Organisation, User

from . import scanning
from .append_only import APPEND_ONLY
from .enums import FORMATS, PICTURES, REASON_CHOICES, UNUSABLE, CheckState, FileType
from .filenames import MAX_LENGTH
from .querysets import DocumentVersionQuerySet, VersionCheckQuerySet


class Document(models.Model):
    """One thing that an organisation handed in. Where it belongs is said by the rooms above; removed ones stay for the record."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation"))
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    removed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("removed by")
    )

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.CheckConstraint(
                name="document_removed_by_somebody",
                condition=Q(removed_at=None, removed_by=None) | Q(removed_at__isnull=False, removed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class DocumentVersion(models.Model):
    """The bytes of a document at one time. Append-only: the database refuses changes and deletion."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    document = models.ForeignKey(Document, models.PROTECT, related_name="versions", verbose_name=_("document"))
    number = models.PositiveIntegerField(_("version"))
    storage_key = models.CharField(max_length=100, unique=True, editable=False)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    type = models.CharField(_("type"), max_length=8, choices=FileType.choices)
    original_name = models.CharField(_("file name"), max_length=MAX_LENGTH)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    at = models.DateTimeField(_("uploaded at"), default=clock.now)

    objects = DocumentVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("document version")
        verbose_name_plural = _("document versions")
        ordering = ["document", "number"]
        indexes = [
            # The same bytes handed in twice: filter(sha256=…).
            models.Index(name="version_sha256", fields=["sha256"]),
        ]
        constraints = [
            # Also the index of current(): is there a higher number of this document?
            models.UniqueConstraint(name="version_number_once", fields=["document", "number"]),
            models.CheckConstraint(name="version_type_known", condition=Q(type__in=FileType.values)),
            models.CheckConstraint(name="version_counts_from_one", condition=Q(number__gte=1, size__gte=1)),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.original_name

    @property
    def media_type(self) -> str:
        return FORMATS[FileType(self.type)].media_type

    @property
    def is_picture(self) -> bool:
        return self.type in PICTURES

    @property
    def is_drawn(self) -> bool:
        """Whether page images are made of it; tables, texts and data are offered for download only."""
        return FORMATS[FileType(self.type)].drawn

    @property
    def can_be_opened(self) -> bool:
        """Whether it may be handed out: with a virus scanner only what it has found clean, a picture only when it was drawn anew."""
        check = self.check_result
        if scanning.is_on():
            return check.state == CheckState.CLEAN and check.scanned_at is not None
        return check.state == CheckState.CLEAN or (check.state == CheckState.PENDING and not self.is_picture)

    @property
    def standing(self) -> str:
        """For the rules: the state of its check, or ``waiting`` while the virus scanner keeps it from being used."""
        settled = self.check_result.state in UNUSABLE
        if scanning.is_on() and not settled and not self.can_be_opened:
            return "waiting"
        return self.check_result.state


class VersionCheck(models.Model):
    """What the worker found out about a version: whether it is free of viruses, can be read and drawn, and how many page images there are.

    ``scanned_at`` is empty for what no virus scanner has seen, because none was set then; ``finding`` is what it called what it found.
    ``lease_until`` is how long the worker that draws it may take before another one tries; ``attempts`` counts them.
    """

    version = models.OneToOneField(
        DocumentVersion, models.PROTECT, related_name="check_result", verbose_name=_("document version")
    )
    state = models.CharField(_("state"), max_length=8, choices=CheckState.choices, default=CheckState.PENDING)
    reason = models.CharField(_("reason"), max_length=16, choices=REASON_CHOICES, blank=True, default="")
    pages = models.PositiveIntegerField(_("page images"), default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    scanned_at = models.DateTimeField(_("scanned at"), null=True, blank=True)
    finding = models.CharField(_("finding"), max_length=150, blank=True, default="")

    objects = VersionCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("check of a document version")
        verbose_name_plural = _("checks of document versions")
        indexes = [
            # The sweep, due(): what still waits, oldest first. Small, because nearly everything is checked.
            models.Index(name="check_pending", fields=["id"], condition=Q(state=CheckState.PENDING)),
            # What came before there was a virus scanner: unscanned().
            models.Index(name="check_unscanned", fields=["id"], condition=Q(state=CheckState.CLEAN, scanned_at=None)),
        ]
        constraints = [
            models.CheckConstraint(name="check_state_known", condition=Q(state__in=CheckState.values)),
            models.CheckConstraint(
                name="check_refused_with_reason",
                condition=Q(state__in=UNUSABLE) ^ Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.get_state_display()


class PageImage(models.Model):
    """One page of a version as a picture: the only form in which a document is displayed. Sizes in pixels."""

    version = models.ForeignKey(
        DocumentVersion, models.PROTECT, related_name="page_images", verbose_name=_("document version")
    )
    page = models.PositiveIntegerField(_("page"))
    storage_key = models.CharField(max_length=100, unique=True, editable=False)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("page image")
        verbose_name_plural = _("page images")
        ordering = ["version", "page"]
        constraints = [
            # Also the index of page_images_for(): all pages of some versions, in order.
            models.UniqueConstraint(name="page_image_once", fields=["version", "page"]),
            models.CheckConstraint(name="page_image_has_pixels", condition=Q(page__gte=1, width__gte=1, height__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.page}"
