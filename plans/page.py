"""What a plan's page shows, prepared for its templates: portal and admin site read the same."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.comments import may_comment
from incentives_portal.cases.enums import ACTION_REQUIRED, APPROVED, EDITING, REJECTED, SUBMITTED, UNDER_REVIEW
from incentives_portal.cases.models import Event, Submission
from incentives_portal.cases.queries import events_of
from incentives_portal.cases.state_machine import Status, Transition
from incentives_portal.cases.timeline import entries
from incentives_portal.money import format_amount
from incentives_portal.programs.assess import Assessment
from incentives_portal.programs.dates import local_day
from incentives_portal.screens.anatomy import Baton, TimelineEntry, Verb, initials_of, with_one_that_stands_out
from incentives_portal.texts import in_language

from . import rules
from .events import EDITS
from .models import Plan
from .snapshot import ActivityPart, CampaignPart, Change, PlanDocument, compare, document_of, part_at, places, read
from .transitions import MACHINE

Text = str | Promise
_RETURNED = {"plans.plan.action_requested", "plans.plan.rejected"}
_SENT = {"plans.plan.submitted", "plans.plan.resubmitted"}
_DECIDED = _RETURNED | {"plans.plan.approved"}


@dataclass(frozen=True)
class TrackStep:
    """A step of the status track; ``state`` is done, now, or empty for what is still to come."""

    label: Text
    note: str = ""
    state: str = ""


@dataclass(frozen=True)
class ActivityRow:
    """An activity of the document; ``mark`` is what the reviewer wants to have mended there."""

    part: ActivityPart
    mark: str = ""


@dataclass(frozen=True)
class CampaignRow:
    """A campaign of the document with its activities."""

    part: CampaignPart
    activities: list[ActivityRow]
    mark: str = ""


def campaign_rows(document: PlanDocument, marks: Mapping[str, str] | None = None) -> list[CampaignRow]:
    """The document's campaigns, made ready for the partial that portal and admin site share."""
    marks = marks or {}
    return [
        CampaignRow(
            campaign,
            [ActivityRow(part, marks.get(part.id, "")) for part in campaign.activities],
            marks.get(campaign.id, ""),
        )
        for campaign in document.campaigns
    ]


@dataclass(frozen=True)
class Mending:
    """Why a plan came back, and where to look: ``marks`` are the places that are meant, with what is wrong there."""

    sentence: str
    reason: str
    fix: str
    words: str
    marks: dict[str, str] = field(default_factory=dict)
    places: list[tuple[str, Text]] = field(default_factory=list)
    #: Those of the places at which something was changed since.
    mended: list[str] = field(default_factory=list)


