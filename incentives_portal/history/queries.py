"""Reading the history of a case."""

from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import F, Prefetch, QuerySet

from incentives_portal.accounts.capabilities import may
from incentives_portal.prepared import Prepared

from .models import Event, Remark, Thread

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User


def events_of(*threads: Thread, reader: "User") -> list[Event]:
    """What happened on one or two cases, as far as the reader may see it, newest first, with what a timeline shows. Two queries.

    Which cases one may see is the owners' matter; internal notes are for those with the capability for them.
    """
    asked = _events(len(threads), internal=may(reader, "history.internal"))
    return asked.rows(**{f"thread{number}": thread.pk for number, thread in enumerate(threads)})


@cache
def _events(number: int, *, internal: bool) -> Prepared[Event]:
    events = Event.objects.within(internal=internal)
    events = events.annotate(side=F("organisation__name")).order_by("-id").select_related("reason")
    events = events.prefetch_related(Prefetch("remarks", queryset=_remarks_with_documents()))
    stand_ins: dict[str, Any] = {f"thread{each}": -1 - each for each in range(number)}
    return Prepared(lambda **keys: events.filter(thread__in=keys.values()), **stand_ins)


def _remarks_with_documents() -> QuerySet[Remark]:
    return Remark.objects.select_related("version", "reason").order_by("pk")
