"""The content of a plan's submission, and the comparison of two submissions.

The declared types define the JSON, which msgspec writes and reads. The current draft has the same types, so that it
can be compared with a submission. ``cases.services.keep_submission`` stores the content as a ``Submission``. Nothing
here makes a query except ``Plan.parts``, which is read once per plan.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from msgspec import Struct, convert, field, json
from msgspec.structs import replace

from incentives_portal.money import format_amount, quantize
from incentives_portal.texts import in_language

from .models import Activity, Part, Plan

Fields = frozenset[str]
NOTHING: Fields = frozenset()


class _Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``changed`` names the fields that differ from the earlier version, ``mark`` is the change that a reviewer requests.

    ``annotated`` sets them; they are not stored.
    """

    changed: Fields = NOTHING
    mark: str = ""


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
    """The whole plan.

    Amounts are in ``currency``; location, program, market, fund type and year are stored by their codes.
    """

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


@dataclass(frozen=True)
class Change:
    """One difference between two documents: label, text before, text now.

    An empty text means that it did not exist.
    """

    what: str | Promise
    before: str
    after: str


#: The fields of the plan itself that a remark can point at.
FIELD_LABELS: dict[str, Promise] = {
    "title": _("Title"),
    "description": _("Description"),
    "requested_amount": _("Requested amount"),
    "reviewer_email": _("Reviewer email"),
    "campaigns": _("Campaigns"),
    "activities": _("Activities"),
}


def places(document: PlanDocument) -> list[tuple[str, str | Promise]]:
    """Yield the places that a remark can point at, as (place, label).

    A place is a field, or the public id of a campaign or an activity.
    """
    parts: list[tuple[str, str | Promise]] = list(FIELD_LABELS.items())
    for campaign in document.campaigns:
        parts.append((campaign.id, campaign.name))
        parts += [(activity.id, f"{campaign.name} › {activity.name}") for activity in campaign.activities]
    return parts


def part_at(document: PlanDocument, place: str) -> object:
    """Return the content at a place, for comparing two versions of a plan. None if there is none."""
    if place == "activities":
        return list(document.activities())
    if place in FIELD_LABELS:
        return getattr(document, place)
    return _parts(document).get(place)


def content_of(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON, as a submission stores it. Amounts are strings, so that no digit is lost."""
    return json.decode(json.encode(document_of(plan)))


def read(content: Mapping[str, Any]) -> PlanDocument:
    """Return the document of a submission's content.

    Raises msgspec.ValidationError, which names the place that cannot be read.
    """
    return convert(content, PlanDocument)


def document_of(plan: Plan) -> PlanDocument:
    """Return the document of the plan's current draft."""
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


def _campaign_part(part: Part, currency: str) -> CampaignPart:
    row, content = part.campaign, part.campaign.draft
    activities = tuple(_activity_part(activity, currency) for activity in part.activities)
    return CampaignPart(str(row.public_id), content.name, content.starts, content.ends, activities)


def _activity_part(row: Activity, currency: str) -> ActivityPart:
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


#: The fields that are compared, by type and in this order, with their labels.
_COMPARED: dict[type[_Part], dict[str, Promise]] = {
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
    """Return the later document with its changes marked, and the changes as text in the active language."""
    was, now = {"": before, **_parts(before)}, {"": after, **_parts(after)}
    changes: list[Change] = []
    changed: dict[str, Fields] = {}
    for part_id, part in now.items():
        if part_id in was:
            differences = dict(_differences(was[part_id], before.currency, part, after.currency))
            changes += differences.values()
            changed[part_id] = frozenset(differences)
        else:
            name, summary = _whole(part, after.currency)
            changes.append(Change(name, "", summary))
            changed[part_id] = frozenset(_COMPARED[type(part)])
    gone = [part for part_id, part in was.items() if part_id not in now]
    changes += [Change(*_whole(part, before.currency), "") for part in gone]
    return annotated(after, changed=changed), changes


def _parts(document: PlanDocument) -> dict[str, Any]:
    """Return campaigns and activities by their public id, campaigns first."""
    return {
        part.id: part for part in (*document.campaigns, *(activity for _campaign, activity in document.activities()))
    }


def _differences(before: Any, currency: str, after: Any, new_currency: str) -> Iterator[tuple[str, Change]]:
    """Yield the fields of a part that differ, each with its change. Only these are formatted."""
    for name, label in _COMPARED[type(after)].items():
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
    """Describe a part that was added or removed: its name, and the dates of a campaign or the amount of an activity."""
    if isinstance(part, CampaignPart):
        kind, summary = _("campaign"), f"{_text(part.starts, currency)} – {_text(part.ends, currency)}"
    else:
        kind, summary = _("activity"), _text(part.planned, currency)
    return f"{part.name}, {kind}", summary


def annotated(document: PlanDocument, **values: Mapping[str, Any]) -> PlanDocument:
    """Return the document with fields of its parts set, each by the public id of the part; "" is the plan itself."""

    def of(key: str) -> dict[str, Any]:
        return {name: by_key[key] for name, by_key in values.items() if key in by_key}

    campaigns = tuple(
        replace(
            campaign,
            activities=tuple(replace(activity, **of(activity.id)) for activity in campaign.activities),
            **of(campaign.id),
        )
        for campaign in document.campaigns
    )
    return replace(document, campaigns=campaigns, **of(""))
