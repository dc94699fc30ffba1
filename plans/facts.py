"""Collects the facts that ``assess_plan`` checks."""

from zoneinfo import ZoneInfo

from incentives_portal.enrollments.models import Enrolment
from incentives_portal.programs.assess import Assessment, CampaignFact, PlanFacts, PlannedActivityFact, assess_plan

from . import rules
from .models import ActivityContent, Part, Plan


def plan_facts(plan: Plan) -> PlanFacts:
    """Return the facts of the plan's current draft.

    Three queries besides ``parts``: operator, reviewer, enrollment.
    """
    company = rules.operator()
    first = plan.case.first_submitted_at
    return PlanFacts(
        today=rules.today(plan),
        currency=plan.currency,
        requested_amount=plan.requested_amount,
        year=(plan.program_year.starts, plan.program_year.ends),
        revise_until=plan.program_year.revise_until,
        campaigns=tuple(_campaign(plan, part) for part in plan.parts),
        reviewer_email=plan.reviewer_email,
        reviewer_at_operator=company is not None and company.owns_address(plan.reviewer_email),
        reviewer_is_user=plan.named_reviewer is not None,
        enrolled=_is_enrolled(plan),
        countries=tuple(plan.market.countries),
        first_submitted_on=first.astimezone(ZoneInfo(plan.time_zone)).date() if first else None,
    )


def assessment_of(plan: Plan) -> Assessment:
    """Assess the plan as it is now."""
    return assess_plan(plan_facts(plan))


def _campaign(plan: Plan, part: Part) -> CampaignFact:
    content = part.campaign.draft
    activities = tuple(_activity(plan, activity.draft) for activity in part.activities)
    return CampaignFact(content.name, content.starts, content.ends, activities)


def _activity(plan: Plan, content: ActivityContent) -> PlannedActivityFact:
    return PlannedActivityFact(
        name=content.name,
        type_name=content.activity_type.name,
        countries=tuple(content.countries),
        planned_amount=content.planned_amount,
        excluded=plan.program.kind in content.activity_type.excluded_kinds,
    )


def _is_enrolled(plan: Plan) -> bool:
    if plan.location.closed_on is not None:
        return False
    return Enrolment.objects.enrolled().filter(location=plan.location_id, program=plan.program_id).exists()
