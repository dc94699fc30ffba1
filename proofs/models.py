"""Proofs of execution: the evidence that an activity was carried out (docs/domain.md, "Proof and claim")."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import Location
from incentives_portal.cases.models import NOT_DELETED, CaseDetail
from incentives_portal.documents.models import Document, DocumentVersion
from incentives_portal.installation.triggers import APPEND_ONLY
from incentives_portal.money import AmountField, CurrencyField
from incentives_portal.programs.models import ActivityType, ExpenseType, Program, Requirement, UsagePeriod
from plans.models import Activity

from .querysets import ProofManager


class Proof(CaseDetail):
    """The evidence that one activity was carried out. Its case is that of its claim.

    Title, scope, status and amount are in the case. On the plan track the proof belongs to an activity of an
    approved plan, in programs without plans to a usage period. It can be edited while its case can, and the
    operator sees it once it was submitted.
    """

    activity = models.ForeignKey(Activity, models.PROTECT, null=True, blank=True, related_name="proofs")
    activity_type = models.ForeignKey(
        ActivityType, models.PROTECT, related_name="proofs", verbose_name=_("activity type")
    )
    components = models.ManyToManyField(
        ActivityType, blank=True, related_name="+", verbose_name=_("parts of the campaign used")
    )
    executed_on = models.DateField(_("date of execution"))
    impressions = models.PositiveBigIntegerField(_("estimated impressions"), null=True, blank=True)
    pre_approval_id = models.CharField(_("pre-approval ID"), max_length=60, blank=True)
    final_comments = models.TextField(_("final comments"), blank=True)

    objects = ProofManager()

    class Meta:
        triggers = NOT_DELETED
        # The list of claims, latest date of execution first.
        indexes = [models.Index(name="proof_by_execution", fields=["executed_on", "case"])]
        verbose_name = _("proof of execution")
        verbose_name_plural = _("proofs of execution")

    def __str__(self) -> str:
        """Without the title: the admin site shows this to the operator when a draft prevents a deletion."""
        return self.case.reference

    def get_absolute_url(self) -> str:
        return reverse("proofs:detail", args=[self.public_id])

    @property
    def claim(self) -> CaseDetail | None:
        """The claim for the proof, once it was created. One query, unless ``for_page`` has read it."""
        return getattr(self.case, "claim", None)

    @property
    def usage_period(self) -> UsagePeriod | None:
        return self.case.usage_period

    @property
    def program(self) -> Program:
        return self.case.program

    @property
    def location(self) -> Location:
        return self.case.location

    @property
    def amount(self) -> Decimal:
        """The requested amount, in ``currency``."""
        return self.requested_amount


class Invoice(models.Model):
    """A third party's invoice, with its file. ``supplier_key`` and ``number_key`` are compared to find duplicates."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    proof = models.ForeignKey(Proof, models.PROTECT, related_name="invoices")
    document = models.OneToOneField(Document, models.PROTECT, related_name="+")
    supplier = models.CharField(_("supplier"), max_length=120)
    supplier_key = models.CharField(max_length=120)
    number = models.CharField(_("invoice number"), max_length=60)
    number_key = models.CharField(max_length=60)
    date = models.DateField(_("invoice date"))
    currency = CurrencyField(_("currency"))
    net = AmountField(_("net amount"))
    tax = AmountField(_("tax"))
    rounding = AmountField(_("rounding"), default=Decimal(0))
    gross = AmountField(_("gross amount"))

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="invoice_adds_up",
                condition=models.Q(gross=models.F("net") + models.F("tax") + models.F("rounding")),
            ),
            # money.rounding_limit has the limit of each currency.
            models.CheckConstraint(
                name="invoice_rounding_small", condition=models.Q(rounding__gt=-10, rounding__lt=10)
            ),
            models.CheckConstraint(
                name="invoice_not_negative", condition=models.Q(net__gte=0, tax__gte=0, gross__gt=0)
            ),
            models.UniqueConstraint(name="invoice_once", fields=["proof", "supplier_key", "number_key"]),
        ]
        indexes = [
            # The search for duplicates: the same supplier and number (docs/domain.md, "Duplicates").
            models.Index(name="invoice_again", fields=["supplier_key", "number_key"]),
        ]

    def __str__(self) -> str:
        return f"{self.supplier} {self.number}"


