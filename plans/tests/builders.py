"""Plans in every status, made by the services: what tests of this app and of those above begin with.

Each builder returns the plan as it is in the database. The people are those of the world: Jana writes, Elif decides.
"""

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from incentives_portal.accounts.models import User
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import RemarkDraft
from incentives_portal.programs.models import FundType
from incentives_portal.tests.fixture_cache import keeps
from incentives_portal.tests.world import World
from plans import services
from plans.models import Activity, Campaign, Plan


def fresh(plan: Plan) -> Plan:
    """The plan as it is now."""
    return Plan.objects.get(pk=plan.pk)


@keeps(fresh)
def empty_plan(world: World, **given: Any) -> Plan:
    """A plan without campaigns, in Editing."""
    values = {
        "actor": world.jana,
        "location": world.hamburg,
        "market": world.market,
        "fund_type": world.fund_type,
        "program_year": world.year,
        "currency": "EUR",
        "title": "Spring device refresh",
        "description": "We meet customers who replace their machines.",
        "requested_amount": Decimal("10000.00"),
        "reviewer_email": world.elif_.email,
    }
    return fresh(services.create_plan(**(values | given)))


@keeps(fresh)
def make_plan(world: World, *, activities: int = 2, **given: Any) -> Plan:
    """A plan that is ready to be submitted: one campaign with activities that come to the requested amount."""
    plan = empty_plan(world, **given)
    actor = given.get("actor", world.jana)
    campaign = add_campaign(plan, actor)
    share = (plan.requested_amount / activities).quantize(Decimal("0.01"))
    for number in range(activities):
        last = number == activities - 1
        amount = plan.requested_amount - share * (activities - 1) if last else share
        add_activity(world, campaign, actor, name=f"Seminar {number + 1}", planned_amount=amount)
    return fresh(plan)


def add_campaign(plan: Plan, actor: User, **given: Any) -> Campaign:
    """A campaign of two months that runs in the middle of the program year."""
    starts = plan.program_year.starts + timedelta(days=60)
    values = {"name": "Launch weeks", "starts": starts, "ends": starts + timedelta(days=60)}
    return services.add_campaign(plan, actor=actor, expected_version=fresh(plan).version, **(values | given))


def add_activity(world: World, campaign: Campaign, actor: User, **given: Any) -> Activity:
    values = {
        "activity_type": world.seminar,
        "name": "Seminar",
        "goal": "25 guests",
        "countries": ["DE", "DK"],
        "planned_amount": Decimal("5000.00"),
    }
    return services.add_activity(
        campaign, actor=actor, expected_version=fresh(campaign.plan).version, **(values | given)
    )


@keeps(fresh)
def submitted_plan(world: World, **given: Any) -> Plan:
    """A plan that waits for a reviewer."""
    plan = make_plan(world, **given)
    services.submit(plan, actor=given.get("actor", world.jana), expected_version=plan.version)
    return fresh(plan)


@keeps(fresh)
def plan_under_review(world: World, **given: Any) -> Plan:
    """A plan assigned to Elif."""
    plan = submitted_plan(world, **given)
    services.start_review(plan, actor=world.elif_, expected_version=plan.version)
    return fresh(plan)


@keeps(fresh)
def approved_plan(world: World, *, approved_amount: Decimal | None = None, **given: Any) -> Plan:
    """A plan whose activities may be carried out; approved with what was asked, or with less and a reason."""
    plan = plan_under_review(world, **given)
    amount = plan.requested_amount if approved_amount is None else approved_amount
    less = amount < plan.requested_amount
    services.approve(
        plan,
        actor=world.elif_,
        expected_version=plan.version,
        approved_amount=amount,
        comment="The rest later." if less else "",
        reason=world.reason(CaseKind.PLAN, "approve") if less else None,
    )
    return fresh(plan)


@keeps(fresh)
def returned_plan(world: World, *, comment: str = "Please move the seminar.", place: str = "", **given: Any) -> Plan:
    """A plan in Action required."""
    plan = plan_under_review(world, **given)
    reason = world.reason(CaseKind.PLAN, "request_action")
    remarks = [RemarkDraft("", place=place)] if place else []
    services.request_action(
        plan, actor=world.elif_, expected_version=plan.version, comment=comment, reason=reason, remarks=remarks
    )
    return fresh(plan)


@keeps(fresh)
def rejected_plan(world: World, *, comment: str = "This does not fit the program.", **given: Any) -> Plan:
    plan = plan_under_review(world, **given)
    reason = world.reason(CaseKind.PLAN, "reject")
    services.reject(plan, actor=world.elif_, expected_version=plan.version, comment=comment, reason=reason)
    return fresh(plan)


@keeps(fresh)
def plan_in_revision(world: World, **given: Any) -> Plan:
    """An approved plan of which a new version is being written."""
    plan = approved_plan(world, **given)
    services.revise(plan, actor=given.get("actor", world.jana), expected_version=plan.version)
    return fresh(plan)


def deed(world: World, plan: Plan, verb: str, actor: User) -> Callable[[], Event]:
    """A verb on the version that everybody saw."""
    asked: dict[str, Any] = {"comment": "comment"}
    if verb in ("request_action", "reject"):
        asked["reason"] = world.reason(CaseKind.PLAN, verb)
    if verb == "approve":
        asked["approved_amount"] = plan.requested_amount
    return lambda: services.SERVICES[verb](plan, actor=actor, expected_version=plan.version, **asked)


def situations(world: World) -> dict[str, Callable[[], Plan]]:
    """A plan in every situation that offers verbs of its own."""
    numbers = itertools.count(1)

    def own(builder: Callable[..., Plan]) -> Callable[[], Plan]:
        # There is one plan per location, fund and year: each has a fund of its own.
        return lambda: builder(world, fund_type=fund(world, next(numbers)))

    def revised(verb: str) -> Callable[[], Plan]:
        def make() -> Plan:
            plan = own(plan_in_revision)()
            for step, actor in (("submit", world.jana), ("start_review", world.elif_), (verb, world.elif_)):
                deed(world, plan, step, actor)()
                plan = fresh(plan)
            return plan

        return make

    return {
        "new": own(make_plan),
        "revision": own(plan_in_revision),
        "returned revision": revised("request_action"),
        "rejected revision": revised("reject"),
        "submitted": own(submitted_plan),
        "under review": own(plan_under_review),
        "approved": own(approved_plan),
    }


def fund(world: World, number: int) -> FundType:
    return FundType.objects.create(program=world.device, code=f"F{number}", name={"en": f"Fund {number}"})


def in_year(plan: Plan, days: int) -> date:
    """A day of the plan's program year, counted from its first."""
    return plan.program_year.starts + timedelta(days=days)
