"""What the page of a plan shows, for the templates of the portal and the admin site."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from incentives_portal.cases.enums import ACTION_REQUIRED, APPROVED, EDITING, REJECTED, SUBMITTED, UNDER_REVIEW, WAITING
from incentives_portal.cases.models import Event, Remark, Submission
from incentives_portal.cases.page import CasePage, is_decision, submits
from incentives_portal.cases.state_machine import Text, Transition
from incentives_portal.enrollments.rules import enrolment_notice
from incentives_portal.money import format_amount
from incentives_portal.programs.assess import Assessment
from incentives_portal.programs.dates import local_day
from incentives_portal.screens.components import TimelineEntry, Verb
from incentives_portal.texts import in_language

from . import rules
from .events import EDITS
from .models import Plan
from .snapshot import CampaignPart, Change, PlanDocument, annotated, compare, document_of, part_at, places, read
from .transitions import STATE_MACHINE


@dataclass(frozen=True)
class TrackStep:
    """A step of the status track; ``state`` is done, now, or empty for a step that is still to come."""

    label: Text
    note: str = ""
    state: str = ""


class PlanPage(CasePage[Plan]):
    """One plan, prepared for a reader: its document, its status track, and its history with edits collapsed."""

    namespace = "plans"
    returned_in = (ACTION_REQUIRED, REJECTED, EDITING)
    read = staticmethod(read)
    part_at = staticmethod(part_at)

    def is_edit(self, event: Event) -> bool:
        return event.code in EDITS

    def text_of(self, remark: Remark, decision: Event) -> str:
        """The remark's text, else the reason of the decision."""
        return remark.text or (in_language(decision.reason.text) if decision.reason else "")

    @cached_property
    def places(self) -> dict[str, Text]:
        return dict(places(self.document))

    @cached_property
    def document(self) -> PlanDocument:
        """The plan as the reader may see it.

        The operator sees the last submission, also while the partner edits the draft.
        """
        if self.user.is_operator and self.detail.is_editable and self.submitted:
            return self.submitted
        return document_of(self.detail)

    @property
    def current(self) -> PlanDocument:
        return self.document

    @property
    def to_confirm(self) -> str:
        """What an admin has to confirm before approving: an enrollment that ended; empty if it did not."""
        return enrolment_notice(self.detail.enrolment_status) if self.detail.status in WAITING else ""

    @property
    def timeline(self) -> list[TimelineEntry]:
        return _folded(super().timeline, self.events)

    @property
    def until(self) -> datetime | None:
        return rules.until(self.detail)

    @property
    def until_note(self) -> Text:
        """What the deadline is about; without a deadline, since when the plan has been waiting."""
        plan = self.detail
        if plan.status == APPROVED:
            return self._proofs_note()
        if plan.status not in (SUBMITTED, UNDER_REVIEW) or plan.submitted_at is None:
            return ""
        moment = localtime(plan.submitted_at)
        return _("waiting since %(day)s") % {"day": date_format(moment, "DATETIME_FORMAT")}

    def _proofs_note(self) -> Text:
        """What is due on the displayed date, and the last due date if that is later."""
        due = rules.proofs_due(self.detail)
        if not due:
            return _("proofs have no due date")
        if self.until == due[-1]:
            return _("last day for proofs")
        last = date_format(local_day(due[-1], self.detail.time_zone), "DATE_FORMAT")
        return _("next proofs due; last proofs due on %(day)s") % {"day": last}

    @cached_property
    def can_edit(self) -> bool:
        return rules.may_edit(self.user, self.detail)

    @property
    def marks(self) -> dict[str, str]:
        """The open remarks by place."""
        notice = self.return_notice
        return {marker.anchor: marker.text for marker in notice.open_markers} if notice else {}

    @property
    def campaigns(self) -> tuple[CampaignPart, ...]:
        """The campaigns of the document with the reviewer's remarks."""
        return annotated(self.document, mark=self.marks).campaigns

    @property
    def number(self) -> int:
        """The number of submissions, according to the history."""
        submitting = self.codes_of(submits)
        return sum(event.code in submitting for event in self.events)

    @property
    def note(self) -> Text:
        """An explanation of a status that may surprise the reader."""
        plan = self.detail
        if self.user.is_operator and plan.is_editable:
            return _("The partner is editing this plan. You are viewing the last submitted version.")
        if plan.approved_amount is not None and plan.status != APPROVED:
            amount = format_amount(plan.approved_amount, plan.currency)
            return _("The approval for %(amount)s remains in effect until a new version is approved.") % {
                "amount": amount
            }
        if plan.is_editable and rules.is_late(plan):
            return _("This plan can no longer be submitted. The last day was %(day)s.") % {
                "day": date_format(rules.last_day(plan), "DATE_FORMAT")
            }
        return ""

    @cached_property
    def transitions(self) -> list[Transition]:
        return rules.open_verbs(self.detail, self.user)

    @property
    def verbs(self) -> list[Verb]:
        """The buttons to edit, those of the verbs, and for the operator one to the approval page."""
        buttons, args = super().verbs, [self.detail.public_id]
        if self.can_edit:
            tone = "plain" if self.document.campaigns else "primary"
            new_campaign = Verb(_("New campaign"), reverse("plans:campaign_new", args=args), tone, "plus-lg")
            buttons = [Verb(_("Edit"), reverse("plans:edit", args=args), icon="pencil"), new_campaign, *buttons]
        if self.user.is_staff and self.user.may("plan.review"):
            url = reverse("admin:plans_plan_change", args=[self.detail.pk])
            buttons = [*buttons, Verb(_("Open in the approval queue"), url, "primary")]
        return buttons

    @property
    def lacks_activities(self) -> bool:
        """Whether the plan has no activities and cannot be submitted yet; the next step is to add a campaign."""
        return self.can_edit and not any(campaign.activities for campaign in self.document.campaigns)

    @property
    def track(self) -> Iterator[TrackStep]:
        """The past steps of the plan and those to come."""
        status, notes = self.detail.status, _track_notes(self)
        order = [EDITING, SUBMITTED, UNDER_REVIEW, APPROVED]
        here = order.index(status if status in order else APPROVED)
        last = status if status in (ACTION_REQUIRED, REJECTED) else APPROVED
        for position, step in enumerate([*order[:-1], last]):
            done = position < here or step == status == APPROVED
            state = "done" if done else "now" if position == here else ""
            yield TrackStep(STATE_MACHINE.status(step).label, notes.get(step, "") if state else "", state)


