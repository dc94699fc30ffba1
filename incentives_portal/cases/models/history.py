"""Cases and their history: events, submissions, decisions and remarks.

The history is append-only: the database refuses to change or delete it. Do not add anything here that is edited.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import Organisation, RecordedName
from incentives_portal.accounts.recorded_names import name_trigger
from incentives_portal.chain import Link, chain_trigger
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.installation.triggers import APPEND_ONLY, Guard, OwnersGuard
from incentives_portal.money import AmountField
from incentives_portal.texts import TextsField, in_language

from ..enums import ActorKind, CaseKind, Outcome
from ..querysets import ApprovalQuerySet, EventQuerySet
from ..state_machine import Status
from ..types import case_type
from .case import Case

#: What a reason says to those who read it, and where it applies.
REASON_WORDS = ("kind", "verb", "code", "text", "fix", "place")
#: The trigger that keeps the words of a reason once a history refers to it; ``services.save_reason`` replaces it instead.
_WORDS_KEPT = Guard(
    name="words_kept",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.AnyChange(*REASON_WORDS),
    func="""
        IF EXISTS (SELECT 1 FROM cases_event WHERE reason_id = OLD.id)
            OR EXISTS (SELECT 1 FROM cases_remark WHERE reason_id = OLD.id) THEN
            RAISE EXCEPTION 'A history refers to this reason: it is replaced, not changed';
        END IF;
        RETURN NEW;
    """,
)


class ReasonCode(models.Model):
    """Why something was sent back or rejected, in terms that a partner can act on.

    Its words stay as they were once a history refers to it: an edited reason is another row, and the former one is no
    longer active. Source: docs/domain.md, "Reasons and comments".
    """

    kind = models.CharField(_("applies to"), max_length=12, choices=CaseKind.choices)
    verb = models.CharField(_("action"), max_length=24, help_text=_("The action it applies to, for example reject."))
    code = models.CharField(_("code"), max_length=12)
    text = TextsField(verbose_name=_("text"))
    fix = TextsField(verbose_name=_("what needs to change"), blank=True, long=True)
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
                condition=models.Q(active=True),
                violation_error_message=_("There is already a reason with this code for this action."),
            )
        ]
        triggers = [_WORDS_KEPT]

    def __str__(self) -> str:
        return f"{self.code} {in_language(self.text)}"


#: The codes of comments and internal notes, which belong to no verb.
COMMENT_CODES = ("cases.commented", "cases.noted")
#: The code of the event that a user confirmed in words what the portal cannot check, before approving.
CONFIRMED = "cases.confirmed"
#: The code of the event that a rule yielded to the user who decided, with the reason as its comment.
EXCEPTION = "cases.rule_yielded"


def _linked(kind: str, case: str = "NEW.case_id") -> OwnersGuard:
    """The trigger that adds a row to the chain of its case."""
    return chain_trigger(kind, heads="cases_chainhead", key="case_id", group=case)


class Event(Link):
    """One thing that was done: who, when, what, the change of status, and the comment.

    Name and role of the actor are stored as they were at the time. The name is in a row of its own, which can be erased;
    the database fills it in. Events of the portal itself have neither actor nor organization.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    actor_kind = models.CharField(max_length=8, choices=ActorKind.choices, default=ActorKind.USER)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # Without a constraint of the database: the name may be erased, its digest stays.
    recorded_name = models.ForeignKey(
        RecordedName,
        models.DO_NOTHING,
        to_field="digest",
        db_column="actor_name_digest",
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    actor_role = models.CharField(max_length=32, blank=True)
    code = models.CharField(max_length=60)
    from_status = models.CharField(max_length=24, blank=True)
    to_status = models.CharField(max_length=24, blank=True)
    reason = models.ForeignKey(ReasonCode, models.PROTECT, null=True, related_name="+")
    comment = models.TextField(blank=True)
    internal = models.BooleanField(default=False)
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=36, blank=True)
    at = models.DateTimeField()

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.CheckConstraint(
                name="event_actor_known",
                condition=models.Q(
                    actor_kind=ActorKind.USER,
                    actor__isnull=False,
                    organisation__isnull=False,
                    recorded_name__isnull=False,
                )
                | models.Q(
                    actor_kind=ActorKind.SYSTEM, actor=None, organisation=None, recorded_name=None, actor_role=""
                )
                | models.Q(actor_kind=ActorKind.OUTSIDER, actor=None, organisation=None, recorded_name__isnull=False),
            ),
        ]
        indexes = [
            # The history panel, newest first.
            models.Index(name="event_of_case", fields=["case", "-id"]),
            # The comments of a user within the last hour.
            models.Index(name="event_comment_by", fields=["actor", "-at"], condition=models.Q(code__in=COMMENT_CODES)),
            # The list of exceptions, newest first.
            models.Index(name="event_exception", fields=["-id"], condition=models.Q(code=EXCEPTION)),
        ]
        triggers = [*APPEND_ONLY, name_trigger("actor_id", "actor_name_digest"), _linked("event")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.code}"

    @cached_property
    def actor_name(self) -> str:
        """The actor's name as it was, or what stands for an erased one; empty for events of the portal itself.

        One query, unless the code that created or fetched the event has set it or fetched the recorded name along.
        """
        try:
            recorded = self.recorded_name
        except RecordedName.DoesNotExist:
            recorded = None
        return self.name_shown(recorded.name if recorded else None)

    def name_shown(self, name: str | None) -> str:
        """Return the name to show, given the recorded one, which is None once it was erased."""
        if self.recorded_name_id is None:
            return ""
        return str(RecordedName.ERASED) if name is None else name

    @property
    def organisation_name(self) -> str:
        """The organization of the actor; empty for events of the portal itself."""
        return self.organisation.name if self.organisation else ""

    @cached_property
    def remarks_in_order(self) -> list["Remark"]:
        """The remarks in the order in which they were written, with documents and reasons.

        One query, unless the code that created or fetched the event has set them.
        """
        return list(self.remarks.select_related("version", "reason").order_by("pk"))


