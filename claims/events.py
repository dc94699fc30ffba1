"""The kinds of events of a claim. Each sentence follows the actor's name."""

from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.event_kinds import EventKind, register

register(
    EventKind("claims.claim.created", _("created the claim"), "plus-lg"),
    EventKind("claims.claim.submitted", _("submitted the claim"), "send", "blue"),
    EventKind("claims.claim.resubmitted", _("resubmitted the claim"), "send", "blue"),
    EventKind("claims.claim.withdrawn", _("withdrew the claim"), "arrow-counterclockwise"),
    EventKind("claims.claim.discarded", _("discarded the claim"), "trash"),
    EventKind("claims.claim.review_started", _("started the review"), "eye"),
    EventKind("claims.claim.taken_over", _("took over the claim from %(name)s"), "eye"),
    EventKind("claims.claim.canceled", _("canceled the claim"), "trash"),
    EventKind("claims.claim.returned_to_queue", _("returned the claim to the queue"), "arrow-counterclockwise"),
    EventKind(
        "claims.claim.approved",
        _("approved the claim"),
        "check-lg",
        "green",
        together=_("approved the claim, as %(first)s did before"),
    ),
    EventKind(
        "claims.claim.first_approved", _("approved the claim for %(amount)s; a second approval is needed"), "check-lg"
    ),
    EventKind("claims.claim.action_requested", _("requested action"), "exclamation-circle", "amber"),
    EventKind("claims.claim.rejected", _("rejected the claim"), "x-lg", "red"),
    EventKind(
        "claims.file.infected",
        _("found %(finding)s in %(name)s, uploaded by %(sender)s"),
        "exclamation-circle",
        "red",
    ),
    EventKind(
        "claims.file.refused",
        _("rejected %(name)s, uploaded by %(sender)s, when the file was checked"),
        "x-lg",
        "red",
    ),
    EventKind("claims.claim.disputed", _("disputed the decision"), "flag", "violet"),
)
