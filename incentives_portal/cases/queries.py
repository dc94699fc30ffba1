"""Queries for the history of a case."""

from collections import defaultdict
from functools import cache
from typing import Any

from django.db.models import F

from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.prepared_statements import PreparedQuery

from .models import Case, Event, Remark


def events_of(*cases: Case, reader: User) -> list[Event]:
    """Return the events of one or two cases that the reader may see, newest first, for a timeline.

    Internal notes need their capability. The caller must have checked that the reader may see the cases. Two
    queries.
    """
    keys = {f"case{number}": case.pk for number, case in enumerate(cases)}
    events = _events(len(cases), internal=may(reader, "history.internal")).rows(**keys)
    remarks: defaultdict[int, list[Remark]] = defaultdict(list)
    for remark in _remarks(len(cases)).rows(**keys):
        remarks[remark.event_id].append(remark)
    for event in events:
        event.remarks_in_order = remarks[event.pk]
        event.actor_name = event.name_shown(event.name_then)  # type: ignore[attr-defined]  # annotated below
    return events


@cache
def _events(number: int, *, internal: bool) -> PreparedQuery[Event]:
    events = Event.objects.within(internal=internal)
    names = {"side": F("organisation__name"), "name_then": F("recorded_name__name")}
    events = events.annotate(**names).order_by("-id").select_related("reason")
    return PreparedQuery(lambda **keys: events.filter(case__in=keys.values()), **_stand_ins(number))


@cache
def _remarks(number: int) -> PreparedQuery[Remark]:
    remarks = Remark.objects.select_related("version__check_result", "reason").order_by("pk")
    return PreparedQuery(lambda **keys: remarks.filter(event__case__in=keys.values()), **_stand_ins(number))


def _stand_ins(number: int) -> dict[str, Any]:
    return {f"case{each}": -1 - each for each in range(number)}
