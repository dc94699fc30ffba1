"""What a submission of a plan keeps, and the comparison of two such snapshots.

The declared types are the form of the JSON: msgspec writes and reads it. A snapshot of the draft as it is now has the same types, so
that it can be compared with a submission. Nothing here asks the database but for ``Plan.parts``, which are read once per plan.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from msgspec import Struct, convert, field, json
from msgspec.structs import replace

from incentives_portal.money import format_amount, quantize
from incentives_portal.texts import in_language

if TYPE_CHECKING:
    from .models import Activity, Part, Plan

Fields = frozenset[str]
NOTHING: Fields = frozenset()


class _Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``changed`` names the fields that differ from before; it is set by ``compare`` and no part of what is kept."""

    changed: Fields = NOTHING


class ActivityPart(_Part, frozen=True):
    """An activity of a plan. ``id`` is the public id of its row."""

    id: str
    name: str
    goal: str
    type_code: str = field(name="activity_type")
    type_names: Mapping[str, str] = field(name="activity_type_name")
    countries: tuple[str, ...]
    planned: Decimal = field(name="planned_amount")

    @property
    def type_name(self) -> str:
        return in_language(self.type_names)


class CampaignPart(_Part, frozen=True):
    """A campaign of a plan, with its activities. ``id`` is the public id of its row."""

    id: str
    name: str
    starts: date
    ends: date
    activities: tuple[ActivityPart, ...]

    @property
    def planned(self) -> Decimal:
        return sum((activity.planned for activity in self.activities), Decimal(0))


class PlanDocument(_Part, frozen=True):
    """The whole plan: what the partner asks for, and what for. Amounts are in ``currency``; places and periods are kept by their codes."""

    title: str
    description: str
    currency: str
    requested_amount: Decimal
    reviewer_email: str
    location: str
    program: str
    market: str
    fund_type: str
    program_year: str
    campaigns: tuple[CampaignPart, ...]

    @property
    def planned(self) -> Decimal:
        return sum((campaign.planned for campaign in self.campaigns), Decimal(0))

    def activities(self) -> Iterator[tuple[CampaignPart, ActivityPart]]:
        for campaign in self.campaigns:
            for activity in campaign.activities:
                yield campaign, activity

    def find(self, activity_id: str) -> tuple[CampaignPart, ActivityPart] | None:
        """The activity with the public id, with its campaign; None if the document does not have it."""
        return next((pair for pair in self.activities() if pair[1].id == str(activity_id)), None)


@dataclass(frozen=True)
class Change:
    """One difference between two documents, in words: what, before, now. An empty side means that it was not there."""

    what: str | Promise
    before: str
    after: str


#: The fields of the plan itself at which a remark can point.
FIELD_LABELS: dict[str, Promise] = {
    "title": _("Title"),
    "description": _("Description"),
    "requested_amount": _("Requested amount"),
    "reviewer_email": _("Reviewer email"),
    "campaigns": _("Campaigns"),
    "activities": _("Activities"),
}


def places(document: PlanDocument) -> list[tuple[str, str | Promise]]:
    """Where a remark on a plan can point, as (place, label): a field, or by its public id a campaign or an activity."""
    parts: list[tuple[str, str | Promise]] = list(FIELD_LABELS.items())
    for campaign in document.campaigns:
        parts.append((campaign.id, campaign.name))
        parts += [(activity.id, f"{campaign.name} › {activity.name}") for activity in campaign.activities]
    return parts


def part_at(document: PlanDocument, place: str) -> object:
    """What stands at a place, to be compared with what stood there in another state of the plan; None where there is nothing."""
    if place == "activities":
        return list(document.activities())
    if place in FIELD_LABELS:
        return getattr(document, place)
    return _parts(document).get(place)


def content_of(plan: "Plan") -> dict[str, Any]:
    """The plan as JSON: what a submission keeps. Amounts are strings, so that no digit is lost."""
    return json.decode(json.encode(document_of(plan)))


def read(content: Mapping[str, Any]) -> PlanDocument:
    """The document of a submission's content. Raises msgspec.ValidationError, which names the place that cannot be read."""
    return convert(content, PlanDocument)


