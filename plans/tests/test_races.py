"""Two at once on real PostgreSQL: for every verb one wins, the other is told, and nothing happens twice."""

import pytest

from incentives_portal import clock
from incentives_portal.cases.errors import Conflict, RuleViolation, StaleVersion
from incentives_portal.tests.racing import assert_told_to_try_again, at_once, race_every_pair, while_locked
from incentives_portal.tests.world import DOOR, NOW, make_world
from plans import services
from plans.models import Plan
from plans.transitions import STATE_MACHINE

from . import builders
from .builders import fresh

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def there():
    with clock.at(NOW):
        yield make_world()


def test_w02_w04_w06_every_verb_against_every_other_has_one_winner(there):
    never_together = race_every_pair(
        STATE_MACHINE,
        builders.situations(there),
        lambda plan, verb, actor: builders.deed(there, plan, verb, actor),
        there.people,
    )

    assert never_together == {("editing", "discard", "discard_revision")}


def test_w06_edit_and_submit_at_once_never_submit_something_unseen(there):
    plan = builders.make_plan(there)
    campaign = plan.campaigns.get()

    results = at_once(
        builders.deed(there, plan, "submit", there.jana),
        lambda: services.edit_campaign(
            campaign,
            actor=there.karin,
            expected_version=plan.version,
            name="Other",
            starts=campaign.draft.starts,
            ends=campaign.draft.ends,
        ),
    )

    assert sum(isinstance(result, Conflict) for result in results) == 1, results
    submission = plan.case.submissions.first()
    assert submission is None or submission.content["campaigns"][0]["name"] == "Launch weeks"


def test_w02_two_plans_of_one_key_at_once_leave_one(there):
    results = at_once(lambda: builders.empty_plan(there), lambda: builders.empty_plan(there, actor=there.karin))

    assert sum(isinstance(result, Plan) for result in results) == 1, results
    assert sum(isinstance(result, RuleViolation) for result in results) == 1, results
    assert Plan.objects.count() == 1


def test_w05_two_edits_at_once_lose_none_silently(there):
    plan = builders.make_plan(there)

    def titled(title, actor):
        values = {"currency": "EUR", "requested_amount": plan.requested_amount, "reviewer_email": plan.reviewer_email}
        return lambda: services.edit_plan(plan, actor=actor, expected_version=plan.version, title=title, **values)

    results = at_once(titled("One", there.jana), titled("Two", there.karin))

    assert sum(isinstance(result, StaleVersion) for result in results) == 1, results
    winner = next(result for result in results if isinstance(result, Plan))
    assert fresh(plan).title == winner.title


@pytest.mark.parametrize(("person", "address"), [("jana", "plans/{0.public_id}"), ("elif_", "admin/plans/plan/{0.pk}")])
def test_w19_who_comments_and_waits_too_long_is_told_in_words(there, client, person, address):
    plan = builders.plan_under_review(there)
    client.force_login(getattr(there, person), backend=DOOR)

    answer = while_locked(
        plan.case, lambda: client.post(f"/{address.format(plan)}/comment/", {"comment": "My long words."})
    )

    assert_told_to_try_again(answer, getattr(there, person), "My long words.")