def _folded(lines: Sequence[TimelineEntry], events: Sequence[Event]) -> list[TimelineEntry]:
    """Collapse consecutive edits by one user into one line with their number."""
    folded: list[TimelineEntry] = []
    pairs = zip(lines, events, strict=True)
    for editor, group in groupby(pairs, key=lambda pair: pair[1].actor_id if pair[1].code in EDITS else None):
        run = [line for line, _event in group]
        if editor is not None and len(run) > 1:
            run = [replace(run[0], icon="pencil", sentence=_("edited the plan, %(n)s changes") % {"n": len(run)})]
        folded += run
    return folded


def _track_notes(page: PlanPage) -> dict[str, str]:
    """Return the notes below the steps: date, reviewer, amount."""
    plan, events, deciding = page.detail, page.events, page.codes_of(is_decision)
    notes = {EDITING: _("created %(day)s") % {"day": _day(events[-1].at)}} if events else {}
    if plan.submitted_at:
        notes[SUBMITTED] = _day(plan.submitted_at)
    review = next((event for event in events if event.code == "plans.plan.review_started"), None)
    if review:
        notes[UNDER_REVIEW] = review.actor_name
    decision = next((event for event in events if event.code in deciding), None)
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
    """The last submission, with the changes since the one before."""

    document: PlanDocument
    changes: list[Change]
    before: Submission | None
    assessment: Assessment | None


def comparison(plan: Plan) -> Comparison | None:
    """Compare the last submission with the one before it. One query; None before the first submission."""
    submissions = list(plan.case.submissions.order_by("-number")[:2])
    if not submissions:
        return None
    latest, *earlier = submissions
    document, changes = read(latest.content), []
    if earlier:
        document, changes = compare(read(earlier[0].content), document)
    return Comparison(document, changes, earlier[0] if earlier else None, Assessment.from_json(latest.assessment))
