"""Programs, fund types, markets, years, periods and rates: configuration by the operator's incentives admins."""

import uuid
from decimal import Decimal
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from incentives_portal.money import AmountField, CurrencyField
from incentives_portal.texts import TextsField, in_language

from ..enums import Basis, ProgramKind, Track
from .calendars import Calendar

_YEAR_ORDER = _("The year must end after it starts, and revisions cannot end before the year does.")
_PERIOD_ORDER = _("Each of the three periods must end after it starts.")


class _Days(models.Func):
    """An SQL range of days with inclusive bounds."""

    function = "daterange"
    output_field = DateRangeField()


def _no_overlap(name: str, starts: str, ends: str, message: Any) -> ExclusionConstraint:
    """Return the constraint that two rows of a program share no day. Needs the extension btree_gist."""
    days = _Days(starts, ends, RangeBoundary(inclusive_lower=True, inclusive_upper=True))
    return ExclusionConstraint(
        name=name,
        expressions=[(days, RangeOperators.OVERLAPS), ("program", RangeOperators.EQUAL)],
        violation_error_message=message,
    )


def _refuse_backwards(row: models.Model, *ranges: tuple[str, str], message: Any) -> None:
    """Raise ValidationError for the last day of each range that does not end after its first day.

    Fields with an error are excluded from the constraints that follow: PostgreSQL cannot build a range that ends before
    it starts, not even to compare it.
    """
    days = [(last, getattr(row, first), getattr(row, last)) for first, last in ranges]
    if wrong := {name: message for name, starts, ends in days if starts and ends and starts >= ends}:
        raise ValidationError(wrong)


class Program(models.Model):
    """An incentive program: its track, rules and dates. ``guide`` is the text for partners on its pages."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("code"), max_length=24, unique=True)
    name = TextsField(_("name"))
    track = models.CharField(_("track"), max_length=8, choices=Track.choices)
    kind = models.CharField(_("kind"), max_length=12, choices=ProgramKind.choices, default=ProgramKind.STANDARD)
    basis = models.CharField(_("costs counted as"), max_length=8, choices=Basis.choices, default=Basis.NET)
    share_percent = models.DecimalField(
        _("reimbursed share, percent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(100),
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100))],
    )
    currency = CurrencyField(_("currency"))
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="programs", verbose_name=_("calendar"))
    rework_rejected_plans = models.BooleanField(_("a rejected plan can be reworked"), default=True)
    users_may_submit_claims = models.BooleanField(
        _("incentives users can submit the claims they started"), default=True
    )
    preapproval_required = models.BooleanField(_("every proof needs a pre-approval ID"), default=False)
    poe_due_days = models.PositiveSmallIntegerField(
        _("proof due, days after the campaign starts"),
        null=True,
        blank=True,
        default=180,
        help_text=_("Leave empty if proofs have no due date."),
    )
    review_business_days = models.PositiveSmallIntegerField(_("claim review, business days"), default=2)
    dispute_business_days = models.PositiveSmallIntegerField(_("dispute decision, business days"), default=5)
    revision_days = models.PositiveSmallIntegerField(_("plan revision, days after the program year"), default=90)
    four_eyes = models.BooleanField(
        _("who approved a plan does not decide its claims"),
        default=True,
        help_text=_("If no one else is active, that person can decide with a reason. It is listed under “Exceptions”."),
    )
    second_approval_above = AmountField(
        _("second approval above"),
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_(
            "In the currency of the program. Plans and claims are approved for more than this amount by two people. "
            "Leave empty if one is always enough."
        ),
    )
    guide = TextsField(
        _("program guide"),
        blank=True,
        long=True,
        help_text=_("Partners read this on the pages of the program. Web addresses become links."),
    )

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="program_share",
                condition=models.Q(share_percent__gt=0, share_percent__lte=100),
                violation_error_message=_("The reimbursed share must be more than 0 and at most 100 percent."),
            ),
            models.CheckConstraint(
                name="program_second_approval",
                condition=models.Q(second_approval_above=None) | models.Q(second_approval_above__gte=0),
                violation_error_message=_("Enter zero or more."),
            ),
        ]

    def __str__(self) -> str:
        return in_language(self.name)

    @property
    def guide_text(self) -> str:
        """The program guide in the reader's language; empty if there is none."""
        return in_language(self.guide)

    @property
    def has_plans(self) -> bool:
        return self.track == Track.PLAN


