"""Uploaded files. A document has versions that never change; a replacement is a further version."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock
from incentives_portal.accounts.models import Organisation, User
from incentives_portal.installation.triggers import NOT_TRUNCATED, Guard, Refuse
from incentives_portal.sandbox.parsing.reasons import Content

from . import scanning
from .enums import CONTENT_SENTENCES, FORMATS, PICTURES, REASON_CHOICES, UNUSABLE, CheckState, FileType
from .file_types import MAX_NAME_LENGTH
from .querysets import DocumentVersionQuerySet, UploadQuerySet, VersionCheckQuerySet

#: As ``APPEND_ONLY``, but a version goes as long as its upload is attached to nothing (``cleanup.py``).
_APPEND_ONLY_ONCE_ATTACHED = [
    Refuse(name="append_only", operation=pgtrigger.Update),
    Guard(
        name="kept_once_attached",
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func="""
            IF NOT EXISTS (
                SELECT 1 FROM documents_upload
                WHERE version_id = OLD.id AND attached_to = '' AND expires_at IS NOT NULL
            ) THEN
                RAISE EXCEPTION 'Cannot delete rows from the append-only table %: an upload was attached', TG_TABLE_NAME;
            END IF;
            RETURN OLD;
        """,
    ),
    NOT_TRUNCATED,
]


class Document(models.Model):
    """A document of an organization.

    The apps above store what it belongs to. Removed documents stay for the record.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("organization"))
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
    original_name = models.CharField(_("file name"), max_length=MAX_NAME_LENGTH)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    at = models.DateTimeField(_("uploaded at"), default=clock.now)

    objects = DocumentVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("document version")
        verbose_name_plural = _("document versions")
        ordering = ["document", "number"]
        indexes = [
            # The same bytes uploaded twice: filter(sha256=…).
            models.Index(name="version_sha256", fields=["sha256"]),
        ]
        constraints = [
            # Also the index of current(), which looks for a higher number of the document.
            models.UniqueConstraint(name="version_number_once", fields=["document", "number"]),
            models.CheckConstraint(name="version_type_known", condition=Q(type__in=FileType.values)),
            models.CheckConstraint(name="version_counts_from_one", condition=Q(number__gte=1, size__gte=1)),
        ]
        triggers = _APPEND_ONLY_ONCE_ATTACHED

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
        """Return whether the type has page images; tables, texts and data can only be downloaded."""
        return FORMATS[FileType(self.type)].drawn

    @property
    def can_be_opened(self) -> bool:
        """Return whether the version may be served: inspected and, with a virus scanner, found clean."""
        check = self.check_result
        return check.state == CheckState.CLEAN and (check.scanned_at is not None or not scanning.is_on())

    @property
    def standing(self) -> str:
        """Return the state of the check for the rules, or ``waiting`` while the version cannot be used yet."""
        state = self.check_result.state
        return state if state in UNUSABLE or self.can_be_opened else "waiting"


