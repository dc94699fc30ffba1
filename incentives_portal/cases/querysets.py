"""Which cases exist for a person, and which of their events: internal notes only with the capability for them."""

from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.db import models

from incentives_portal.accounts.capabilities import may, scope_q

from .enums import DISCARDED, EDITING

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Event  # noqa: F401  it stands in an annotation below

Row = TypeVar("Row", bound=models.Model)

#: The paths from the row of a kind to what permissions are about.
SCOPE_PATHS = {
    "organisation": "case__organisation_id",
    "program": "case__program_id",
    "location": "case__location_id",
}


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
        hidden = [EDITING, DISCARDED] if of_operator else [DISCARDED]
        return self.exclude(case__status__in=hidden, case__submitted_at=None).filter(scope)


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: "User") -> "EventQuerySet":
        """Without internal notes, unless the person may read them. Which cases one may see is the owners' matter."""
        return self.within(internal=may(user, "history.internal"))

    def within(self, *, internal: bool) -> "EventQuerySet":
        """What ``visible_to`` says, for everybody who may read internal notes, or may not."""
        return self if internal else self.filter(internal=False)
