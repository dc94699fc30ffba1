"""The case: what plans, claims and enrollments have in common, its reference and the sums of its lists."""

import uuid
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.capabilities import Scope
from incentives_portal.accounts.models import Location, Organisation, User
from incentives_portal.installation.triggers import Refuse
from incentives_portal.money import AmountField, CurrencyField
from incentives_portal.programs.models import Program, UsagePeriod

from ..approvals import APPROVAL_TRIGGERS
from ..enums import APPROVED, STATUSES, WAITING, WITH_PARTNER, CaseKind
from ..querysets import CaseQuerySet
from ..state_machine import Status
from ..totals import TOTALS_TRIGGERS
from ..types import case_type

if TYPE_CHECKING:
    from .history import Approval


def _known_statuses() -> models.Q:
    known = models.Q()
    for kind, statuses in STATUSES.items():
        known |= models.Q(kind=kind, status__in=statuses)
    return known


class Counter(models.Model):
    """The last number assigned in a year, so that references are short: PLN-2026-00042."""

    prefix = models.CharField(max_length=3)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="counter_once", fields=["prefix", "year"])]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}"


#: The order of an organization's list, newest first. The sum keeps PostgreSQL off the index of the key, where it would
#: read everybody's cases from the newest back until it has a page of this organization's, which may all be old.
NEWEST_OF_ORGANISATION = (models.F("id") + 0).desc()


