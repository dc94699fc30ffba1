"""What an enrollment that is not in force means for a plan or claim that is approved (docs/domain.md, "Confirmations")."""

from django.utils.translation import gettext as _

from incentives_portal.accounts.models import Location
from incentives_portal.cases.state_machine import Text
from incentives_portal.programs.models import Program

from .enums import ENROLLED
from .models import Enrolment
from .transitions import STATE_MACHINE


def status_of(location: Location | int, program: Program | int) -> str | None:
    """Return the status of a location's enrollment in a program; None without one. One query."""
    found = Enrolment.objects.filter(location=location, program=program)
    return found.values_list("case__status", flat=True).first()


def enrolment_notice(status: str | None) -> str:
    """Return what the review page says at its top if the location does not take part now; empty if it does."""
    if status == ENROLLED:
        return ""
    if status is None:
        return _("The location was never enrolled in the program.")
    return _("The enrollment of the location has the status “%(status)s”.") % {"status": _label(status)}


def enrolment_sentence(status: str | None) -> str:
    """Return what to confirm if the location does not take part in the program now; empty if it does."""
    if status == ENROLLED:
        return ""
    if status is None:
        return _("I approve although the location was never enrolled in the program.")
    return _("I approve although the enrollment of the location has the status “%(status)s”.") % {
        "status": _label(status)
    }


def _label(status: str) -> Text:
    return STATE_MACHINE.status(status).label
