"""Two at once on real PostgreSQL: for every verb one wins, the other is told, and nothing happens twice."""

import threading

import pytest
from django.db import connection

from incentives_portal import clock
from incentives_portal.history.models import Event, ThreadKind
from incentives_portal.outbox.models import Message
from incentives_portal.tests.world import NOW, make_world
from incentives_portal.workflow.errors import NotNow, Overtaken, Refused, Stale
from plans import services
from plans.enums import MACHINE, TRANSITIONS
from plans.models import Plan

from . import builders
from .builders import fresh

pytestmark = pytest.mark.django_db(transaction=True)

STARTS = {
    "submit": builders.make_plan,
    "resubmit": builders.returned_plan,
    "withdraw": builders.submitted_plan,
    "discard": builders.make_plan,
    "discard_revision": builders.plan_in_revision,
    "start_review": builders.submitted_plan,
    "approve": builders.plan_under_review,
    "request_action": builders.plan_under_review,
    "reject": builders.plan_under_review,
    "return_to_queue": builders.plan_under_review,
    "take_over": builders.plan_under_review,
    "revise": builders.approved_plan,
    "rework": builders.rejected_plan,
}


@pytest.fixture
def there():
    with clock.at(NOW):
        yield make_world()


def at_once(*deeds):
    """Start the deeds together, each on its own connection; returns what each gave or raised."""
    gate, results = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(position, deed):
        try:
            with clock.at(NOW):
                gate.wait(timeout=10)
                results[position] = deed()
        except Exception as error:
            results[position] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def deed(world, plan, verb, actor):
    """A verb on the version that everybody saw."""
    asked = {"words": "words"}
    if verb in ("request_action", "reject"):
        asked["reason"] = world.reason(ThreadKind.PLAN, verb)
    if verb == "approve":
        asked["approved_amount"] = plan.requested_amount
    return lambda: services.SERVICES[verb](plan, actor=actor, seen=plan.version, **asked)


def test_every_verb_is_raced():
    assert set(STARTS) == {arrow.verb for arrow in TRANSITIONS}


def pair_for(world, verb):
    """Two who may; what is under review is decided in two windows of the one who has it."""
    if MACHINE.capability_of(verb) == "plan.write":
        return world.jana, world.karin
    if verb == "start_review":
        return world.elif_, world.emre
    return (world.emre, world.emre) if verb == "take_over" else (world.elif_, world.elif_)


@pytest.mark.parametrize("verb", sorted(STARTS))
def test_same_verb_twice_at_once_has_one_winner(there, verb):
    plan = STARTS[verb](there)
    first, second = pair_for(there, verb)
    events, messages = Event.objects.count(), Message.objects.count()

    results = at_once(deed(there, plan, verb, first), deed(there, plan, verb, second))

    winners = [result for result in results if isinstance(result, Event)]
    losers = [result for result in results if isinstance(result, Overtaken)]
    assert (len(winners), len(losers)) == (1, 1), results
    assert losers[0].latest == winners[0]
    assert fresh(plan).version == plan.version + 1
    assert Event.objects.count() == events + 1
    assert Message.objects.filter(event=winners[0]).count() == Message.objects.count() - messages


@pytest.mark.parametrize(
    ("others", "who"),
    [("reject", "elif_"), ("request_action", "elif_"), ("return_to_queue", "elif_"), ("take_over", "emre")],
)
def test_decisions_that_disagree_have_one_winner(there, others, who):
    plan = builders.plan_under_review(there)

    results = at_once(deed(there, plan, "approve", there.elif_), deed(there, plan, others, getattr(there, who)))

    winners = [result for result in results if isinstance(result, Event)]
    losers = [result for result in results if isinstance(result, NotNow | Stale)]
    assert (len(winners), len(losers)) == (1, 1), results
    assert fresh(plan).status == winners[0].to_status


def test_withdraw_and_start_review_at_once_have_one_winner(there):
    plan = builders.submitted_plan(there)

    results = at_once(deed(there, plan, "withdraw", there.jana), deed(there, plan, "start_review", there.elif_))

    assert sum(isinstance(result, Event) for result in results) == 1, results


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