class CaseTotal(models.Model):
    """How many listed cases there are of a kind, scope, period, status and currency, and their amounts.

    Several rows add up to one total: the database adds a row with the difference whenever a case changes, so that two
    who decide at the same time never wait for each other. ``tasks.merge_totals`` adds them up. Amounts are in ``currency``.
    """

    kind = models.CharField(max_length=12, choices=CaseKind.choices)
    # Copied from the case, whose foreign keys the database checks.
    organisation = models.ForeignKey(
        Organisation, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    program = models.ForeignKey(Program, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    location = models.ForeignKey(Location, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    usage_period = models.ForeignKey(
        UsagePeriod, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    status = models.CharField(max_length=24)
    currency = CurrencyField()
    number = models.IntegerField()
    requested_amount = models.DecimalField(max_digits=24, decimal_places=3)
    approved_amount = models.DecimalField(max_digits=24, decimal_places=3)

    class Meta:
        indexes = [models.Index(name="case_total_of_organisation", fields=["organisation", "kind"])]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.status}"


#: Trigger of Case: what it is and whose it is never changes.
_IDENTITY_KEPT = Refuse(
    name="identity_kept",
    operation=pgtrigger.Update,
    condition=pgtrigger.AnyChange("public_id", "kind", "reference", "organisation"),
)


class Case(models.Model):
    """One plan, claim or enrollment: what all kinds of cases have in common.

    The rest is in the row of its kind (``CaseDetail``). The scope (``organisation``, ``program``, ``location``) is
    copied when the case is opened and never changes. ``parent`` is the plan whose limit a claim counts against, in
    the same currency; in programs without plans a claim has a usage period instead. Amounts are in ``currency``.

    ``listed`` is whether it is in the lists of its kind: a claim is from its creation on, before it is a proof in progress.
    ``due_at`` is the deadline of the side that has the case now. ``submission`` is the last submission, ``round``
    the number of disputes about its decision. ``approved_submission`` and ``approved_amount`` are in force until
    the next approval replaces them, also while a revision is edited.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=CaseKind.choices)
    reference = models.CharField(_("reference"), max_length=20, unique=True)
    title = models.CharField(_("title"), max_length=200)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    usage_period = models.ForeignKey(UsagePeriod, models.PROTECT, null=True, related_name="+")
    status = models.CharField(_("status"), max_length=24)
    listed = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    assigned_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    first_submitted_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    submission = models.OneToOneField("Submission", models.PROTECT, null=True, related_name="+")
    round = models.PositiveSmallIntegerField(default=0)
    approved_submission = models.OneToOneField("Submission", models.PROTECT, null=True, related_name="+")
    currency = CurrencyField(_("currency"))
    requested_amount = AmountField(_("requested amount"), null=True)
    approved_amount = AmountField(_("approved amount"), null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            models.CheckConstraint(name="case_status_known", condition=_known_statuses()),
            models.CheckConstraint(
                name="case_one_track",
                condition=models.Q(kind=CaseKind.CLAIM, parent__isnull=False, usage_period=None)
                | models.Q(kind=CaseKind.CLAIM, parent=None, usage_period__isnull=False)
                | (~models.Q(kind=CaseKind.CLAIM) & models.Q(parent=None, usage_period=None)),
            ),
            models.CheckConstraint(
                name="case_requested_positive",
                condition=models.Q(kind=CaseKind.ENROLMENT, requested_amount=None)
                | (~models.Q(kind=CaseKind.ENROLMENT) & models.Q(requested_amount__gt=0)),
            ),
            models.CheckConstraint(
                name="case_approval_whole",
                condition=models.Q(approved_submission=None, approved_amount=None)
                | models.Q(approved_submission__isnull=False, approved_amount__isnull=False, approved_amount__gte=0),
            ),
            models.CheckConstraint(
                name="case_plan_approved_positive",
                condition=~models.Q(kind=CaseKind.PLAN)
                | models.Q(approved_amount=None)
                | models.Q(approved_amount__gt=0),
            ),
            # An approved plan keeps its amount while a revision is edited; a claim has an amount only while it is
            # approved.
            models.CheckConstraint(
                name="case_claim_approved",
                condition=~models.Q(kind=CaseKind.CLAIM)
                | models.Q(status=APPROVED, approved_amount__isnull=False)
                | (~models.Q(status=APPROVED) & models.Q(approved_amount=None)),
            ),
            models.CheckConstraint(
                name="case_submitted_whole",
                condition=models.Q(submission=None, submitted_at=None, first_submitted_at=None)
                | models.Q(submission__isnull=False, submitted_at__isnull=False, first_submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="case_submitted_listed", condition=models.Q(submitted_at=None) | models.Q(listed=True)
            ),
            models.CheckConstraint(
                name="case_assigned_whole",
                condition=models.Q(assignee=None, assigned_at=None)
                | models.Q(assignee__isnull=False, assigned_at__isnull=False),
            ),
        ]
        triggers = [*TOTALS_TRIGGERS, *APPROVAL_TRIGGERS, _IDENTITY_KEPT]
        indexes = [
            # The lists of the operator and of large partners, in each order.
            models.Index(name="case_by_due_date", fields=["kind", "due_at", "id"]),
            models.Index(name="case_by_amount", fields=["kind", "currency", "-requested_amount", "-id"]),
            # The queue of a kind, by due date.
            models.Index(name="case_queue", fields=["kind", "due_at", "id"], condition=models.Q(status__in=WAITING)),
            # The waiting cases of a reviewer; decided cases keep their assignee.
            models.Index(
                name="case_of_assignee", fields=["assignee", "due_at"], condition=models.Q(status__in=WAITING)
            ),
            # The approval queue: longest waiting first.
            models.Index(name="case_waiting", fields=["submitted_at", "id"], condition=models.Q(status__in=WAITING)),
            # Cases that partners have to continue; most cases are closed.
            models.Index(
                name="case_with_partner",
                fields=["status", "due_at"],
                condition=models.Q(status__in=WITH_PARTNER),
            ),
            # The lists on a partner's home page; most cases are closed.
            models.Index(
                name="case_open_of_organisation",
                fields=["organisation", "status", "due_at"],
                condition=models.Q(status__in=[*WAITING, *WITH_PARTNER]),
            ),
            # The operator's list of one status.
            models.Index(name="case_by_status", fields=["kind", "status", "-id"]),
            # A partner's list, newest first.
            models.Index("organisation", "kind", NEWEST_OF_ORGANISATION, name="case_of_organisation"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def scope(self) -> Scope:
        return Scope(self.organisation_id, self.program_id, self.location_id)

    @property
    def state(self) -> Status:
        """The status with its label, tag and meaning."""
        return case_type(self.kind).state_machine.status(self.status)

    @property
    def time_zone(self) -> str:
        """The time zone of the case's deadlines: that of the program's calendar."""
        return self.program.calendar.time_zone

    @property
    def active_assignee(self) -> User | None:
        """The assignee, unless that user was deactivated."""
        return self.assignee if self.assignee is not None and self.assignee.is_active else None


#: Trigger for the models of kinds of cases: their rows cannot be deleted. No foreign key protects such a row, as the
#: history refers to the case.
NOT_DELETED = [Refuse(name="not_deleted", operation=pgtrigger.Delete)]


def _of_case(path: str) -> Any:
    """A property of a detail row that reads its case."""
    return property(attrgetter(f"case.{path}"))


class CaseDetail(models.Model):
    """What one kind of case adds to its case: a row with the same primary key.

    The properties read the case, so that a plan or a claim can be used where only the case matters. The columns are
    written under the lock of the case (engine.py).
    """

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="%(class)s")

    program: Any = _of_case("program")
    public_id: uuid.UUID = _of_case("public_id")
    scope: Scope = _of_case("scope")
    title: str = _of_case("title")
    status: str = _of_case("status")
    state: Status = _of_case("state")
    is_editable: bool = _of_case("state.editable")
    version: int = _of_case("version")
    due_at: datetime | None = _of_case("due_at")
    submitted_at: datetime | None = _of_case("submitted_at")
    currency: str = _of_case("currency")
    approved_amount: Decimal | None = _of_case("approved_amount")
    time_zone: str = _of_case("time_zone")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.case.reference} {self.title}"

    def get_absolute_url(self) -> str:
        raise NotImplementedError

    @property
    def requested_amount(self) -> Decimal:
        """The amount that the partner requests, in ``currency``. Not for enrollments, which have no amount."""
        assert self.case.requested_amount is not None  # constraint case_requested_positive
        return self.case.requested_amount

    @cached_property
    def first_approval(self) -> "Approval | None":
        """The approval that waits for a second one by another person (docs/domain.md, "Second approval").

        One query in programs that need two above an amount, none in others.
        """
        case = self.case
        if case.status not in WAITING or self.program.second_approval_above is None:
            return None
        return case.approvals.waiting().order_by("pk").last()

    @property
    def named_reviewer(self) -> User | None:
        """The active operator user whom the partner named as reviewer. None in kinds where nobody is named."""
        return None