@dataclass
class PlanPage:
    """One plan, prepared for a reader. Properties are computed once; the number of queries does not grow with the plan."""

    plan: Plan
    user: User

    @property
    def status(self) -> Status:
        return MACHINE.status(self.plan.status)

    @cached_property
    def document(self) -> PlanDocument:
        """The plan as the reader may read it: the operator reads what was submitted, also while the partner edits on."""
        if self.user.is_operator and self.plan.is_editable and self.plan.case.submission:
            return read(self.plan.case.submission.content)
        return document_of(self.plan)

    @cached_property
    def events(self) -> list[Event]:
        """The history that the reader may see, newest first. Two queries."""
        found = events_of(self.plan.case, reader=self.user)
        return list(_as_sent(found)) if self.user.is_operator else found

    @property
    def timeline(self) -> list[TimelineEntry]:
        return _folded(entries(self.events, places=dict(places(self.document))), self.events)

    @property
    def baton(self) -> Baton:
        who, initials = holder(self.plan, self.user)
        return Baton(self.status, who, rules.until(self.plan), self.plan.time_zone, self._baton_note(), initials)

    def _baton_note(self) -> Text:
        """What the date is about, or since when the plan waits where nobody promised a date."""
        if self.plan.status == APPROVED:
            return self._proofs_note()
        if self.plan.status not in (SUBMITTED, UNDER_REVIEW) or self.plan.submitted_at is None:
            return ""
        moment = localtime(self.plan.submitted_at)
        return _("waiting since %(day)s") % {"day": date_format(moment, "DATETIME_FORMAT")}

    def _proofs_note(self) -> Text:
        """What is due on the day that stands before it, and when the last of it is, if that is later."""
        due = rules.proofs_due(self.plan)
        if not due:
            return _("proofs have no due date")
        if rules.until(self.plan) == due[-1]:
            return _("last day for proofs")
        last = date_format(local_day(due[-1], self.plan.time_zone), "DATE_FORMAT")
        return _("next proofs are due, the last ones on %(day)s") % {"day": last}

    @cached_property
    def can_edit(self) -> bool:
        return rules.may_edit(self.user, self.plan)

    @property
    def can_comment(self) -> bool:
        return may_comment(self.user, self.plan)

    @property
    def campaigns(self) -> list["CampaignRow"]:
        """The campaigns of the document with the marks of the reviewer."""
        return campaign_rows(self.document, self.mending.marks if self.mending else {})

    @property
    def number(self) -> int:
        """How often the plan was submitted, by what the history tells."""
        return sum(event.code in _SENT for event in self.events)

    @property
    def note(self) -> Text:
        """What somebody might otherwise wonder about."""
        plan = self.plan
        if self.user.is_operator and plan.is_editable:
            return _("The partner is editing this plan. You read what was submitted last.")
        if plan.approved_amount is not None and plan.status != APPROVED:
            amount = format_amount(plan.approved_amount, plan.currency)
            return _("What was approved, with %(amount)s, stays in force until a new version is approved.") % {
                "amount": amount
            }
        if plan.is_editable and rules.is_late(plan):
            return _("It is too late to submit this plan: its last day was %(day)s.") % {
                "day": date_format(rules.last_day(plan), "DATE_FORMAT")
            }
        return ""

    @property
    def admin_url(self) -> str:
        """The page on which the reader decides, for whom that is open."""
        may_decide = self.user.is_staff and self.user.may("plan.review")
        return reverse("admin:plans_plan_change", args=[self.plan.pk]) if may_decide else ""

    @cached_property
    def arrows(self) -> list[Transition]:
        """What the reader may do with the plan now."""
        return rules.open_verbs(self.plan, self.user)

    @property
    def verbs(self) -> list[Verb]:
        """The buttons of the portal's page, of which submitting stands out once there is something to submit; decisions are the admin
        site's."""
        buttons = [verb_button(self.plan, arrow) for arrow in self.arrows if not arrow.decides]
        return with_one_that_stands_out(buttons, is_ready=not self.lacks_activities)

    @property
    def lacks_activities(self) -> bool:
        """Whether there is nothing to be submitted yet: then a campaign is what comes next."""
        return self.can_edit and not any(campaign.activities for campaign in self.document.campaigns)

    @cached_property
    def mending(self) -> Mending | None:
        """Why the plan came back, while it has not been sent in again."""
        if self.plan.status not in (ACTION_REQUIRED, REJECTED, EDITING):
            return None
        last = next((event for event in self.events if event.code in _DECIDED), None)
        if last is None or last.code not in _RETURNED:
            return None
        mending, sent = _mending(last, dict(places(self.document))), self.plan.case.submission
        if sent is None:
            return mending
        # What was changed since is not marked any more.
        seen = read(sent.content)
        left = {
            place: words
            for place, words in mending.marks.items()
            if part_at(seen, place) == part_at(self.document, place)
        }
        return replace(mending, marks=left, mended=[place for place in mending.marks if place not in left])

    @property
    def track(self) -> list[TrackStep]:
        """The way of the plan so far, and what comes next."""
        return list(_track(self.plan, self.events))


def _folded(lines: Sequence[TimelineEntry], events: Sequence[Event]) -> list[TimelineEntry]:
    """The lines with one person's editing in a row folded into one: how often, and when last."""
    shown: list[TimelineEntry] = []
    for _person, group in groupby(zip(lines, events, strict=True), key=_editing_run):
        run = [line for line, _event in group]
        edits = _person is not None and len(run) > 1
        shown += (
            [replace(run[0], icon="pencil", sentence=_("edited the plan, %(n)s changes") % {"n": len(run)})]
            if edits
            else run
        )
    return shown


def _editing_run(pair: tuple[TimelineEntry, Event]) -> int | None:
    """Lines with the same answer in a row belong together: who edited, or None for everything else."""
    event = pair[1]
    return event.actor_id if event.code in EDITS else None


