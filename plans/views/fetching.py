"""Fetch a plan, campaign or activity for a page: 404 unless it is visible to the user."""

from uuid import UUID

from django.http import Http404, HttpRequest

from ..models import Activity, Campaign, Plan


def plan_or_404(request: HttpRequest, public_id: UUID) -> Plan:
    """Return the plan with the relations of its page."""
    plan = Plan.objects.visible_to(request.user).for_page().filter(case__public_id=public_id).first()
    if plan is None:
        raise Http404
    return plan


def campaign_or_404(plan: Plan, public_id: UUID) -> Campaign:
    """Return a campaign of the plan's draft, with the same plan instance."""
    campaign = Campaign.objects.drafts().filter(plan=plan, public_id=public_id).first()
    if campaign is None:
        raise Http404
    campaign.plan = plan
    return campaign


def activity_or_404(plan: Plan, public_id: UUID) -> Activity:
    """Return an activity of the plan's draft, with its campaign and the same plan instance."""
    activity = Activity.objects.drafts().filter(campaign__plan=plan, public_id=public_id).first()
    if activity is None:
        raise Http404
    activity.campaign.plan = plan
    return activity
