"""What the page of a case shows, for the templates of the portal and the admin site."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

from django.urls import reverse
from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.screens.components import (
    StatusHeader,
    TimelineEntry,
    Verb,
    initials_of,
    with_one_that_stands_out,
)
from incentives_portal.texts import in_language

from .comments import may_comment, may_note
from .decisions import OUTCOMES
from .enums import ACTION_REQUIRED, APPROVED, REJECTED, SUBMITTED
from .models import Approval, CaseDetail, Event, Remark
from .queries import events_of
from .state_machine import StateMachine, Status, Text, Transition
from .timeline import entries
from .types import case_type

Detail = TypeVar("Detail", bound=CaseDetail)


@dataclass(frozen=True)
class RemarkMarker:
    """One change that the reviewer requests.

    ``anchor`` is the id of its place on the page, ``name`` the label of that place.
    """

    number: int
    anchor: str
    name: Text
    text: str
    #: Whether the content at its place is unchanged since the review.
    is_open: bool


@dataclass(frozen=True)
class ReturnNotice:
    """Why a case was sent back: the last decision and its remarks, while the partner has the case."""

    event: Event
    status: Status
    markers: list[RemarkMarker]

    @property
    def open_markers(self) -> list[RemarkMarker]:
        """Remarks whose place is unchanged. The partner can submit nevertheless, but should be warned."""
        return [marker for marker in self.markers if marker.is_open]

    @property
    def reason(self) -> str:
        return in_language(self.event.reason.text) if self.event.reason else ""

    @property
    def fix(self) -> str:
        return in_language(self.event.reason.fix) if self.event.reason else ""


@dataclass
class CasePage(Generic[Detail]):
    """One case, prepared for a reader.

    Properties are computed once; the number of queries does not grow with the case. Subclasses say what the content
    of a kind is: which events edit it, its places, the content at a place. ``is_ready`` is whether it could be
    submitted as it is, if that was checked.
    """

    detail: Detail
    user: User
    is_ready: bool = True

    #: The URL namespace of the kind; a kind that is submitted has ``check`` and ``verb`` in it.
    namespace: ClassVar[str]
    #: The statuses in which the page says why the case was sent back.
    returned_in: ClassVar[tuple[str, ...]] = (ACTION_REQUIRED, REJECTED)

    def is_edit(self, event: Event) -> bool:
        """Whether the event is an edit of the content, which the operator sees only once it is submitted."""
        return False

    @property
    def can_edit(self) -> bool:
        """Whether the reader may edit the content now."""
        return False

    def read(self, content: Any) -> Any:
        """Return the content of a submission in the type of the kind."""
        return content

    @cached_property
    def submitted(self) -> Any:
        """The content of the last submission; None before the first one."""
        submission = self.detail.case.submission
        return self.read(submission.content) if submission else None

    @cached_property
    def current(self) -> Any:
        """The content as it would be submitted now; None if the kind does not compare it."""
        return None

    def part_at(self, content: Any, place: str) -> object:
        """Return the content at a place, for comparing two versions of it."""
        return None

    @cached_property
    def places(self) -> dict[str, Text]:
        """The places that remarks can point at, with their labels."""
        return {}

    def anchor(self, remark: Remark) -> str:
        """Return the id on the page of the place that the remark points at."""
        return remark.place

    def name_of(self, remark: Remark) -> Text:
        """Return the label of the place that the remark points at."""
        return self.places.get(remark.place, "")

    def text_of(self, remark: Remark, decision: Event) -> str:
        """Return the text of a remark of the decision."""
        return remark.shown_text

    def file_url(self, version: DocumentVersion) -> str:
        """Return the download URL of a file in the history."""
        return ""

    @property
    def until(self) -> datetime | None:
        """The deadline of the side that has the case; None if there is none."""
        return self.detail.due_at

    @property
    def until_note(self) -> Text:
        """What the deadline is about, or the text to show if there is none."""
        return ""

    @property
    def state_machine(self) -> StateMachine:
        return case_type(self.detail.case.kind).state_machine

    @cached_property
    def events(self) -> list[Event]:
        """The events that the reader may see, newest first. Two queries."""
        events = events_of(self.detail.case, reader=self.user)
        return list(self._without_drafts(events)) if self.user.is_operator else events

    def _without_drafts(self, events: list[Event]) -> Iterator[Event]:
        """Leave out edits since the last submission, as the operator does not read drafts."""
        submitting, was_submitted = self.codes_of(submits), False
        for event in events:
            was_submitted = was_submitted or event.code in submitting
            if was_submitted or not self.is_edit(event):
                yield event

    def codes_of(self, is_wanted: Callable[[Transition], bool]) -> set[str]:
        """Return the event codes of the transitions that match."""
        return {transition.event for transition in self.state_machine.transitions if is_wanted(transition)}

    @property
    def timeline(self) -> list[TimelineEntry]:
        return entries(self.events, places=self.places, version_url=self.file_url)

    @property
    def status_header(self) -> StatusHeader:
        """The status, who has the case now, and the deadline."""
        who, initials = holder(self.detail, self.user)
        return StatusHeader(self.detail.state, who, self.until, self.detail.time_zone, self.until_note, initials)

    @cached_property
    def return_notice(self) -> ReturnNotice | None:
        """Why the case was sent back; None once it was submitted again."""
        if self.detail.status not in self.returned_in:
            return None
        deciding = self.codes_of(is_decision)
        last = next((event for event in self.events if event.code in deciding), None)
        if last is None or last.code not in self.codes_of(returns):
            return None
        return ReturnNotice(last, self.state_machine.status(last.to_status), list(self._markers(last)))

    def _markers(self, event: Event) -> Iterator[RemarkMarker]:
        for number, remark in enumerate(event.remarks_in_order, start=1):
            anchor = self.anchor(remark)
            text = self.text_of(remark, event)
            yield RemarkMarker(number, anchor, self.name_of(remark), text, not self._was_changed(anchor))

    def _was_changed(self, place: str) -> bool:
        """Whether the content at the place differs from what was submitted."""
        if self.submitted is None or self.current is None:
            return False
        return self.part_at(self.submitted, place) != self.part_at(self.current, place)

    @property
    def first_approval(self) -> Approval | None:
        """The approval that waits for a second one; the operator's people see it."""
        return self.detail.first_approval if self.user.is_operator else None

    @cached_property
    def transitions(self) -> list[Transition]:
        """The transitions that the reader may perform now."""
        return self.state_machine.open_to(self.detail, self.user)

    @property
    def verbs(self) -> list[Verb]:
        """The buttons at the top of the partner's page, without decisions.

        The button to submit stands out once nothing is missing.
        """
        buttons = [self.button(transition) for transition in self.transitions if self.is_on_top(transition)]
        return with_one_that_stands_out(buttons, is_ready=self.is_ready)

    def is_on_top(self, transition: Transition) -> bool:
        """Whether the verb has its button at the top of the partner's page."""
        return not transition.decides

    def button(self, transition: Transition) -> Verb:
        """Return the partner's button for a verb. Submitting goes through the check page."""
        name, more = ("check", []) if submits(transition) else ("verb", [transition.verb])
        url = reverse(f"{self.namespace}:{name}", args=[self.detail.public_id, *more])
        return Verb(transition.label, url, transition.tone, transition.icon)

    @property
    def can_comment(self) -> bool:
        return may_comment(self.user, self.detail)

    @property
    def can_note(self) -> bool:
        return may_note(self.user, self.detail)


