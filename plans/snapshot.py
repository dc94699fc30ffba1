"""A plan as one reads it: built from its rows or from a submission, in the same form, so that two of them can be compared.

Nothing here asks the database but for ``Plan.parts``, which are read once per plan.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal.money import format_amount, quantize
from incentives_portal.texts import in_language

if TYPE_CHECKING:
    from .models import Activity, Part, Plan

Fields = frozenset[str]
NOTHING: Fields = frozenset()


@dataclass(frozen=True)
class ActivityPart:
    """An activity in the document. ``id`` is the public id of its row; ``changed`` names the fields that differ from before."""

    id: str
    name: str
    goal: str
    type_code: str
    type_names: Mapping[str, str]
    countries: tuple[str, ...]
    planned: Decimal
    changed: Fields = NOTHING

    @property
    def type_name(self) -> str:
        return in_language(self.type_names)


@dataclass(frozen=True)
class CampaignPart:
    """A campaign in the document, with its activities."""

    id: str
    name: str
    starts: date
    ends: date
    activities: tuple[ActivityPart, ...]
    changed: Fields = NOTHING

    @property
    def planned(self) -> Decimal:
        return sum((activity.planned for activity in self.activities), Decimal(0))


@dataclass(frozen=True)
class PlanDocument:
    """The whole plan: what the partner asks for, and what for. Amounts are in ``currency``."""

    title: str
    description: str
    currency: str
    requested_amount: Decimal
    reviewer_email: str
    campaigns: tuple[CampaignPart, ...]
    changed: Fields = NOTHING

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
    parts = [*document.campaigns, *(activity for _campaign, activity in document.activities())]
    return next((part for part in parts if part.id == place), None)


def content_of(plan: "Plan") -> dict[str, Any]:
    """The plan as JSON: what a submission keeps. Amounts are strings, so that no digit is lost."""
    return {
        "title": plan.title,
        "description": plan.description,
        "currency": plan.currency,
        "requested_amount": _text(plan.requested_amount, plan.currency),
        "reviewer_email": plan.reviewer_email,
        "location": plan.location.partner_id,
        "program": plan.program.code,
        "market": plan.market.code,
        "fund_type": plan.fund_type.code,
        "program_year": plan.program_year.label,
        "campaigns": [_campaign_content(part, plan.currency) for part in plan.parts],
    }


def _campaign_content(part: "Part", currency: str) -> dict[str, Any]:
    campaign = part.campaign
    return {
        "id": str(campaign.public_id),
        "name": campaign.name,
        "starts": campaign.starts.isoformat(),
        "ends": campaign.ends.isoformat(),
        "activities": [_activity_content(activity, currency) for activity in part.activities],
    }


def _activity_content(activity: "Activity", currency: str) -> dict[str, Any]:
    return {
        "id": str(activity.public_id),
        "name": activity.name,
        "goal": activity.goal,
        "activity_type": activity.activity_type.code,
        "activity_type_name": activity.activity_type.name,
        "countries": list(activity.countries),
        "planned_amount": _text(activity.planned_amount, currency),
    }


def _text(amount: Decimal, currency: str) -> str:
    return str(quantize(amount, currency))


def read(content: Mapping[str, Any]) -> PlanDocument:
    """The document of a submission's content."""
    return PlanDocument(
        title=content["title"],
        description=content["description"],
        currency=content["currency"],
        requested_amount=Decimal(content["requested_amount"]),
        reviewer_email=content["reviewer_email"],
        campaigns=tuple(_read_campaign(campaign) for campaign in content["campaigns"]),
    )


def _read_campaign(content: Mapping[str, Any]) -> CampaignPart:
    return CampaignPart(
        id=content["id"],
        name=content["name"],
        starts=date.fromisoformat(content["starts"]),
        ends=date.fromisoformat(content["ends"]),
        activities=tuple(
            ActivityPart(
                id=activity["id"],
                name=activity["name"],
                goal=activity["goal"],
                type_code=activity["activity_type"],
                type_names=activity["activity_type_name"],
                countries=tuple(activity["countries"]),
                planned=Decimal(activity["planned_amount"]),
            )
            for activity in content["activities"]
        ),
    )


def document_of(plan: "Plan") -> PlanDocument:
    """The document of the plan's rows as they are now."""
    return read(content_of(plan))


