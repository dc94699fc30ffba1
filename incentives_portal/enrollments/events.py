"""The kinds of events of an enrollment."""

from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.event_kinds import EventKind, register

INVITED = "enrollments.enrolment.invited"

register(
    EventKind(INVITED, _("invited the location to the program"), "envelope"),
    EventKind("enrollments.enrolment.validation_begun", _("started validating the enrollment"), "eye"),
    EventKind("enrollments.enrolment.enrolled", _("enrolled the location"), "check-lg", "green"),
    EventKind("enrollments.enrolment.action_required", _("requested action"), "exclamation-lg", "amber"),
    EventKind("enrollments.enrolment.suspended", _("suspended the enrollment"), "hourglass-split", "amber"),
    EventKind("enrollments.enrolment.reinstated", _("reinstated the enrollment"), "check-lg", "green"),
    EventKind("enrollments.enrolment.declared_ineligible", _("declared the location ineligible"), "x-lg", "red"),
    EventKind("enrollments.enrolment.discontinued", _("discontinued the enrollment"), "x-circle", "red"),
)
