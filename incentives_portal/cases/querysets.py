"""Which cases exist for a person, and which of their events: internal notes only with the capability for them."""

from typing import TYPE_CHECKING, Any

from django.db import models

from incentives_portal.accounts.capabilities import may, scope_q

from .enums import DISCARDED, EDITING

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Event  # noqa: F401  it stands in an annotation below

#: The paths from the row of a kind to what permissions are about.
SCOPE_PATHS = {
    "organisation": "case__organisation_id",
    "program": "case__program_id",
    "location": "case__location_id",
}


def existing(rows: Any, scope: models.Q, *, of_operator: bool) -> Any:
    """The rows of a kind, within a scope, that exist for people of the operator or of a partner.

    The operator does not see what was never submitted; nobody sees what was discarded before it ever was. What was canceled after it had
    been submitted stays.
    """
    hidden = [EDITING, DISCARDED] if of_operator else [DISCARDED]
    return rows.exclude(case__status__in=hidden, case__submitted_at=None).filter(scope)


def visible(rows: Any, user: "User", capability: str) -> Any:
    """The rows of a kind that exist for the person, by the capability to read them."""
    return existing(rows, scope_q(user, capability, **SCOPE_PATHS), of_operator=user.is_operator)


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: "User") -> "EventQuerySet":
        """Without internal notes, unless the person may read them. Which cases one may see is the owners' matter."""
        return self.within(internal=may(user, "history.internal"))

    def within(self, *, internal: bool) -> "EventQuerySet":
        """What ``visible_to`` says, for everybody who may read internal notes, or may not."""
        return self if internal else self.filter(internal=False)