@dataclass
class _Differences:
    """Collects what differs; ``fields`` by the id of the part ("" is the plan itself)."""

    currency: str
    changes: list[Change] = field(default_factory=list)
    fields: dict[str, set[str]] = field(default_factory=dict)

    def compare(self, part_id: str, name: str, what: str | Promise, before: str, after: str) -> None:
        if before != after:
            self.changes.append(Change(what, before, after))
            self.fields.setdefault(part_id, set()).add(name)


def compare(before: PlanDocument, after: PlanDocument) -> tuple[PlanDocument, list[Change]]:
    """The later document with what changed marked in it, and the changes in words of the active language."""
    found = _Differences(after.currency)
    _compare_heads(found, before, after)
    was = {campaign.id: campaign for campaign in before.campaigns}
    for campaign in after.campaigns:
        _compare_campaigns(found, was.get(campaign.id), campaign)
    _compare_activities(found, before, after)
    _name_removed(found, before, after)
    return _marked(after, found.fields), found.changes


def _compare_heads(found: _Differences, before: PlanDocument, after: PlanDocument) -> None:
    found.compare("", "title", _("Title"), before.title, after.title)
    found.compare(
        "",
        "requested_amount",
        _("Requested amount"),
        format_amount(before.requested_amount, before.currency),
        format_amount(after.requested_amount, after.currency),
    )
    found.compare("", "reviewer_email", _("Reviewer email"), before.reviewer_email, after.reviewer_email)
    found.compare("", "description", _("Description"), before.description, after.description)


def _compare_campaigns(found: _Differences, before: CampaignPart | None, after: CampaignPart) -> None:
    if before is None:
        found.changes.append(Change(_labelled(after.name, _("campaign")), "", _dates(after)))
        found.fields[after.id] = {"name", "starts", "ends"}
        return
    found.compare(after.id, "name", _("Campaign"), before.name, after.name)
    for name, label in (("starts", _("start date")), ("ends", _("end date"))):
        found.compare(
            after.id, name, _labelled(after.name, label), _day(getattr(before, name)), _day(getattr(after, name))
        )


def _compare_activities(found: _Differences, before: PlanDocument, after: PlanDocument) -> None:
    for _campaign, activity in after.activities():
        pair = before.find(activity.id)
        if pair is None:
            planned = format_amount(activity.planned, after.currency)
            found.changes.append(Change(_labelled(activity.name, _("activity")), "", planned))
            found.fields[activity.id] = {"name", "goal", "countries", "planned"}
            continue
        was = pair[1]
        found.compare(activity.id, "name", _("Activity"), was.name, activity.name)
        for name, label, old, new in (
            ("type", _("activity type"), was.type_name, activity.type_name),
            ("goal", _("goal"), was.goal, activity.goal),
            ("countries", _("countries/regions"), ", ".join(was.countries), ", ".join(activity.countries)),
            (
                "planned",
                _("planned amount"),
                format_amount(was.planned, before.currency),
                format_amount(activity.planned, after.currency),
            ),
        ):
            found.compare(activity.id, name, _labelled(activity.name, label), old, new)


def _name_removed(found: _Differences, before: PlanDocument, after: PlanDocument) -> None:
    kept = {campaign.id for campaign in after.campaigns}
    for campaign in before.campaigns:
        if campaign.id not in kept:
            found.changes.append(Change(_labelled(campaign.name, _("campaign")), _dates(campaign), ""))
    for _campaign, activity in before.activities():
        if after.find(activity.id) is None:
            planned = format_amount(activity.planned, before.currency)
            found.changes.append(Change(_labelled(activity.name, _("activity")), planned, ""))


def _labelled(name: str, label: str | Promise) -> str:
    return f"{name}, {label}"


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _dates(campaign: CampaignPart) -> str:
    return f"{_day(campaign.starts)} – {_day(campaign.ends)}"


def _marked(document: PlanDocument, fields: Mapping[str, set[str]]) -> PlanDocument:
    def of(part_id: str) -> Fields:
        return frozenset(fields.get(part_id, ()))

    campaigns = tuple(
        replace(
            campaign,
            changed=of(campaign.id),
            activities=tuple(replace(activity, changed=of(activity.id)) for activity in campaign.activities),
        )
        for campaign in document.campaigns
    )
    return replace(document, campaigns=campaigns, changed=of(""))
