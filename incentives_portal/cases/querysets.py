"""Reading history: whoever may see a case sees its events, but internal notes only with the capability for it."""

from typing import TYPE_CHECKING

from django.db import models

from incentives_portal.accounts.capabilities import may

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Event  # noqa: F401  stands in the annotation below


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: "User") -> "EventQuerySet":
        """Without internal notes, unless the person may read them. Which cases one may see is the owners' matter."""
        return self.within(internal=may(user, "history.internal"))

    def within(self, *, internal: bool) -> "EventQuerySet":
        """What ``visible_to`` says, for everybody who may read internal notes, or may not."""
        return self if internal else self.filter(internal=False)
