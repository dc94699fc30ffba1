"""What the pages of a claim show, prepared for their templates: the partner's page and the review desk read the same."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.comments import may_comment, may_note
from incentives_portal.cases.enums import ACTION_REQUIRED, DISPUTED, REJECTED
from incentives_portal.cases.models import Event, Remark
from incentives_portal.cases.queries import events_of
from incentives_portal.cases.state_machine import Status, Transition
from incentives_portal.cases.timeline import entries
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.programs.assess import Assessment
from incentives_portal.screens.anatomy import Baton, TimelineEntry, Verb, initials_of, with_one_that_stands_out
from incentives_portal.texts import in_language
from proofs.snapshot import ProofFolder

from . import rules
from .models import Claim
from .places import folder_of, name_of, named_places, part_at, rows_of_files, words_of
from .rows import who_has_it
from .transitions import MACHINE

Text = str | Promise

_SENT = ("claims.claim.submitted", "claims.claim.resubmitted")
#: Verbs that lead over the check page.
CHECKED = ("submit", "resubmit")


@dataclass(frozen=True)
class Mark:
    """One thing that the reviewer wants to have mended: its number, the id on the page at which it is shown, its name, what is said."""

    number: int
    anchor: str
    name: str
    words: str
    #: Whether what it is about is still as the reviewer saw it.
    is_open: bool = True


@dataclass(frozen=True)
class Answer:
    """What the reviewer decided last, as long as it is the partner's turn; and the dispute about it, while it is undecided."""

    event: Event
    status: Status
    marks: list[Mark]
    dispute: Event | None = None
    #: Whether the reader can change what the marks are about: nobody must mend what is locked, or another's.
    can_mend: bool = False

    @property
    def open_marks(self) -> list[Mark]:
        """What stands as it was: nothing stops the partner from sending it so, but it should be known."""
        return [mark for mark in self.marks if mark.is_open]

    @property
    def reason(self) -> str:
        return in_language(self.event.reason.words) if self.event.reason else ""

    @property
    def fix(self) -> str:
        return in_language(self.event.reason.fix) if self.event.reason else ""


