"""What must hold of plans at every commit: asked after each test of plans, proofs and claims."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, Q

from incentives_portal.cases.enums import APPROVED
from incentives_portal.money import quantize
from plans.models import Activity, ActivityContent, Campaign, CampaignContent, Plan


def broken_plans() -> list[str]:
    """Sentences about plans of which other rows are in force than what was approved; empty if all is well."""
    return [*_of_what_was_approved(), *_of_drafts(), *_of_proofs(), *_of_contents()]


def _of_what_was_approved() -> Iterator[str]:
    """What is in force is what the approved submission says, in its order."""
    for plan in Plan.objects.select_related("case__approved_submission"):
        submission = plan.case.approved_submission
        approved = [_without_type_names(part) for part in submission.content["campaigns"]] if submission else []
        if (rows := campaigns_in_force(plan)) != approved:
            yield f"in force of {plan} is {rows}, approved was {approved}"


def campaigns_in_force(plan: Plan) -> list[dict[str, Any]]:
    """The rows in force as the content of a submission has them, without the names of types: those may be changed later."""
    campaigns = plan.campaigns.in_force().order_by("in_force__starts", "pk")
    return [
        {
            "id": str(campaign.public_id),
            "name": campaign.in_force.name,
            "starts": campaign.in_force.starts.isoformat(),
            "ends": campaign.in_force.ends.isoformat(),
            "activities": [_activity(row, plan.currency) for row in campaign.activities.in_force().order_by("pk")],
        }
        for campaign in campaigns
    ]


def _activity(row: Activity, currency: str) -> dict[str, Any]:
    content = row.in_force
    return {
        "id": str(row.public_id),
        "name": content.name,
        "goal": content.goal,
        "activity_type": content.activity_type.code,
        "countries": content.countries,
        "planned_amount": str(quantize(content.planned_amount, currency)),
    }


def _without_type_names(campaign: dict[str, Any]) -> dict[str, Any]:
    activities = [
        {name: value for name, value in activity.items() if name != "activity_type_name"}
        for activity in campaign["activities"]
    ]
    return campaign | {"activities": activities}


def _of_drafts() -> Iterator[str]:
    """Nothing is drafted of an approved plan; a campaign is in force, or in the draft, with its activities."""
    revised = ~Q(draft=F("in_force")) | Q(draft=None) | Q(in_force=None)
    for row in Campaign.objects.filter(revised, plan__case__status=APPROVED):
        yield f"{row} is drafted, though its plan is approved"
    for row in Activity.objects.filter(revised, campaign__plan__case__status=APPROVED):
        yield f"{row} is drafted, though its plan is approved"
    alone = Q(draft__isnull=False, campaign__draft=None) | Q(in_force__isnull=False, campaign__in_force=None)
    for row in Activity.objects.filter(alone):
        yield f"{row} has no campaign"


def _of_proofs() -> Iterator[str]:
    """What a proof hangs on is in force, and the draft has it."""
    for row in Activity.objects.filter(Q(in_force=None) | Q(draft=None), proofs__isnull=False):
        yield f"{row} has a proof and is not in force, or was taken out"


def _of_contents() -> Iterator[str]:
    """Each row of content is named by one campaign or activity."""
    for rows, content in ((Campaign, CampaignContent), (Activity, ActivityContent)):
        named = [{row.draft_id, row.in_force_id} - {None} for row in rows.objects.all()]
        keys = sorted(key for keys in named for key in keys)
        if keys != list(content.objects.order_by("pk").values_list("pk", flat=True)):
            yield f"other rows of {content.__name__} than {keys}, which are named"
