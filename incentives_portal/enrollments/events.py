"""The kinds of events of an enrollment."""

from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.event_kinds import EventKind, register

INVITED = "programs.enrolment.invited"

register(
    EventKind(INVITED, _("invited the location to the program"), "envelope"),
    EventKind("programs.enrolment.validation_begun", _("started validating the enrollment"), "eye"),
    EventKind("programs.enrolment.enrolled", _("enrolled the location"), "check-lg", "green"),
    EventKind("programs.enrolment.action_required", _("requested action"), "exclamation-lg", "amber"),
    EventKind("programs.enrolment.suspended", _("suspended the enrollment"), "hourglass-split", "amber"),
    EventKind("programs.enrolment.reinstated", _("reinstated the enrollment"), "check-lg", "green"),
    EventKind("programs.enrolment.declared_ineligible", _("declared the location ineligible"), "x-lg", "red"),
    EventKind("programs.enrolment.discontinued", _("discontinued the enrollment"), "x-circle", "red"),
)