def document_of(plan: "Plan") -> PlanDocument:
    """The document of the plan's draft as it is now."""
    return PlanDocument(
        title=plan.title,
        description=plan.description,
        currency=plan.currency,
        requested_amount=quantize(plan.requested_amount, plan.currency),
        reviewer_email=plan.reviewer_email,
        location=plan.location.partner_id,
        program=plan.program.code,
        market=plan.market.code,
        fund_type=plan.fund_type.code,
        program_year=plan.program_year.label,
        campaigns=tuple(_campaign_part(part, plan.currency) for part in plan.parts),
    )


def _campaign_part(part: "Part", currency: str) -> CampaignPart:
    row, content = part.campaign, part.campaign.draft
    activities = tuple(_activity_part(activity, currency) for activity in part.activities)
    return CampaignPart(str(row.public_id), content.name, content.starts, content.ends, activities)


def _activity_part(row: "Activity", currency: str) -> ActivityPart:
    content = row.draft
    return ActivityPart(
        id=str(row.public_id),
        name=content.name,
        goal=content.goal,
        type_code=content.activity_type.code,
        type_names=content.activity_type.name,
        countries=tuple(content.countries),
        planned=quantize(content.planned_amount, currency),
    )


#: What a comparison tells of a part, in this order: its fields with their labels.
_TOLD: dict[type[_Part], dict[str, Promise]] = {
    PlanDocument: {name: FIELD_LABELS[name] for name in ("title", "requested_amount", "reviewer_email", "description")},
    CampaignPart: {"name": _("Campaign"), "starts": _("start date"), "ends": _("end date")},
    ActivityPart: {
        "name": _("Activity"),
        "type_name": _("activity type"),
        "goal": _("goal"),
        "countries": _("countries/regions"),
        "planned": _("planned amount"),
    },
}


def compare(before: PlanDocument, after: PlanDocument) -> tuple[PlanDocument, list[Change]]:
    """The later document with what changed marked in it, and the changes in words of the active language."""
    was, now = {"": before, **_parts(before)}, {"": after, **_parts(after)}
    changes: list[Change] = []
    changed: dict[str, Fields] = {}
    for part_id, part in now.items():
        if part_id in was:
            found = dict(_differences(was[part_id], before.currency, part, after.currency))
            changes += found.values()
            changed[part_id] = frozenset(found)
        else:
            name, summary = _whole(part, after.currency)
            changes.append(Change(name, "", summary))
            changed[part_id] = frozenset(_TOLD[type(part)])
    gone = [part for part_id, part in was.items() if part_id not in now]
    changes += [Change(*_whole(part, before.currency), "") for part in gone]
    return _marked(after, changed), changes


def _parts(document: PlanDocument) -> dict[str, Any]:
    """The campaigns by their ids, then the activities."""
    return {
        part.id: part for part in (*document.campaigns, *(activity for _campaign, activity in document.activities()))
    }


def _differences(before: Any, currency: str, after: Any, new_currency: str) -> Iterator[tuple[str, Change]]:
    """The fields of a part that differ, each with its change in words: only these are put into words."""
    for name, label in _TOLD[type(after)].items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new or currency != new_currency:
            old, new = _text(old, currency), _text(new, new_currency)
        if old != new:
            stands_alone = name == "name" or isinstance(after, PlanDocument)
            yield name, Change(label if stands_alone else f"{after.name}, {label}", old, new)


def _text(value: Any, currency: str) -> str:
    match value:
        case Decimal():
            return format_amount(value, currency)
        case date():
            return date_format(value, "DATE_FORMAT")
        case tuple():
            return ", ".join(value)
    return value


def _whole(part: Any, currency: str) -> tuple[str, str]:
    """What is told of a part that is new or gone: its name, and the dates of a campaign or the amount of an activity."""
    if isinstance(part, CampaignPart):
        kind, summary = _("campaign"), f"{_text(part.starts, currency)} – {_text(part.ends, currency)}"
    else:
        kind, summary = _("activity"), _text(part.planned, currency)
    return f"{part.name}, {kind}", summary


def _marked(document: PlanDocument, changed: Mapping[str, Fields]) -> PlanDocument:
    campaigns = tuple(
        replace(
            campaign,
            changed=changed[campaign.id],
            activities=tuple(replace(activity, changed=changed[activity.id]) for activity in campaign.activities),
        )
        for campaign in document.campaigns
    )
    return replace(document, campaigns=campaigns, changed=changed[""])
