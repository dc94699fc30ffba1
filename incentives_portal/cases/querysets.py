"""Which cases exist for a person, and which of their events: internal notes only with the capability for them."""

from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.db import models

from incentives_portal.accounts.capabilities import may, scope_q

from .enums import DISCARDED, EDITING
from .types import case_type, case_types

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Case, Event  # noqa: F401  they stand in annotations below

Row = TypeVar("Row", bound=models.Model)

#: The paths from the row of a kind to what permissions are about.
SCOPE_PATHS = {
    "organisation": "case__organisation_id",
    "program": "case__program_id",
    "location": "case__location_id",
}


def _hidden(*, of_operator: bool) -> tuple[str, ...]:
    """In which statuses a case is hidden until it was submitted: drafts from the operator, what was discarded from everybody."""
    return (EDITING, DISCARDED) if of_operator else (DISCARDED,)


def search_q(words: str) -> models.Q:
    """Each word in the title of a case, its reference, or the name of the location or company."""
    found = models.Q()
    for word in words.split():
        found &= (
            models.Q(title__icontains=word)
            | models.Q(reference__icontains=word)
            | models.Q(location__name__icontains=word)
            | models.Q(organisation__name__icontains=word)
        )
    return found


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: "User", *kinds: str) -> "CaseQuerySet":
        """The cases of these kinds, else of all, that exist for the user. A proof without a claim is a case of the kind claim, too."""
        readable = models.Q(pk__in=[])
        for kind in kinds or case_types():
            scope = scope_q(user, case_type(kind).read, organisation="organisation_id")
            readable |= models.Q(kind=kind) & scope
        return self.within(readable, of_operator=user.is_operator)

    def within(self, scope: models.Q, *, of_operator: bool) -> "CaseQuerySet":
        """What ``visible_to`` says, for everybody of the same scope."""
        return self.exclude(status__in=_hidden(of_operator=of_operator), submitted_at=None).filter(scope)


class CaseDetailQuerySet(models.QuerySet[Row]):
    """The rows of a kind of case. ``capability`` is the one to read them."""

    capability: ClassVar[str]

    def visible_to(self, user: "User") -> Self:
        """The rows that exist for the person.

        The operator does not see what was never submitted; nobody sees what was discarded before it ever was. What was canceled after it
        had been submitted stays.
        """
        return self.within(scope_q(user, self.capability, **SCOPE_PATHS), of_operator=user.is_operator)

    def within(self, scope: models.Q, *, of_operator: bool) -> Self:
        """What ``visible_to`` says, for everybody of the same scope."""
        return self.exclude(case__status__in=_hidden(of_operator=of_operator), case__submitted_at=None).filter(scope)


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: "User") -> "EventQuerySet":
        """Without internal notes, unless the person may read them. Which cases one may see is the owners' matter."""
        return self.within(internal=may(user, "history.internal"))

    def within(self, *, internal: bool) -> "EventQuerySet":
        """What ``visible_to`` says, for everybody who may read internal notes, or may not."""
        return self if internal else self.filter(internal=False)