class FundType(models.Model):
    """A kind of fund in a program; part of the unique key of a plan (docs/domain.md, "Plan key")."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="fund_types", verbose_name=_("program"))
    code = models.SlugField(_("code"), max_length=24)
    name = TextsField(_("name"))

    class Meta:
        verbose_name = _("fund type")
        verbose_name_plural = _("fund types")
        ordering = ["program", "code"]
        constraints = [
            models.UniqueConstraint(
                name="fund_type_once",
                fields=["program", "code"],
                violation_error_message=_("There is already a fund type with this code in this program."),
            )
        ]

    def __str__(self) -> str:
        return in_language(self.name)


class Market(models.Model):
    """A market of a program with its countries (ISO 3166 alpha-2). Plans are created for a market."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="markets", verbose_name=_("program"))
    code = models.SlugField(_("code"), max_length=24)
    name = TextsField(_("name"))
    countries = models.JSONField(_("countries/regions"), default=list)

    class Meta:
        verbose_name = _("market")
        verbose_name_plural = _("markets")
        ordering = ["program", "code"]
        constraints = [
            models.UniqueConstraint(
                name="market_once",
                fields=["program", "code"],
                violation_error_message=_("There is already a market with this code in this program."),
            )
        ]

    def __str__(self) -> str:
        return in_language(self.name)


class ProgramYear(models.Model):
    """A year of a program: plans are first submitted by its last day, and revised until ``revise_until``."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="years", verbose_name=_("program"))
    label = models.CharField(_("label"), max_length=24)
    starts = models.DateField(_("first day"))
    ends = models.DateField(_("last day"))
    revise_until = models.DateField(_("plans can be revised until"))

    class Meta:
        verbose_name = _("program year")
        verbose_name_plural = _("program years")
        ordering = ["program", "-starts"]
        constraints = [
            models.UniqueConstraint(
                name="program_year_once",
                fields=["program", "label"],
                violation_error_message=_("There is already a year with this label in this program."),
            ),
            models.CheckConstraint(
                name="program_year_order",
                condition=models.Q(starts__lt=models.F("ends"), ends__lte=models.F("revise_until")),
                violation_error_message=_YEAR_ORDER,
            ),
            _no_overlap(
                "program_year_no_overlap", "starts", "ends", _("This overlaps another year of the same program.")
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        _refuse_backwards(self, ("starts", "ends"), message=_YEAR_ORDER)


class UsagePeriod(models.Model):
    """A fiscal half: when its co-op funds are earned, used for activities, and claimed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="usage_periods", verbose_name=_("program"))
    label = models.CharField(_("label"), max_length=24)
    earning_starts = models.DateField(_("earning: first day"))
    earning_ends = models.DateField(_("earning: last day"))
    usage_starts = models.DateField(_("usage: first day"))
    usage_ends = models.DateField(_("usage: last day"))
    claiming_starts = models.DateField(_("claiming: first day"))
    claiming_ends = models.DateField(_("claiming: last day"))

    class Meta:
        verbose_name = _("usage period")
        verbose_name_plural = _("usage periods")
        ordering = ["program", "-usage_starts"]
        constraints = [
            models.UniqueConstraint(
                name="usage_period_once",
                fields=["program", "label"],
                violation_error_message=_("There is already a usage period with this label in this program."),
            ),
            models.CheckConstraint(
                name="usage_period_order",
                condition=models.Q(
                    earning_starts__lt=models.F("earning_ends"),
                    usage_starts__lt=models.F("usage_ends"),
                    claiming_starts__lt=models.F("claiming_ends"),
                ),
                violation_error_message=_PERIOD_ORDER,
            ),
            _no_overlap(
                "usage_period_no_earning_overlap",
                "earning_starts",
                "earning_ends",
                _("The earning period overlaps another earning period of the same program."),
            ),
            _no_overlap(
                "usage_period_no_usage_overlap",
                "usage_starts",
                "usage_ends",
                _("The usage period overlaps another usage period of the same program."),
            ),
            _no_overlap(
                "usage_period_no_claiming_overlap",
                "claiming_starts",
                "claiming_ends",
                _("The claiming period overlaps another claiming period of the same program."),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        ranges = ((f"{kind}_starts", f"{kind}_ends") for kind in ("earning", "usage", "claiming"))
        _refuse_backwards(self, *ranges, message=_PERIOD_ORDER)


class ExchangeRate(models.Model):
    """The operator's rate for a month (its first day): one unit of ``from_currency`` in ``to_currency``."""

    month = models.DateField(_("month"), help_text=_("The first day of the month."))
    from_currency = CurrencyField(_("from"))
    to_currency = CurrencyField(_("to"))
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8)

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["-month", "from_currency", "to_currency"]
        constraints = [
            models.UniqueConstraint(
                name="exchange_rate_once",
                fields=["month", "from_currency", "to_currency"],
                violation_error_message=_("There is already a rate for these two currencies in this month."),
            ),
            models.CheckConstraint(
                name="exchange_rate_positive",
                condition=models.Q(rate__gt=0),
                violation_error_message=_("Enter a rate greater than zero."),
            ),
            models.CheckConstraint(
                name="exchange_rate_month",
                condition=models.Q(month__day=1),
                violation_error_message=_("Enter the first day of the month."),
            ),
            models.CheckConstraint(
                name="exchange_rate_differs",
                condition=~models.Q(from_currency=models.F("to_currency")),
                violation_error_message=_("Choose two different currencies."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.from_currency} → {self.to_currency}"