def submits(transition: Transition) -> bool:
    """Whether the partner submits the case with the transition."""
    return not transition.decides and transition.target == SUBMITTED


def is_decision(transition: Transition) -> bool:
    """Whether the transition decides about the submission. Starting and returning a review do not."""
    return transition.verb in OUTCOMES


def returns(transition: Transition) -> bool:
    """Whether the transition is a decision that sends the case back to the partner."""
    return is_decision(transition) and transition.target != APPROVED


def holder(detail: CaseDetail, reader: User) -> tuple[Text, str]:
    """Return who has the case now, from the reader's point of view, and the initials for the avatar."""
    status, organisation, assignee = detail.state, detail.case.organisation, detail.case.assignee
    reviewer = (assignee.pk, assignee.name) if assignee else (None, None)
    who = who_has_it(status, (organisation.pk, organisation.name), reviewer, reader)
    faces = {"partner": initials_of(organisation.name), "operator": assignee.initials if assignee else ""}
    return who, faces.get(status.holder, "")


def who_has_it(
    status: Status, organisation: tuple[int, str], reviewer: tuple[int | None, str | None], reader: User
) -> Text:
    """Return who has a case now, from the reader's point of view; empty when it is closed.

    Organization and reviewer are pairs of key and name.
    """
    if status.holder == "partner":
        return _("You") if reader.organisation_id == organisation[0] else organisation[1]
    if status.holder == "operator":
        key, name = reviewer
        if name is None:
            return _("Waiting for a reviewer")
        return _("You") if key == reader.pk else name
    return ""
