"""Create and edit plans, their campaigns and their activities."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Scope, may
from incentives_portal.accounts.models import Location, User
from incentives_portal.cases.engine import editing, latest_event
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.errors import NotAllowed, RuleViolation, StaleVersion
from incentives_portal.cases.services import apply, open_case, record, record_changes
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.money import quantize
from incentives_portal.programs.models import ActivityType, FundType, Market, ProgramYear

from .. import events, rules
from ..models import Activity, ActivityContent, Campaign, CampaignContent, Plan
from .in_force import change_draft, take_out

CAPABILITY = "plan.write"


@transaction.atomic
def create_plan(
    *,
    actor: User,
    location: Location,
    market: Market,
    fund_type: FundType,
    program_year: ProgramYear,
    currency: str,
    title: str,
    requested_amount: Decimal,
    reviewer_email: str,
    description: str = "",
) -> Plan:
    """Create a plan for a location in a market's program, in status *Editing*.

    Raises NotAllowed without the permission for this program and location; RuleViolation if the location is not
    enrolled, the year is over, the reviewer is not the operator's, or a plan exists already
    (docs/domain.md, "Plan key").
    """
    program = market.program
    if not may(actor, CAPABILITY, Scope(location.organisation_id, program.pk, location.pk)):
        raise NotAllowed
    _check_key(location, market, fund_type, program_year)
    _check_head(requested_amount, reviewer_email)
    plan = _create_as_the_only_one(
        case=open_case(
            CaseKind.PLAN,
            location=location,
            program=program,
            title=title,
            currency=currency,
            requested_amount=quantize(requested_amount, currency),
            due_at=clock.end_of_day(program_year.ends, program.calendar.time_zone),
        ),
        location=location,
        program=program,
        market=market,
        fund_type=fund_type,
        program_year=program_year,
        description=description,
        reviewer_email=reviewer_email.strip().lower(),
    )
    record(plan.case, actor, events.CREATED, capability=CAPABILITY, to_status=plan.status)
    return plan


def _check_key(location: Location, market: Market, fund_type: FundType, year: ProgramYear) -> None:
    program = market.program
    if not program.has_plans or fund_type.program_id != program.pk or year.program_id != program.pk:
        raise RuleViolation(
            _("This program does not offer plans for this fund type or program year."), place="fund_type"
        )
    enrolled = Enrolment.objects.enrolled().filter(location=location, program=program, location__closed_on=None)
    if not enrolled.exists():
        raise RuleViolation(_("This location is not enrolled in the program."), place="location")
    if problem := rules.year_problem(year, program.calendar.time_zone):
        raise RuleViolation(problem, place="program_year")


def _check_head(requested_amount: Decimal, reviewer_email: str) -> None:
    if requested_amount <= 0:
        raise RuleViolation(_("Enter an amount of more than zero."), place="requested_amount")
    if problem := rules.reviewer_email_problem(reviewer_email):
        raise RuleViolation(problem, place="reviewer_email")


def _create_as_the_only_one(**values: Any) -> Plan:
    """Insert the plan. The unique constraint decides which one is first when two are created at once."""
    try:
        with transaction.atomic():
            return Plan.objects.create(**values)
    except IntegrityError as error:
        if "plan_once" not in str(error):
            raise
        key = ("location", "program", "fund_type", "program_year")
        existing = Plan.objects.filter(holds_key=True, **{name: values[name] for name in key}).first()
        raise RuleViolation(
            _("There is already a plan for this location, fund type, and program year."), place="location", see=existing
        ) from error


def edit_plan(
    plan: Plan,
    *,
    actor: User,
    expected_version: int | None,
    currency: str,
    title: str,
    requested_amount: Decimal,
    reviewer_email: str,
    description: str = "",
) -> Plan:
    """Change the fields of the plan itself. Location, program, fund type and year are its key and stay.

    Raises RuleViolation for values that a plan cannot have, and the errors of ``editing``.
    """
    with editing(plan, actor=actor, capability=CAPABILITY, expected_version=expected_version) as current:
        _check_head(requested_amount, reviewer_email)
        _check_currency(current, currency)
        changes = apply(
            current.case, currency=currency, title=title, requested_amount=quantize(requested_amount, currency)
        ) | apply(current, description=description, reviewer_email=reviewer_email.strip().lower())
        current.save()
        record_changes(current.case, actor, events.EDITED, changes, capability=CAPABILITY)
    return current


def _check_currency(plan: Plan, currency: str) -> None:
    if currency == plan.currency:
        return
    if plan.case.approved_submission_id is not None:
        raise RuleViolation(_("The currency of an approved plan cannot be changed."), place="currency")
    planned = Activity.objects.filter(campaign__plan=plan).values_list("draft__planned_amount", flat=True)
    if any(quantize(amount, currency) != amount for amount in planned):
        raise RuleViolation(
            _("Some planned amounts have more decimal places than %(currency)s allows. Change them first.")
            % {"currency": currency},
            place="currency",
        )


def add_campaign(
    plan: Plan, *, actor: User, expected_version: int | None, name: str, starts: date, ends: date
) -> Campaign:
    """Add a campaign. Raises RuleViolation for dates outside the program year, and the errors of ``editing``."""
    with editing(plan, actor=actor, capability=CAPABILITY, expected_version=expected_version) as current:
        _check_dates(current, starts, ends)
        content = CampaignContent.objects.create(name=name, starts=starts, ends=ends)
        campaign = Campaign.objects.create(plan=current, draft=content)
        record(current.case, actor, events.CAMPAIGN_ADDED, capability=CAPABILITY, data={"name": name})
    return campaign


def edit_campaign(
    campaign: Campaign, *, actor: User, expected_version: int | None, name: str, starts: date, ends: date
) -> Campaign:
    """Change a campaign. Raises RuleViolation for dates outside the program year, and the errors of ``editing``."""
    with editing(campaign.plan, actor=actor, capability=CAPABILITY, expected_version=expected_version) as current:
        _check_dates(current, starts, ends)
        row = _own(current, Campaign, campaign.pk)
        changes = change_draft(row, name=name, starts=starts, ends=ends)
        record_changes(current.case, actor, events.CAMPAIGN_EDITED, changes, capability=CAPABILITY, name=name)
    return row


def remove_campaign(campaign: Campaign, *, actor: User, expected_version: int | None) -> None:
    """Remove a campaign and its activities from the plan.

    Raises RuleViolation if one of the activities has a proof, and the errors of ``editing``.
    """
    with editing(campaign.plan, actor=actor, capability=CAPABILITY, expected_version=expected_version) as current:
        row = _own(current, Campaign, campaign.pk)
        name = row.draft.name
        for activity in row.activities.drafts():
            take_out(activity)
        take_out(row)
        record(current.case, actor, events.CAMPAIGN_REMOVED, capability=CAPABILITY, data={"name": name})


def _check_dates(plan: Plan, starts: date, ends: date) -> None:
    if problem := rules.dates_problem(plan.program_year, starts, ends):
        place, sentence = problem
        raise RuleViolation(sentence, place=place)


def add_activity(
    campaign: Campaign,
    *,
    actor: User,
    expected_version: int | None,
    activity_type: ActivityType,
    name: str,
    countries: list[str],
    planned_amount: Decimal,
    goal: str = "",
) -> Activity:
    """Add an activity to a campaign, in one or more countries of the plan's market.

    The amount is in the plan's currency. Raises RuleViolation for values that an activity cannot have, and the
    errors of ``editing``.
    """
    with editing(campaign.plan, actor=actor, capability=CAPABILITY, expected_version=expected_version) as current:
        row = _own(current, Campaign, campaign.pk)
        _check_offered(current, activity_type)
        _check_planned(current, countries, planned_amount)
        content = ActivityContent.objects.create(
            activity_type=activity_type,
            name=name,
            goal=goal,
            countries=sorted(countries),
            planned_amount=quantize(planned_amount, current.currency),
        )
        activity = Activity.objects.create(campaign=row, draft=content)
        record(current.case, actor, events.ACTIVITY_ADDED, capability=CAPABILITY, data={"name": name})
    return activity


def edit_activity(
    activity: Activity,
    *,
    actor: User,
    expected_version: int | None,
    activity_type: ActivityType,
    name: str,
    countries: list[str],
    planned_amount: Decimal,
    goal: str = "",
) -> Activity:
    """Change an activity.

    The type of an approved activity stays, since proofs are made for it; partners add a new activity instead.
    Raises RuleViolation for values that an activity cannot have, and the errors of ``editing``.
    """
    with editing(
        activity.campaign.plan, actor=actor, capability=CAPABILITY, expected_version=expected_version
    ) as current:
        row = _own(current, Activity, activity.pk)
        if row.draft.activity_type_id != activity_type.pk:
            if row.in_force_id is not None:
                raise RuleViolation(
                    _("You cannot change the type of an approved activity. Add a new activity instead."),
                    place="activity_type",
                )
            _check_offered(current, activity_type)
        _check_planned(current, countries, planned_amount)
        changes = change_draft(
            row,
            activity_type=activity_type,
            name=name,
            goal=goal,
            countries=sorted(countries),
            planned_amount=quantize(planned_amount, current.currency),
        )
        record_changes(current.case, actor, events.ACTIVITY_EDITED, changes, capability=CAPABILITY, name=name)
    return row


def remove_activity(activity: Activity, *, actor: User, expected_version: int | None) -> None:
    """Remove an activity from the plan. Raises RuleViolation if it has a proof, and the errors of ``editing``."""
    with editing(
        activity.campaign.plan, actor=actor, capability=CAPABILITY, expected_version=expected_version
    ) as current:
        row = _own(current, Activity, activity.pk)
        name = row.draft.name
        take_out(row)
        record(current.case, actor, events.ACTIVITY_REMOVED, capability=CAPABILITY, data={"name": name})


def _check_offered(plan: Plan, kind: ActivityType) -> None:
    if not kind.active or plan.program.kind in kind.excluded_kinds:
        raise RuleViolation(_("This program does not reimburse this type of activity."), place="activity_type")


def _check_planned(plan: Plan, countries: list[str], planned_amount: Decimal) -> None:
    if not countries or not set(countries) <= set(plan.market.countries):
        raise RuleViolation(_("Choose at least one country or region in the plan's market."), place="countries")
    if planned_amount <= 0:
        raise RuleViolation(_("Enter an amount of more than zero."), place="planned_amount")


def _own(plan: Plan, model: type[Campaign] | type[Activity], pk: int) -> Any:
    """Return the campaign or activity, read again under the plan's lock.

    Raises StaleVersion if somebody else has removed it.
    """
    path = "plan" if model is Campaign else "campaign__plan"
    row = model.objects.drafts().filter(pk=pk, **{path: plan}).first()
    if row is None:
        raise StaleVersion(plan, latest_event(plan.case))
    return row
