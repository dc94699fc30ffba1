"""Who has which incentives role, per program and location."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import Location
from incentives_portal.programs.models import Program


class IncentivesRole(models.TextChoices):
    """The role of a partner's person in a program: one per scope (docs/domain.md, "Role scope")."""

    ADMIN = "admin", _("Incentives admin")
    USER = "user", _("Incentives user")
    VIEWER = "viewer", _("Incentives viewer (read-only)")

    @property
    def role(self) -> Role:
        return Role(f"partner.incentives_{self.value}")


class RoleAssignment(models.Model):
    """A role of a person in one program, at one location or (None) at all locations of the organization."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_assignments", verbose_name=_("person")
    )
    program = models.ForeignKey(Program, models.PROTECT, related_name="role_assignments", verbose_name=_("program"))
    location = models.ForeignKey(
        Location,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="role_assignments",
        verbose_name=_("location"),
        help_text=_("Leave empty for all locations of the organization."),
    )
    role = models.CharField(_("role"), max_length=8, choices=IncentivesRole.choices)

    class Meta:
        verbose_name = _("incentives role")
        verbose_name_plural = _("incentives roles")
        constraints = [
            # One role per person and scope (docs/domain.md, "Role scope"); "all locations" is a separate scope.
            models.UniqueConstraint(
                name="role_assignment_once",
                fields=["user", "program", "location"],
                nulls_distinct=False,
                violation_error_message=_("This person already has a role there."),
            ),
            models.CheckConstraint(
                name="role_assignment_known",
                condition=models.Q(role__in=IncentivesRole.values),
                violation_error_message=_("Choose one of the roles."),
            ),
        ]

    def __str__(self) -> str:
        return str(IncentivesRole(self.role).label)
