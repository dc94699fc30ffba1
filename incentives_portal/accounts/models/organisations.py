"""Organizations and their locations."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrganisationKind(models.TextChoices):
    OPERATOR = "operator", _("Operator")
    PARTNER = "partner", _("Partner")


class Organisation(models.Model):
    """The operator, or a partner that earns incentives (docs/domain.md, "Organizations and locations")."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=OrganisationKind.choices)
    name = models.CharField(_("name"), max_length=120)
    email_domains = models.JSONField(_("email domains"), default=list, blank=True)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="organisation_kind_known",
                condition=models.Q(kind__in=OrganisationKind.values),
                violation_error_message=_("Choose operator or partner."),
            ),
            models.UniqueConstraint(
                name="organisation_one_operator",
                fields=["kind"],
                condition=models.Q(kind=OrganisationKind.OPERATOR),
                violation_error_message=_("There is already an operator, and there can be only one."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_operator(self) -> bool:
        return self.kind == OrganisationKind.OPERATOR

    def owns_address(self, email: str) -> bool:
        """Return whether an e-mail address is on one of the organization's domains."""
        _name, at, domain = email.rpartition("@")
        return bool(at) and domain.lower() in [own.lower() for own in self.email_domains]


class Location(models.Model):
    """A place of business with its own partner id. Enrollments, plans, claims and payments belong to a location."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="locations", verbose_name=_("organization")
    )
    partner_id = models.CharField(_("partner ID"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    country = models.CharField(_("country/region"), max_length=2)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ["organisation__name", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.partner_id})"
