"""Events as entries of a timeline, in the reader's language."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext

from incentives_portal.documents.enums import CheckState
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.money import format_amount
from incentives_portal.screens.components import TimelineEntry, TimelineLink
from incentives_portal.texts import in_language

from .enums import Safeguard
from .event_kinds import kind_of
from .models import Event, Remark

Places = Mapping[str, str | Promise]
VersionUrl = Callable[[DocumentVersion], str]


def entries(
    events: Iterable[Event], *, places: Places | None = None, version_url: VersionUrl | None = None
) -> list[TimelineEntry]:
    """Return the timeline entries of events that ``queries.events_of`` has loaded, in their order. No query.

    ``places`` are the labels of the places that remarks point at, ``version_url`` returns the URL of a document.
    """
    return [_entry(event, places or {}, version_url) for event in events]


def sentence(event: Event) -> str:
    """Return what was done, as a sentence that follows the actor's name.

    An amount in the event's data is written with its currency.
    """
    data: dict[str, Any] = dict(event.data)
    if data.get("amount") and data.get("currency"):
        data["amount"] = format_amount(Decimal(data["amount"]), data["currency"])
    if rule := data.get("rule"):
        data["rule"] = Safeguard(rule).label
    kind = kind_of(event.code)
    return str(kind.together if data.get("first") else kind.sentence) % data


def _entry(event: Event, places: Places, version_url: VersionUrl | None) -> TimelineEntry:
    kind = kind_of(event.code)
    return TimelineEntry(
        icon=kind.icon,
        tone="amber" if event.internal else kind.tone,
        actor=event.actor_name or gettext("The portal"),
        side=event.side or "",  # type: ignore[attr-defined]  # the name of its organization, read by events_of
        at=event.at,
        sentence=sentence(event),
        comment=event.comment,
        reason=in_language(event.reason.text) if event.reason else "",
        internal=event.internal,
        links=[_link(remark, event, places, version_url) for remark in event.remarks_in_order],
    )


def _link(remark: Remark, event: Event, places: Places, version_url: VersionUrl | None) -> TimelineLink:
    """Return a link to what the remark is about.

    The reason of the event is left out, as the entry shows it already.
    """
    reason = remark.reason if remark.reason_id != event.reason_id else None
    text = remark.text or (in_language(reason.text) if reason else "")
    if remark.version:
        return _file_link(remark.version, version_url, text)
    return TimelineLink(label=places.get(remark.place, remark.place), url=f"#{remark.place}", text=text)


def _file_link(version: DocumentVersion, version_url: VersionUrl | None, text: str) -> TimelineLink:
    """Return a link to a file that can be opened; for any other its state, as its URL would return 404."""
    if version.can_be_opened:
        return TimelineLink(label=version.original_name, url=version_url(version) if version_url else "", text=text)
    state = CheckState.PENDING.label if version.standing == "waiting" else version.check_result.get_state_display()
    return TimelineLink(label=version.original_name, url="", text=" · ".join(filter(None, [str(state), text])))
