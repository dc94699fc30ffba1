"""The activity catalog: activity types, requirements for their proofs, eligible costs, and caps."""

import uuid

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from incentives_portal.money import AmountField, CurrencyField
from incentives_portal.texts import TextsField, in_language

from .. import choices, conditions
from ..enums import CAP_NUMBERS, AppliesTo, CapKind, CapScope, Category, Group, SatisfiedBy
from .program import Program


class ExpenseType(models.Model):
    """A kind of cost."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = TextsField(_("name"))

    class Meta:
        verbose_name = _("expense type")
        verbose_name_plural = _("expense types")
        ordering = ["pk"]

    def __str__(self) -> str:
        return in_language(self.name)


class ActivityType(models.Model):
    """An activity type of the catalog.

    With ``components`` it is a composite (multi-touch campaign): its proof must meet the requirements of each component used.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    category = models.CharField(_("category"), max_length=24, choices=Category.choices)
    name = TextsField(_("name"))
    pre_approval = models.BooleanField(_("needs a pre-approval ID"), default=False)
    needs_impressions = models.BooleanField(
        _("needs estimated impressions"), default=False, help_text=_("The number of people reached.")
    )
    components = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="composites",
        verbose_name=_("components"),
        help_text=_("Only for activities made up of other activities."),
    )
    excluded_kinds = models.JSONField(_("not eligible for these kinds of programs"), default=list, blank=True)
    expenses = models.ManyToManyField(
        ExpenseType, through="EligibleExpense", related_name="+", verbose_name=_("eligible expenses")
    )
    active = models.BooleanField(_("active"), default=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("activity type")
        verbose_name_plural = _("activity types")
        ordering = ["order", "code"]

    def __str__(self) -> str:
        return in_language(self.name)


class EligibleExpense(models.Model):
    """A cost that the activity may have reimbursed. An activity without any accepts every cost (product seeding)."""

    type = models.ForeignKey(ActivityType, models.PROTECT, related_name="eligible", verbose_name=_("activity type"))
    expense = models.ForeignKey(ExpenseType, models.PROTECT, related_name="eligible", verbose_name=_("expense type"))

    class Meta:
        verbose_name = _("eligible expense")
        verbose_name_plural = _("eligible expenses")
        ordering = ["expense"]
        constraints = [
            models.UniqueConstraint(
                name="eligible_expense_once",
                fields=["type", "expense"],
                violation_error_message=_("This expense is already listed for the activity."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.type_id}: {self.expense_id}"


class Requirement(models.Model):
    """A requirement for the proof of an activity, and what meets it.

    A row with a program applies to this program only: it replaces the general one with the same code, adds a new one, or
    removes it if inactive (docs/domain.md, "Requirements"). Rows with the same ``any_of`` are alternatives. ``only_if`` is
    a condition, see conditions.py.
    """

    activity_type = models.ForeignKey(
        ActivityType, models.PROTECT, related_name="requirements", verbose_name=_("activity type")
    )
    program = models.ForeignKey(
        Program,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("only in program"),
    )
    code = models.SlugField(_("code"), max_length=32)
    group = models.CharField(_("group"), max_length=16, choices=Group.choices)
    satisfied_by = models.CharField(_("met by"), max_length=12, choices=SatisfiedBy.choices)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    any_of = models.SlugField(
        _("alternatives"),
        max_length=32,
        blank=True,
        help_text=_("Only one of the requirements with the same value here must be met."),
    )
    only_if = models.JSONField(
        _("only if"), default=dict, blank=True, help_text=_('A condition, for example {"expense": "seo_fee"}')
    )
    text = TextsField(_("text"), long=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")
        ordering = ["order", "code"]
        constraints = [
            # Codes identify answers and places in the form, also if a composite has the requirements of several components.
            models.UniqueConstraint(
                name="requirement_once",
                fields=["program", "code"],
                nulls_distinct=False,
                violation_error_message=_(
                    "There is already a requirement with this code in this program, or for all programs."
                ),
            ),
        ]

    def __str__(self) -> str:
        return in_language(self.text)

    def clean(self) -> None:
        if problem := conditions.problem_of(self.only_if):
            raise ValidationError({"only_if": problem})
        if problem := choices.problem_of(self.choices):
            raise ValidationError({"choices": problem})
        if (self.satisfied_by == SatisfiedBy.CHOICE) != bool(self.choices):
            raise ValidationError(
                {
                    "choices": _(
                        "A requirement that is met by a choice needs at least two choices. Other requirements cannot have "
                        "choices."
                    )
                }
            )


def _has_its_numbers() -> models.Q:
    """Condition: the cap has all numbers of its kind.

    It tests for NULL explicitly, because a check constraint accepts a comparison with NULL.
    """
    condition = models.Q()
    for kind, names in CAP_NUMBERS.items():
        numbers = {f"{name}__{lookup}": value for name in names for lookup, value in (("isnull", False), ("gt", 0))}
        condition |= models.Q(kind=kind.value, **numbers)
    return condition


class Cap(models.Model):
    """A cap of an activity (docs/domain.md, "Caps"). The kind defines its numbers; amounts are in ``currency``.

    With ``expenses`` it limits only these costs. A cap of a program applies in addition to the general ones.
    """

    activity_type = models.ForeignKey(
        ActivityType, models.PROTECT, related_name="caps", verbose_name=_("activity type")
    )
    program = models.ForeignKey(
        Program, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("only in program")
    )
    code = models.SlugField(_("code"), max_length=40)
    kind = models.CharField(_("kind"), max_length=32, choices=CapKind.choices)
    amount = AmountField(_("amount"), null=True, blank=True)
    currency = CurrencyField(_("currency"), blank=True)
    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2, null=True, blank=True)
    count = models.PositiveSmallIntegerField(_("number"), null=True, blank=True)
    scope = models.CharField(_("counted per"), max_length=16, choices=CapScope.choices)
    applies_to = models.CharField(_("applies to"), max_length=12, choices=AppliesTo.choices, default=AppliesTo.ALL)
    expenses = models.ManyToManyField(ExpenseType, blank=True, related_name="+", verbose_name=_("only these expenses"))
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("cap")
        verbose_name_plural = _("caps")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="cap_once",
                fields=["program", "code"],
                nulls_distinct=False,
                violation_error_message=_(
                    "There is already a cap with this code in this program, or for all programs."
                ),
            ),
            models.CheckConstraint(
                name="cap_numbers",
                condition=_has_its_numbers(),
                violation_error_message=_("Enter all numbers that this kind of cap requires."),
            ),
            models.CheckConstraint(
                name="cap_currency",
                condition=models.Q(amount=None, currency="")
                | (models.Q(amount__isnull=False) & ~models.Q(currency="")),
                violation_error_message=_("Enter both an amount and its currency, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return self.code