class Upload(models.Model):
    """One uploaded file: who sent it, what it is attached to, and its processor time.

    Quotas, budgets and cleanup read these rows. An unattached file has ``expires_at``; attaching sets ``attached_to``
    (``proofs.proof:…``) and clears it. The row of a refused or removed file stays for a day without its ``version``,
    because it counts toward the quota. ``batch`` is common to the files of one form. ``milliseconds`` is processor
    time, ``spent_at`` when it last increased.
    """

    owner = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("organization"))
    version = models.OneToOneField(
        DocumentVersion,
        models.PROTECT,
        related_name="upload",
        null=True,
        blank=True,
        verbose_name=_("document version"),
    )
    batch = models.UUIDField(default=uuid.uuid4, editable=False)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    at = models.DateTimeField(_("uploaded at"), default=clock.now)
    expires_at = models.DateTimeField(_("kept until"), null=True, blank=True)
    attached_to = models.CharField(_("attached to"), max_length=100, blank=True, default="")
    milliseconds = models.PositiveIntegerField(_("processor time in milliseconds"), default=0)
    spent_at = models.DateTimeField(null=True, blank=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        indexes = [
            # Quotas: what somebody has sent in the last day.
            models.Index(name="upload_by_owner", fields=["owner", "at"]),
            # Budgets and the order of inspection: what was spent in the last hour.
            models.Index(name="upload_spent", fields=["spent_at"], condition=Q(spent_at__isnull=False)),
            # Cleanup: expired().
            models.Index(name="upload_expires", fields=["expires_at"], condition=Q(expires_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="upload_attached_is_kept", condition=Q(attached_to="") | Q(expires_at=None, version__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id}, {self.at:%Y-%m-%d %H:%M}"


class VersionCheck(models.Model):
    """The result of checking a version: its verdict, its contents, and the state of its images and copies.

    ``inspected_at`` is when the content was read, by ``reader`` (``checking.READER_VERSION``). ``scanned_at`` is empty
    without a virus scan; ``finding`` is the scanner's name for malware. ``prepared_at`` is when page images and copies
    were made, after the verdict; ``is_partial`` says that the time for them ran out. ``page_count`` counts the pages of
    the file, ``pages`` the drawn ones.

    ``lease_until`` is when another worker may try, or until when the check is postponed. ``attempts`` counts workers,
    ``postponed`` counts failures of the storage or the scanner.
    """

    version = models.OneToOneField(
        DocumentVersion, models.PROTECT, related_name="check_result", verbose_name=_("document version")
    )
    state = models.CharField(_("state"), max_length=8, choices=CheckState.choices, default=CheckState.PENDING)
    reason = models.CharField(_("reason"), max_length=16, choices=REASON_CHOICES, blank=True, default="")
    page_count = models.PositiveIntegerField(_("pages"), default=0)
    contents = models.JSONField(_("content left out of copies"), default=list, blank=True)
    attachments = models.JSONField(_("embedded files"), default=list, blank=True)
    encoding = models.CharField(_("encoding"), max_length=40, blank=True, default="")
    reader = models.PositiveSmallIntegerField(default=0)
    pages = models.PositiveIntegerField(_("page images"), default=0)
    is_partial = models.BooleanField(_("some pages not shown"), default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    postponed = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    inspected_at = models.DateTimeField(_("inspected at"), null=True, blank=True)
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    scanned_at = models.DateTimeField(_("scanned at"), null=True, blank=True)
    prepared_at = models.DateTimeField(_("prepared at"), null=True, blank=True)
    finding = models.CharField(_("finding"), max_length=150, blank=True, default="")

    objects = VersionCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("document version check")
        verbose_name_plural = _("document version checks")
        indexes = [
            # due(): what still waits for its verdict, oldest first. Small, because nearly everything is checked.
            models.Index(name="check_pending", fields=["id"], condition=Q(state=CheckState.PENDING)),
            # unprepared(): what is clean and not drawn yet.
            models.Index(name="check_unprepared", fields=["id"], condition=Q(state=CheckState.CLEAN, prepared_at=None)),
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

    @property
    def notes(self) -> list[str]:
        """Return notes for readers: how the copy differs, embedded files, and the encoding of the text."""
        notes = [str(CONTENT_SENTENCES[content]) for content in map(Content, self.contents)]
        if self.attachments:
            notes.append(_("Embedded files: %(names)s") % {"names": ", ".join(self.attachments)})
        if self.encoding:
            notes.append(_("The text of the file was read as %(encoding)s.") % {"encoding": self.encoding})
        if self.is_partial or self.page_count > self.pages > 0:
            notes.append(_("Some pages are not shown here. Download the file to read the rest."))
        return notes


class PageImage(models.Model):
    """One page of a version as a picture, the only form in which a document is displayed. Sizes in pixels."""

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


class SafeCopy(models.Model):
    """A safe copy of a version or of its visible content; it can be recreated at any time.

    ``kind`` and ``media_type`` are those of ``sandbox.runner.copies``; ``number`` distinguishes several of one kind,
    from 1.
    """

    version = models.ForeignKey(
        DocumentVersion, models.PROTECT, related_name="safe_copies", verbose_name=_("document version")
    )
    kind = models.CharField(_("kind"), max_length=16)
    number = models.PositiveIntegerField(_("number"), default=1)
    media_type = models.CharField(_("media type"), max_length=100)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    storage_key = models.CharField(max_length=100, unique=True, editable=False)
    made_by = models.CharField(_("created by"), max_length=40)
    made_at = models.DateTimeField(_("created at"), default=clock.now)

    class Meta:
        verbose_name = _("safe copy")
        verbose_name_plural = _("safe copies")
        ordering = ["version", "kind", "number"]
        constraints = [
            # Also the index of a version's copies.
            models.UniqueConstraint(name="safe_copy_once", fields=["version", "kind", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.kind}/{self.number}"