class Remark(Link):
    """A remark of a decision or comment about a document version or a place in the form."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="remarks")
    version = models.ForeignKey(DocumentVersion, models.PROTECT, null=True, related_name="remarks")
    # Long enough for the place of a row with its public id: expense-6f1c….
    place = models.CharField(max_length=60, blank=True)
    reason = models.ForeignKey(ReasonCode, models.PROTECT, null=True, related_name="+")
    text = models.TextField(blank=True)

    class Meta:
        triggers = [
            *APPEND_ONLY,
            _linked("remark", "(SELECT event.case_id FROM cases_event event WHERE event.id = NEW.event_id)"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def shown_text(self) -> str:
        """The text of the remark, else what would fix it according to its reason."""
        return self.text or (in_language(self.reason.fix) if self.reason else "")


class Submission(Link):
    """A submission as it was: its content, its hash, and the assessment that both sides saw."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    assessment = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="submission_number_once", fields=["case", "number"])]
        triggers = [*APPEND_ONLY, _linked("submission")]

    def __str__(self) -> str:
        return f"{self.case_id} #{self.number}"


class Decision(Link):
    """The decision about a submission. Round 0 is the first decision, round n the one about the n-th dispute."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    approved_amount = AmountField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    event = models.OneToOneField(Event, models.PROTECT, related_name="decision")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="decision_once", fields=["submission", "round"]),
            models.CheckConstraint(
                name="decision_amount",
                condition=models.Q(outcome=Outcome.APPROVED, approved_amount__gte=0)
                | (~models.Q(outcome=Outcome.APPROVED) & models.Q(approved_amount=None)),
            ),
        ]
        triggers = [*APPEND_ONLY, _linked("decision")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.outcome}"

    @property
    def status(self) -> Status:
        """The status that the decision led to."""
        return case_type(self.case.kind).state_machine.status(self.outcome)


class Approval(Link):
    """The first of two approvals of a submission, which waits for another person's (docs/domain.md, "Second approval").

    It counts for its round and until the case is returned to the queue; the decision itself is a ``Decision``.
    ``amount`` is in the currency of the case.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="approvals")
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="approvals")
    round = models.PositiveSmallIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    amount = AmountField()
    event = models.OneToOneField(Event, models.PROTECT, related_name="approval")
    at = models.DateTimeField()

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="approval_positive", condition=models.Q(amount__gt=0))]
        triggers = [*APPEND_ONLY, _linked("approval")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.amount}"
