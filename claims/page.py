"""What the pages of a claim show, for the templates of the partner's page and the review page."""

from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext as _

from incentives_portal.cases.enums import ACTION_REQUIRED, DISPUTED, REJECTED, WAITING
from incentives_portal.cases.models import Event, Remark
from incentives_portal.cases.page import CasePage
from incentives_portal.cases.state_machine import Text, Transition
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.enrollments.rules import enrolment_notice
from incentives_portal.programs.assess import Assessment
from proofs import rules as proof_rules
from proofs.snapshot import read

from . import rules
from .confirmations import unchecked
from .models import Claim
from .places import name_of, named_places, part_at, rows_of_files


class ClaimPage(CasePage[Claim]):
    """One claim, prepared for a reader: the documents of its proof, its assessment, and its dispute."""

    namespace = "claims"
    returned_in = (ACTION_REQUIRED, REJECTED, DISPUTED)
    read = staticmethod(read)
    part_at = staticmethod(part_at)

    def is_edit(self, event: Event) -> bool:
        return event.code.startswith("proofs.")

    @cached_property
    def can_edit(self) -> bool:
        return proof_rules.may_write(self.user, self.detail.proof)

    @cached_property
    def places(self) -> dict[str, Text]:
        return dict(named_places(self.submitted)) if self.submitted else {}

    def name_of(self, remark: Remark) -> Text:
        return name_of(remark, self.places)

    def anchor(self, remark: Remark) -> str:
        """Return the row of the proof that a file belongs to; without a file, the place.

        The row stays when the file is replaced.
        """
        if remark.version is None:
            return remark.place
        version = str(remark.version.public_id)
        return self._rows_of_files.get(version, version)

    @cached_property
    def _rows_of_files(self) -> dict[str, str]:
        """Public id of a file's version → id of its row on the page, as it was submitted."""
        return dict(rows_of_files(self.submitted)) if self.submitted else {}

    def file_url(self, version: DocumentVersion) -> str:
        return reverse("claims:file", args=[self.detail.public_id, version.public_id])

    @property
    def until_note(self) -> Text:
        if self.detail.status == REJECTED:
            return _("Can be disputed")
        return rules.when_to_answer(self.detail) if self.detail.status == ACTION_REQUIRED else ""

    @cached_property
    def assessment(self) -> Assessment | None:
        """The assessment of the last submission."""
        submission = self.detail.case.submission
        return Assessment.from_json(submission.assessment) if submission else None

    @cached_property
    def to_confirm(self) -> list[str]:
        """What a reviewer has to know before approving: the enrollment, and limits that could not be computed."""
        if self.assessment is None or self.detail.status not in WAITING or not self.user.is_operator:
            return []
        sentences = [enrolment_notice(self.detail.enrolment_status)]
        sentences += [finding.text for finding in unchecked(self.assessment)]
        return [sentence for sentence in sentences if sentence]

    @property
    def marks(self) -> dict[str, list[str]]:
        """The open remarks by place or file, numbered as in the list at the top of the page."""
        marks: dict[str, list[str]] = {}
        for marker in self.return_notice.open_markers if self.return_notice else []:
            marks.setdefault(marker.anchor, []).append(f"{marker.number}. {marker.text}")
        return marks

    def is_on_top(self, transition: Transition) -> bool:
        """Leave out *Dispute*, which has its form at the bottom of the page."""
        return super().is_on_top(transition) and transition.verb != "dispute"

    @property
    def dispute(self) -> Transition | None:
        return next((transition for transition in self.transitions if transition.verb == "dispute"), None)

    @property
    def dispute_event(self) -> Event | None:
        """The event of a dispute that is not decided yet."""
        if self.detail.status != DISPUTED:
            return None
        return next((event for event in self.events if event.code == "claims.claim.disputed"), None)