def _as_sent(events: Iterable[Event]) -> Iterable[Event]:
    """Without what the partner has edited since the plan was last sent in: the operator does not read drafts."""
    sent = False
    for event in events:
        sent = sent or event.code in _SENT
        if sent or event.code not in EDITS:
            yield event


def _mending(event: Event, labels: Mapping[str, Text]) -> Mending:
    reason = in_language(event.reason.words) if event.reason else ""
    marks = {remark.place: reason for remark in event.remarks_in_order if remark.place}
    sentence = (
        _("%(name)s asked for a change.") if event.to_status == ACTION_REQUIRED else _("%(name)s rejected the plan.")
    )
    return Mending(
        sentence=sentence % {"name": event.actor_name},
        reason=reason,
        fix=in_language(event.reason.fix) if event.reason else "",
        words=event.words,
        marks=marks,
        places=[(place, labels[place]) for place in marks if place in labels],
    )


def holder(plan: Plan, reader: User) -> tuple[Text, str]:
    """Who has the plan now, as the reader calls them, with the initials for the face."""
    status = MACHINE.status(plan.status)
    if status.holder == "partner":
        organisation = plan.location.organisation
        ours = reader.organisation_id == organisation.pk
        return (_("With you") if ours else organisation.name), initials_of(organisation.name)
    if status.holder == "operator":
        reviewer = plan.case.assignee
        if reviewer is None:
            return _("Waiting for a reviewer"), ""
        return (_("With you") if reviewer == reader else reviewer.name), reviewer.initials
    return "", ""


def verb_button(plan: Plan, arrow: Transition) -> Verb:
    """The portal's button of a verb. Submitting leads over the check page."""
    name = "plans:check" if arrow.verb in ("submit", "resubmit") else "plans:verb"
    args = [plan.public_id] if name == "plans:check" else [plan.public_id, arrow.verb]
    return Verb(arrow.label, reverse(name, args=args), arrow.tone, arrow.icon)


def _track(plan: Plan, events: Sequence[Event]) -> Iterable[TrackStep]:
    order = [EDITING, SUBMITTED, UNDER_REVIEW, APPROVED]
    here = plan.status if plan.status in order else APPROVED
    last = plan.status if plan.status in (ACTION_REQUIRED, REJECTED) else APPROVED
    notes = _track_notes(plan, events)
    for code in order:
        shown = last if code == APPROVED else code
        position = order.index(code) - order.index(here)
        done = position < 0 or (code == here == plan.status == APPROVED)
        state = "done" if done else "now" if position == 0 else ""
        yield TrackStep(MACHINE.status(shown).label, notes.get(shown, "") if state else "", state)


def _track_notes(plan: Plan, events: Sequence[Event]) -> dict[str, str]:
    """What stands below the steps: when, who, how much."""
    notes = {EDITING: _("created %(day)s") % {"day": _day(events[-1].at)}} if events else {}
    if plan.submitted_at:
        notes[SUBMITTED] = _day(plan.submitted_at)
    review = next((event for event in events if event.code == "plans.plan.review_started"), None)
    if review:
        notes[UNDER_REVIEW] = review.actor_name
    decision = next((event for event in events if event.code in _DECIDED), None)
    if decision:
        notes[decision.to_status] = _day(decision.at)
    if plan.status == APPROVED and plan.approved_amount is not None:
        amount = format_amount(plan.approved_amount, plan.currency)
        notes[APPROVED] = f"{notes.get(APPROVED, '')}, {amount}".strip(", ")
    return notes


def _day(moment: datetime) -> str:
    return date_format(localtime(moment), "DATE_FORMAT")


@dataclass(frozen=True)
class Comparison:
    """What the partner changed since the submission before."""

    document: PlanDocument
    changes: list[Change]
    before: Submission | None
    assessment: Assessment | None


def comparison(plan: Plan) -> Comparison | None:
    """The last submission with what changed since the one before it, and its assessment. One query; None before the first one."""
    submissions = list(plan.case.submissions.order_by("-number")[:2])
    if not submissions:
        return None
    latest = submissions[0]
    document, assessment = read(latest.content), Assessment.from_json(latest.assessment)
    if len(submissions) == 1:
        return Comparison(document, [], None, assessment)
    marked, changes = compare(read(submissions[1].content), document)
    return Comparison(marked, changes, submissions[1], assessment)
