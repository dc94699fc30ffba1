"""The rules of a plan (docs/domain.md, "Plan checks"), in the order of the form."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from .. import dates
from .facts import CampaignFact, PlanFacts
from .params import amount, day, texts
from .results import Assessment, Finding, Level, Step


def assess_plan(facts: PlanFacts) -> Assessment:
    """Assess a plan as it would be submitted now: ``block`` prevents submission, ``warn`` is for the reviewer."""
    planned = sum(
        (activity.planned_amount for campaign in facts.campaigns for activity in campaign.activities), Decimal(0)
    )
    requested = facts.requested_amount
    return Assessment(
        findings=(*_basics(facts), *_amounts(facts, planned), *_campaigns(facts)),
        steps=(
            Step("plan.planned", planned, operand=planned),
            Step("plan.requested", requested, operand=requested, binding=requested < planned),
        ),
        currency=facts.currency,
    )


def _rule(ok: bool, rule: str, place: str, *, level: Level = "block", **params: Any) -> Finding:
    return Finding(rule, "pass" if ok else level, place, params)


def _basics(facts: PlanFacts) -> Iterator[Finding]:
    # A submitted plan can be completed after the enrollment is suspended.
    yield _rule(facts.enrolled, "enrolled", "basics", level="warn" if facts.first_submitted_on else "block")
    yield _deadline(facts)
    email = facts.reviewer_email
    yield _rule(facts.reviewer_at_operator, "reviewer_at_operator", "basics", email=email)
    if facts.reviewer_at_operator:
        yield _rule(facts.reviewer_is_user, "reviewer_is_user", "basics", level="warn", email=email)


def _deadline(facts: PlanFacts) -> Finding:
    """Check the deadline of a first submission or of a revision (docs/domain.md, "Plan submission")."""
    if facts.first_submitted_on is None:
        ends = facts.year[1]
        return _rule(dates.may_first_submit(facts.today, ends), "plan_first_deadline", "basics", until=day(ends))
    until = facts.revise_until
    return _rule(facts.today <= until, "plan_revision_deadline", "basics", until=day(until))


def _amounts(facts: PlanFacts, planned: Decimal) -> Iterator[Finding]:
    """Only warn: a partner may pay a part of the costs itself, or request a reserve."""
    if not planned:
        return
    requested = facts.requested_amount
    values: dict[str, Any] = {
        "planned": amount(planned, facts.currency),
        "requested": amount(requested, facts.currency),
    }
    yield _rule(planned <= requested, "planned_within_requested", "basics", level="warn", **values)
    if planned <= requested:
        yield _rule(requested == planned, "requested_is_planned", "basics", level="warn", **values)


def _campaigns(facts: PlanFacts) -> Iterator[Finding]:
    yield _rule(bool(facts.campaigns), "has_campaign", "campaigns")
    starts, ends = facts.year
    for campaign in facts.campaigns:
        inside = starts <= campaign.starts and campaign.ends <= ends
        named: dict[str, Any] = {"campaign": campaign.name}
        yield _rule(inside, "campaign_in_year", "campaigns", starts=day(starts), ends=day(ends), **named)
        yield _rule(bool(campaign.activities), "has_activity", "campaigns", **named)
        yield from _activities(facts, campaign)


def _activities(facts: PlanFacts, campaign: CampaignFact) -> Iterator[Finding]:
    for activity in campaign.activities:
        named: dict[str, Any] = {"activity": activity.name}
        yield _rule(bool(activity.countries), "activity_countries", "campaigns", **named)
        if activity.countries and facts.countries:
            inside = set(activity.countries) <= set(facts.countries)
            yield _rule(inside, "countries_in_market", "campaigns", level="warn", **named)
        kind = texts(activity.type_name)
        yield _rule(not activity.excluded, "plan_activity_allowed", "campaigns", type=kind, **named)
