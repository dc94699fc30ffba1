"""Messages about an enrollment, to the partner side of the case (cases.recipients.partner_side)."""

from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.letters import letter_about
from incentives_portal.cases.messages import Announcement, register
from incentives_portal.cases.models import Event
from incentives_portal.cases.recipients import partner_side
from incentives_portal.outbox.letters import Letter
from incentives_portal.texts import in_language

from .enums import ENROLLED
from .models import Enrolment
from .transitions import STATE_MACHINE

CHANGED = "enrolment_changed"


def letter_of(enrolment: Enrolment, event: Event, _person: User) -> Letter:
    """Say what the status is now and what it means, with the operator's comment."""
    status = STATE_MACHINE.status(enrolment.status)
    names = {
        "location": enrolment.location.name,
        "program": in_language(enrolment.program.name),
        "status": str(status.label),
    }
    return letter_about(
        event,
        names,
        subject=_("%(location)s in %(program)s: %(status)s"),
        heading=_("The enrollment of %(location)s in %(program)s has changed"),
        paragraphs=[str(status.meaning)],
        facts=[
            (_("Location"), str(enrolment.location)),
            (_("Program"), names["program"]),
            (_("Status"), names["status"]),
        ],
        next_step=_("You can now create plans and claims.") if enrolment.status == ENROLLED else "",
        link="/",
        link_label=_("Open the portal"),
    )


register(Announcement(CHANGED, partner_side, letter_of, has_comments=False))
