"""Two at once on real PostgreSQL: for every verb one wins, the other is told, and nothing happens twice."""

import itertools

import pytest

from incentives_portal import clock
from incentives_portal.history.models import ThreadKind
from incentives_portal.programs.models import FundType
from incentives_portal.tests.racing import at_once, race_every_pair
from incentives_portal.tests.world import NOW, make_world
from incentives_portal.workflow.errors import Overtaken, Refused, Stale
from plans import services
from plans.enums import MACHINE
from plans.models import Plan

from . import builders
from .builders import fresh

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def there():
    with clock.at(NOW):
        yield make_world()


def deed(world, plan, verb, actor):
    """A verb on the version that everybody saw."""
    asked = {"words": "words"}
    if verb in ("request_action", "reject"):
        asked["reason"] = world.reason(ThreadKind.PLAN, verb)
    if verb == "approve":
        asked["approved_amount"] = plan.requested_amount
    return lambda: services.SERVICES[verb](plan, actor=actor, seen=plan.version, **asked)


def starts(world):
    """A plan in every situation that offers verbs of its own."""
    numbers = itertools.count(1)

    def own(builder):
        # One plan per key: each has a title and a fund of its own.
        return lambda: builder(world, fund_type=fund(world, next(numbers)))

    def revised(verb):
        def make():
            plan = own(builders.plan_in_revision)()
            for step, actor in (("submit", world.jana), ("start_review", world.elif_), (verb, world.elif_)):
                deed(world, plan, step, actor)()
                plan = fresh(plan)
            return plan

        return make

    return {
        "new": own(builders.make_plan),
        "revision": own(builders.plan_in_revision),
        "returned revision": revised("request_action"),
        "rejected revision": revised("reject"),
        "submitted": own(builders.submitted_plan),
        "under review": own(builders.plan_under_review),
        "approved": own(builders.approved_plan),
    }


def fund(world, number):
    return FundType.objects.create(program=world.device, code=f"F{number}", name={"en": f"Fund {number}"})


def test_w02_w04_w06_every_verb_against_every_other_has_one_winner(there):
    never_together = race_every_pair(
        MACHINE, starts(there), lambda plan, verb, actor: deed(there, plan, verb, actor), there.people
    )

    assert never_together == {("editing", "discard", "discard_revision")}


def test_edit_and_submit_at_once_never_submit_something_unseen(there):
    plan = builders.make_plan(there)
    campaign = plan.campaigns.get()

    results = at_once(
        deed(there, plan, "submit", there.jana),
        lambda: services.edit_campaign(
            campaign, actor=there.karin, seen=plan.version, name="Other", starts=campaign.starts, ends=campaign.ends
        ),
    )

    assert sum(isinstance(result, Overtaken) for result in results) == 1, results
    submission = plan.thread.submissions.first()
    assert submission is None or submission.content["campaigns"][0]["name"] == "Launch weeks"


def test_two_plans_of_one_key_at_once_leave_one(there):
    results = at_once(lambda: builders.empty_plan(there), lambda: builders.empty_plan(there, actor=there.karin))

    assert sum(isinstance(result, Plan) for result in results) == 1, results
    assert sum(isinstance(result, Refused) for result in results) == 1, results
    assert Plan.objects.count() == 1


def test_two_edits_at_once_lose_none_silently(there):
    plan = builders.make_plan(there)

    def titled(title, actor):
        values = {"currency": "EUR", "requested_amount": plan.requested_amount, "reviewer_email": plan.reviewer_email}
        return lambda: services.edit_plan(plan, actor=actor, seen=plan.version, title=title, **values)

    results = at_once(titled("One", there.jana), titled("Two", there.karin))

    assert sum(isinstance(result, Stale) for result in results) == 1, results
    winner = next(result for result in results if isinstance(result, Plan))
    assert fresh(plan).title == winner.title
