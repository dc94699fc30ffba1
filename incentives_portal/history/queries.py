"""Reading the history of a case."""

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import F

from incentives_portal.accounts.capabilities import may
from incentives_portal.prepared import Prepared

from .models import Event, Remark, Thread

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User


def events_of(*threads: Thread, reader: "User") -> list[Event]:
    """What happened on one or two cases, as far as the reader may see it, newest first, with what a timeline shows. Two queries.

    Which cases one may see is the owners' matter; internal notes are for those with the capability for them.
    """
    keys = {f"thread{number}": thread.pk for number, thread in enumerate(threads)}
    events = _events(len(threads), internal=may(reader, "history.internal")).rows(**keys)
    remarks: defaultdict[int, list[Remark]] = defaultdict(list)
    for remark in _remarks(len(threads)).rows(**keys):
        remarks[remark.event_id].append(remark)
    for event in events:
        event.remarks_in_order = remarks[event.pk]
    return events


@cache
def _events(number: int, *, internal: bool) -> Prepared[Event]:
    events = Event.objects.within(internal=internal)
    events = events.annotate(side=F("organisation__name")).order_by("-id").select_related("reason")
    return Prepared(lambda **keys: events.filter(thread__in=keys.values()), **_stand_ins(number))


@cache
def _remarks(number: int) -> Prepared[Remark]:
    remarks = Remark.objects.select_related("version__check_result", "reason").order_by("pk")
    return Prepared(lambda **keys: remarks.filter(event__thread__in=keys.values()), **_stand_ins(number))


def _stand_ins(number: int) -> dict[str, Any]:
    return {f"thread{each}": -1 - each for each in range(number)}
