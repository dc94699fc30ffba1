"""Which location takes part in which program."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import Location
from incentives_portal.cases.models import NOT_DELETED, CaseDetail
from incentives_portal.programs.models import Program

from .enums import ENROLLED
from .querysets import EnrolmentManager


class Enrolment(CaseDetail):
    """A location's enrollment in a program. Only the operator changes its status, through the engine."""

    location = models.ForeignKey(Location, models.PROTECT, related_name="enrolments", verbose_name=_("location"))
    program = models.ForeignKey(Program, models.PROTECT, related_name="enrolments", verbose_name=_("program"))

    objects = EnrolmentManager()

    class Meta:
        triggers = NOT_DELETED
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        ordering = ["program", "location"]
        constraints = [
            models.UniqueConstraint(
                name="enrolment_once",
                fields=["location", "program"],
                violation_error_message=_("This location already has an enrollment in this program."),
            ),
        ]

    def get_absolute_url(self) -> str:
        """The operator's page. Partners have no page for enrollments yet; they see the status where they use it."""
        return reverse("admin:enrollments_enrolment_change", args=[self.pk])

    @property
    def is_enrolled(self) -> bool:
        return self.status == ENROLLED
