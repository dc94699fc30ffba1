"""Which location takes part in which program."""

import uuid

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.capabilities import Scope
from incentives_portal.accounts.models import Location
from incentives_portal.cases.models import Case
from incentives_portal.programs.models import Program

from .enums import CODES, ENROLLED, INVITED, MACHINE
from .querysets import EnrolmentQuerySet


class Enrolment(models.Model):
    """A location's part in a program. Its status changes through the engine only, by the operator (domain.md 3.3)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.OneToOneField(Case, models.PROTECT, related_name="enrolment")
    location = models.ForeignKey(Location, models.PROTECT, related_name="enrolments", verbose_name=_("location"))
    program = models.ForeignKey(Program, models.PROTECT, related_name="enrolments", verbose_name=_("program"))
    status = models.CharField(_("status"), max_length=24, default=INVITED)
    version = models.PositiveIntegerField(default=1)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        ordering = ["program", "location"]
        constraints = [
            models.UniqueConstraint(
                name="enrolment_once",
                fields=["location", "program"],
                violation_error_message=_("This location already has an enrollment in this program."),
            ),
            models.CheckConstraint(
                name="enrolment_status_known",
                condition=models.Q(status__in=CODES),
                violation_error_message=_("There is no such status of an enrollment."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case.reference} {self.case.title}"

    def get_absolute_url(self) -> str:
        """The operator's page: partners have none of their own yet, they see the status where they use it."""
        return reverse("admin:enrollments_enrolment_change", args=[self.pk])

    @property
    def scope(self) -> Scope:
        return Scope(self.location.organisation_id, self.program_id, self.location_id)

    @property
    def is_enrolled(self) -> bool:
        return self.status == ENROLLED

    @property
    def is_editable(self) -> bool:
        return MACHINE.status(self.status).editable