@dataclass
class ClaimPage:
    """One claim, prepared for a reader. Properties are computed once; the number of queries does not grow with the claim."""

    claim: Claim
    user: User
    #: Whether it could be submitted as it is, where somebody has looked.
    is_ready: bool = True

    @cached_property
    def events(self) -> list[Event]:
        """The history that the reader may see, newest first. Two queries."""
        found = events_of(self.claim.case, reader=self.user)
        return list(_as_sent(found)) if self.user.is_operator else found

    @property
    def timeline(self) -> list[TimelineEntry]:
        return entries(self.events, places=self.places, version_url=self.file_url)

    def file_url(self, version: DocumentVersion) -> str:
        return reverse("claims:file", args=[self.claim.public_id, version.public_id])

    @cached_property
    def folder(self) -> ProofFolder | None:
        """The proof as it was sent in last."""
        return folder_of(self.claim)

    @cached_property
    def places(self) -> dict[str, str]:
        return dict(named_places(self.folder)) if self.folder else {}

    @cached_property
    def assessment(self) -> Assessment | None:
        """What the rules said when it was sent in last."""
        submission = self.claim.case.submission
        return Assessment.from_json(submission.assessment) if submission else None

    @property
    def baton(self) -> Baton:
        who, initials = holder(self.claim, self.user)
        return Baton(self.claim.state, who, self.claim.due_at, self.claim.time_zone, self._note(), initials)

    def _note(self) -> Text:
        """What stands behind the holder where there is no date."""
        if self.claim.status == REJECTED:
            return _("Can be disputed")
        return rules.when_to_answer(self.claim) if self.claim.status == ACTION_REQUIRED else ""

    @cached_property
    def answer(self) -> Answer | None:
        """The last decision, while the claim is returned, rejected or disputed."""
        if self.claim.status not in (ACTION_REQUIRED, REJECTED, DISPUTED):
            return None
        deciding = {arrow.event for arrow in MACHINE.transitions if arrow.decides and arrow.needs_reason}
        event = next((event for event in self.events if event.code in deciding), None)
        if event is None:
            return None
        return Answer(event, MACHINE.status(event.to_status), list(self._marks(event)), self._dispute())

    def compare_with(self, now: ProofFolder, *, can_mend: bool) -> None:
        """Note in the last decision what was mended since: ``now`` is the proof as it would be sent in again."""
        seen, answer = self.folder, self.answer
        if answer is None or seen is None:
            return
        marks = [
            replace(mark, is_open=part_at(seen, mark.anchor) == part_at(now, mark.anchor)) for mark in answer.marks
        ]
        self.answer = replace(answer, marks=marks, can_mend=can_mend)

    def _dispute(self) -> Event | None:
        if self.claim.status != DISPUTED:
            return None
        return next((event for event in self.events if event.code == "claims.claim.disputed"), None)

    def _marks(self, event: Event) -> Iterable[Mark]:
        for number, remark in enumerate(event.remarks_in_order, start=1):
            yield Mark(number, self._anchor(remark), name_of(remark, self.places), words_of(remark))

    def _anchor(self, remark: Remark) -> str:
        """The row of the proof that a file belongs to, so that the mark stays when the file is replaced; else the place."""
        if remark.version is None:
            return remark.place
        version = str(remark.version.public_id)
        return self.rows_of_files.get(version, version)

    @cached_property
    def rows_of_files(self) -> dict[str, str]:
        """Public id of a file's version → id of its row on the page, as it was sent in."""
        return dict(rows_of_files(self.folder)) if self.folder else {}

    @property
    def marks(self) -> dict[str, list[str]]:
        """What is open at places and files of the proof, numbered as in the list above it: for the parts of the proof's pages."""
        found: dict[str, list[str]] = {}
        for mark in self.answer.open_marks if self.answer else []:
            found.setdefault(mark.anchor, []).append(f"{mark.number}. {mark.words}")
        return found

    @cached_property
    def arrows(self) -> list[Transition]:
        return MACHINE.open_to(self.claim, self.user)

    @property
    def verbs(self) -> list[Verb]:
        """The buttons on top of the partner's page, of which submitting stands out once nothing is missing; *Dispute* stands at its
        bottom."""
        buttons = [
            verb_button(self.claim, arrow) for arrow in self.arrows if not arrow.decides and arrow.verb != "dispute"
        ]
        return with_one_that_stands_out(buttons, is_ready=self.is_ready)

    @property
    def dispute(self) -> Transition | None:
        return next((arrow for arrow in self.arrows if arrow.verb == "dispute"), None)

    @property
    def can_comment(self) -> bool:
        return may_comment(self.user, self.claim)

    @property
    def can_note(self) -> bool:
        return may_note(self.user, self.claim)


def _as_sent(events: Iterable[Event]) -> Iterable[Event]:
    """Without what the partner has edited since the claim was last sent in: the operator does not read drafts."""
    sent = False
    for event in events:
        sent = sent or event.code in _SENT
        if sent or not event.code.startswith("proofs."):
            yield event


def holder(claim: Claim, reader: User) -> tuple[Text, str]:
    """Who has the claim now, as the reader calls them, with the initials for the face."""
    status, organisation = MACHINE.status(claim.status), claim.case.organisation
    assignee = claim.case.assignee
    reviewer = (assignee.pk, assignee.name) if assignee else (None, None)
    faces = {"partner": organisation.name, "operator": reviewer[1] or "", "nobody": ""}
    who = who_has_it(status, (organisation.pk, organisation.name), reviewer, reader)
    return who, initials_of(faces[status.holder])


def verb_button(claim: Claim, arrow: Transition) -> Verb:
    """The partner's button of a verb. Submitting leads over the check page."""
    if arrow.verb in CHECKED:
        url = reverse("claims:check", args=[claim.public_id])
    else:
        url = reverse("claims:verb", args=[claim.public_id, arrow.verb])
    return Verb(arrow.label, url, arrow.tone, arrow.icon)