class ServiceReport(models.Model):
    """Certified service report (CSR): the partner certifies work of its own employees, by name and time."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    proof = models.ForeignKey(Proof, models.PROTECT, related_name="reports")
    work = models.TextField(_("description of the work"))
    statement = models.TextField(_("statement"), blank=True)
    certified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("certified by"),
    )
    certified_name = models.CharField(max_length=120, blank=True)
    certified_at = models.DateTimeField(_("certified at"), null=True, blank=True)

    class Meta:
        verbose_name = _("certified service report")
        verbose_name_plural = _("certified service reports")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="report_certified_whole",
                condition=models.Q(certified_by=None, certified_at=None, certified_name="", statement="")
                | (
                    models.Q(certified_by__isnull=False, certified_at__isnull=False)
                    & ~models.Q(certified_name="")
                    & ~models.Q(statement="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return Truncator(self.work).chars(60)

    @property
    def is_certified(self) -> bool:
        return self.certified_at is not None


class ServiceLine(models.Model):
    """A person's hours and hourly rate, in the proof's currency."""

    report = models.ForeignKey(ServiceReport, models.CASCADE, related_name="lines")
    person = models.CharField(_("person"), max_length=120)
    role = models.CharField(_("role"), max_length=120)
    starts = models.DateField(_("from"))
    ends = models.DateField(_("to"))
    hours = models.DecimalField(_("hours"), max_digits=8, decimal_places=2)
    rate = AmountField(_("hourly rate"))

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="service_line_order", condition=models.Q(starts__lte=models.F("ends"))),
            models.CheckConstraint(name="service_line_positive", condition=models.Q(hours__gt=0, rate__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.role}"


class ExpenseLine(models.Model):
    """One cost of an expense type, shown by an invoice or by a service report.

    ``rounding`` is its share of the invoice's rounding: net, tax and rounding are what was paid for it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    proof = models.ForeignKey(Proof, models.PROTECT, related_name="expenses")
    invoice = models.ForeignKey(
        Invoice, models.CASCADE, null=True, blank=True, related_name="expenses", verbose_name=_("invoice")
    )
    report = models.ForeignKey(
        ServiceReport, models.CASCADE, null=True, blank=True, related_name="expenses", verbose_name=_("service report")
    )
    expense_type = models.ForeignKey(
        ExpenseType, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("expense type")
    )
    description = models.CharField(_("description"), max_length=200, blank=True)
    net = AmountField(_("net amount"))
    tax = AmountField(_("tax"))
    rounding = AmountField(_("rounding"), default=Decimal(0))

    class Meta:
        verbose_name = _("expense")
        verbose_name_plural = _("expenses")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="expense_one_evidence",
                condition=models.Q(invoice__isnull=False, report=None) | models.Q(invoice=None, report__isnull=False),
            ),
            models.CheckConstraint(name="expense_not_negative", condition=models.Q(net__gte=0, tax__gte=0)),
            models.CheckConstraint(
                name="expense_rounding_small",
                condition=models.Q(rounding__gt=-10, rounding__lt=10)
                & models.Q(rounding__gte=-models.F("net") - models.F("tax")),
            ),
        ]

    def __str__(self) -> str:
        return self.description


class Attendee(models.Model):
    """An attendee and the cost: the metric of exams, the limit of conferences."""

    proof = models.ForeignKey(Proof, models.PROTECT, related_name="attendees")
    name = models.CharField(_("name"), max_length=120)
    cost = AmountField(_("cost"))

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="attendee_cost_not_negative", condition=models.Q(cost__gte=0))]

    def __str__(self) -> str:
        return self.name


class ProofDocument(models.Model):
    """A file that proves requirements, with a note that says what it shows (example PO-6)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    proof = models.ForeignKey(Proof, models.PROTECT, related_name="documents")
    document = models.OneToOneField(Document, models.PROTECT, related_name="+")
    note = models.CharField(_("What does it show?"), max_length=300)
    proves = models.ManyToManyField(Requirement, blank=True, related_name="+", verbose_name=_("proves"))

    class Meta:
        verbose_name = _("proof document")
        verbose_name_plural = _("proof documents")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="proof_document_note", condition=~models.Q(note="")),
        ]

    def __str__(self) -> str:
        return self.note


class Answer(models.Model):
    """The partner's answer to a requirement: a number, a URL, a text, a choice or a declaration."""

    proof = models.ForeignKey(Proof, models.PROTECT, related_name="answers")
    requirement = models.ForeignKey(Requirement, models.PROTECT, related_name="+")
    number = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    url = models.URLField(max_length=500, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="answer_once", fields=["proof", "requirement"])]

    def __str__(self) -> str:
        return self.text or self.url or str(self.number)


class SentFile(models.Model):
    """A file version that was submitted with the proof.

    The operator sees only these; they stay when the partner removes the file.
    """

    proof = models.ForeignKey(Proof, models.PROTECT, related_name="sent_files")
    version = models.ForeignKey(DocumentVersion, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(name="sent_file_once", fields=["proof", "version"])]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.proof_id}/{self.version_id}"
