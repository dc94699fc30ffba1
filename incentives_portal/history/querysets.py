"""Reading history: whoever may see a case sees its events, but internal notes only with the capability for it."""

from typing import TYPE_CHECKING

from django.db import models

from incentives_portal.accounts.capabilities import may

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Event, Thread  # noqa: F401  Event stands in the annotation below


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: "User") -> "EventQuerySet":
        """Without internal notes, unless the person may read them. Which threads one may see is the owners' matter."""
        return self if may(user, "history.internal") else self.filter(internal=False)

    def for_thread(self, thread: "Thread", user: "User") -> "EventQuerySet":
        """The history panel of a case, newest first, with what a timeline shows. Two queries."""
        events = self.filter(thread=thread).visible_to(user).order_by("-id")
        return events.select_related("organisation", "reason").prefetch_related(
            models.Prefetch("remarks", queryset=_remarks_with_documents())
        )


def _remarks_with_documents() -> models.QuerySet:
    from .models import Remark

    return Remark.objects.select_related("version", "reason").order_by("pk")
