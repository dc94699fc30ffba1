"""Bringing the rows of a plan back to what was approved."""

from django.utils.translation import gettext as _

from incentives_portal.cases.errors import Refused
from incentives_portal.programs.models import ActivityType

from ..models import Activity, Campaign, Plan
from ..rules import approved_document
from ..snapshot import CampaignPart, PlanDocument
from .removing import remove_row


def restore(plan: Plan) -> None:
    """Make content, campaigns and activities those of the approved submission. The caller holds the lock of the plan and saves its case.

    Rows are found by their public ids, so that proofs that hang on an approved activity stay where they are.
    """
    document = approved_document(plan)
    if document is None:
        raise Refused(_("There is no approved version to go back to."))
    _restore_head(plan, document)
    types = {row.code: row for row in ActivityType.objects.filter(code__in=_codes(document))}
    for campaign in document.campaigns:
        _restore_campaign(plan, campaign, types)
    _remove_others(plan, document)


def _codes(document: PlanDocument) -> set[str]:
    return {activity.type_code for _campaign, activity in document.activities()}


def _restore_head(plan: Plan, document: PlanDocument) -> None:
    plan.case.title = document.title
    plan.case.currency = document.currency
    plan.case.requested_amount = document.requested_amount
    plan.description = document.description
    plan.reviewer_email = document.reviewer_email
    plan.save()


def _restore_campaign(plan: Plan, part: CampaignPart, types: dict[str, ActivityType]) -> None:
    campaign, _created = Campaign.objects.update_or_create(
        public_id=part.id, defaults={"plan": plan, "name": part.name, "starts": part.starts, "ends": part.ends}
    )
    for activity in part.activities:
        Activity.objects.update_or_create(
            public_id=activity.id,
            defaults={
                "campaign": campaign,
                "activity_type": types[activity.type_code],
                "name": activity.name,
                "goal": activity.goal,
                "countries": list(activity.countries),
                "planned_amount": activity.planned,
                "approved": True,
            },
        )


def _remove_others(plan: Plan, document: PlanDocument) -> None:
    activities = {activity.id for _campaign, activity in document.activities()}
    for row in Activity.objects.filter(campaign__plan=plan).exclude(public_id__in=activities):
        remove_row(row)
    for campaign in plan.campaigns.exclude(public_id__in=[part.id for part in document.campaigns]):
        remove_row(campaign)
