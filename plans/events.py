"""The kinds of events of a plan. Amounts are in the event's data with their currency."""

from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.event_kinds import EventKind, register

CREATED = "plans.plan.created"
EDITED = "plans.plan.edited"
CAMPAIGN_ADDED = "plans.campaign.added"
CAMPAIGN_EDITED = "plans.campaign.edited"
CAMPAIGN_REMOVED = "plans.campaign.removed"
ACTIVITY_ADDED = "plans.activity.added"
ACTIVITY_EDITED = "plans.activity.edited"
ACTIVITY_REMOVED = "plans.activity.removed"

#: Edits of the content: a timeline collapses consecutive ones into one line.
EDITS = frozenset(
    {EDITED, CAMPAIGN_ADDED, CAMPAIGN_EDITED, CAMPAIGN_REMOVED, ACTIVITY_ADDED, ACTIVITY_EDITED, ACTIVITY_REMOVED}
)

register(
    EventKind(CREATED, _("created the plan"), "plus-lg"),
    EventKind(EDITED, _("edited the plan"), "pencil"),
    EventKind(CAMPAIGN_ADDED, _("added the campaign %(name)s"), "plus-lg"),
    EventKind(CAMPAIGN_EDITED, _("edited the campaign %(name)s"), "pencil"),
    EventKind(CAMPAIGN_REMOVED, _("removed the campaign %(name)s"), "trash"),
    EventKind(ACTIVITY_ADDED, _("added the activity %(name)s"), "plus-lg"),
    EventKind(ACTIVITY_EDITED, _("edited the activity %(name)s"), "pencil"),
    EventKind(ACTIVITY_REMOVED, _("removed the activity %(name)s"), "trash"),
    EventKind("plans.plan.submitted", _("submitted the plan"), "send", "blue"),
    EventKind("plans.plan.resubmitted", _("resubmitted the plan, submission %(number)s"), "send", "blue"),
    EventKind("plans.plan.withdrawn", _("withdrew the plan"), "arrow-counterclockwise"),
    EventKind("plans.plan.discarded", _("discarded the plan"), "trash"),
    EventKind("plans.plan.revision_begun", _("started a revision"), "pencil"),
    EventKind("plans.plan.revision_discarded", _("discarded the revision"), "trash"),
    EventKind("plans.plan.rework_begun", _("reopened the rejected plan"), "pencil"),
    EventKind("plans.plan.review_started", _("started the review"), "eye"),
    EventKind("plans.plan.taken_over", _("took the plan over from %(name)s"), "eye"),
    EventKind("plans.plan.returned_to_queue", _("returned the plan to the queue"), "arrow-counterclockwise"),
    EventKind(
        "plans.plan.approved",
        _("approved the plan for %(amount)s"),
        "check-lg",
        "green",
        together=_("approved the plan for %(amount)s, as %(first)s did before"),
    ),
    EventKind(
        "plans.plan.first_approved", _("approved the plan for %(amount)s; a second approval is needed"), "check-lg"
    ),
    EventKind("plans.plan.action_requested", _("requested action"), "exclamation-lg", "amber"),
    EventKind("plans.plan.rejected", _("rejected the plan"), "x-lg", "red"),
)
