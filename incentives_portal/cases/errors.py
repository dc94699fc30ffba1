"""The errors of verbs. Each carries what a page needs to explain it."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from incentives_portal.cases.models import Event
from incentives_portal.programs.assess import Assessment

from .models import CaseDetail
from .state_machine import Text


class CaseError(Exception):
    """A verb could not be performed. Nothing was written."""


class Conflict(CaseError):
    """The case is no longer as the user saw it. Carries the case as it is now and the last event."""

    def __init__(self, detail: CaseDetail, latest: Event | None) -> None:
        super().__init__(_("This has changed since you opened it."))
        self.detail: Any = detail
        self.latest = latest


class InvalidTransition(Conflict):
    """The verb is not allowed from the current status."""


class StaleVersion(Conflict):
    """The case was changed after the user opened it, or the form sent no version. The status would allow the verb."""


class NotAllowed(CaseError, PermissionDenied):
    """The user may see the case but may not do this. Django answers 403, with the sentence."""

    def __init__(self, why: Text = "") -> None:
        super().__init__(why or _("Your role does not allow this."))


class RuleViolation(CaseError):
    """A business rule forbids it now; the sentences say what is wrong and what to do.

    ``place`` names the form field that they are about, if there is one; ``at`` gives sentences for several fields
    at once. ``see`` is a case that they are about, to which a page links.
    """

    def __init__(
        self, *sentences: Any, place: str | None = None, at: Mapping[str, Any] | None = None, see: Any = None
    ) -> None:
        self.see = see
        self.problems = [(place, str(sentence)) for sentence in sentences]
        self.problems += [(field, str(sentence)) for field, sentence in (at or {}).items()]
        super().__init__(" ".join(self.sentences))

    @property
    def sentences(self) -> list[str]:
        return [sentence for _place, sentence in self.problems]

    @property
    def places(self) -> list[str | None]:
        return [place for place, _sentence in self.problems]


class NotReady(RuleViolation):
    """Something must be fixed before the case can be submitted; ``assessment`` says what and where."""

    def __init__(self, assessment: Assessment) -> None:
        super().__init__(*(f"{finding.text} {finding.fix}".strip() for finding in assessment.blocks))
        self.assessment = assessment


class CommentMissing(RuleViolation):
    """The verb needs a comment."""

    def __init__(self) -> None:
        super().__init__(_("Write a comment. The partner will read it and act on it."), place="comment")


class ReasonMissing(RuleViolation):
    """The verb needs a reason code."""

    def __init__(self) -> None:
        super().__init__(_("Choose the reason."), place="reason")


class Busy(CaseError):
    """Somebody else is writing to the same case at this moment; the user should try again."""

    def __init__(self) -> None:
        super().__init__(_("Someone else is saving this right now. None of your entries were lost. Please try again."))
