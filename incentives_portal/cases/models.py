"""Cases and what happened to them: append-only events, snapshots of what was submitted, remarks that point at a place.

Nothing of what a person did or said is ever changed or deleted: the database refuses it. Do not put anything here that is edited.
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import Organisation
from incentives_portal.documents.models import APPEND_ONLY, DocumentVersion
from incentives_portal.texts import TextsField, in_language

from .querysets import EventQuerySet


class CaseKind(models.TextChoices):
    PLAN = "plan", _("Plan")
    PROOF = "proof", _("Proof of execution")
    CLAIM = "claim", _("Claim")
    ENROLMENT = "enrolment", _("Enrollment")
    ASSOCIATION = "association", _("Customer association")


class Counter(models.Model):
    """The last number given in a year, so that references are short: PLN-2026-00042."""

    prefix = models.CharField(max_length=3)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="counter_once", fields=["prefix", "year"])]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}"


class Case(models.Model):
    """A case that has a history: one per plan, proof, claim, enrolment, association. The one identifier space of domain.md 0."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=CaseKind.choices)
    reference = models.CharField(_("reference"), max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")

    def __str__(self) -> str:
        return self.reference


class Assignment(models.Model):
    """A case that one of the operator's people has taken up; no row means that it waits for anybody."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="assignment")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.case_id}: {self.user_id}"


class ReasonCode(models.Model):
    """Why something was sent back or refused, in words that a partner can act on (domain.md 19)."""

    kind = models.CharField(_("for"), max_length=12, choices=CaseKind.choices)
    verb = models.CharField(_("verb"), max_length=24, help_text=_("The verb that it belongs to, for example reject."))
    code = models.CharField(_("code"), max_length=12)
    words = TextsField(verbose_name=_("words"))
    fix = TextsField(verbose_name=_("what would mend it"), blank=True, long=True)
    place = models.CharField(_("place in the form"), max_length=40, blank=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("reason code")
        verbose_name_plural = _("reason codes")
        ordering = ["kind", "code"]
        constraints = [
            models.UniqueConstraint(
                name="reason_code_once",
                fields=["kind", "verb", "code"],
                violation_error_message=_("There is already a reason with this code for this verb."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {in_language(self.words)}"


#: The codes of what people say outside of a verb: comments and internal notes.
COMMENT_CODES = ("cases.commented", "cases.noted")


class Event(models.Model):
    """One thing that somebody did: who (name and role as they were), when, what, from which status to which, and the words."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=120)
    actor_role = models.CharField(max_length=32, blank=True)
    code = models.CharField(max_length=60)
    from_status = models.CharField(max_length=24, blank=True)
    to_status = models.CharField(max_length=24, blank=True)
    reason = models.ForeignKey(ReasonCode, models.PROTECT, null=True, related_name="+")
    words = models.TextField(blank=True)
    internal = models.BooleanField(default=False)
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=36, blank=True)
    at = models.DateTimeField()

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            # The history panel: events of one case, newest first.
            models.Index(name="event_of_case", fields=["case", "-id"]),
            # What one person said within the last hour.
            models.Index(name="event_comment_by", fields=["actor", "-at"], condition=models.Q(code__in=COMMENT_CODES)),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.case_id} {self.code}"

    @cached_property
    def remarks_in_order(self) -> list["Remark"]:
        """Its remarks as they were written, with documents and reasons. One query, unless who made or fetched the event has set them."""
        return list(self.remarks.select_related("version", "reason").order_by("pk"))


class Remark(models.Model):
    """A part of a decision or comment that points somewhere: at a document as it was seen, or at a place in the form."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="remarks")
    version = models.ForeignKey(DocumentVersion, models.PROTECT, null=True, related_name="remarks")
    # Long enough for the name of a row with its public id: expense-6f1c….
    place = models.CharField(max_length=60, blank=True)
    reason = models.ForeignKey(ReasonCode, models.PROTECT, null=True, related_name="+")
    words = models.TextField(blank=True)

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.words


class Submission(models.Model):
    """What was submitted, as it was: the content, its hash, and the assessment that both sides saw."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    assessment = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="submission_number_once", fields=["case", "number"])]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.case_id} #{self.number}"
