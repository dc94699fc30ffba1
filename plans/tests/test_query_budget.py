"""How many queries each page makes: a literal, the same for one, three and twenty-five."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incentives_portal.programs.models import FundType
from incentives_portal.tests.world import sign_in
from plans import services
from plans.models import Activity
from proofs.tests import builders as proofs

from . import builders

LIST, QUEUE = 5, 5
DETAIL, DETAIL_WITH_PROOFS, CHECK, DOCUMENT = 8, 8, 7, 8
ACTIVITY_FORM, NEW_PLAN, DECISION_FORM = 5, 3, 6
# One of them reads the enrollment under the lock, as one that ended has to be confirmed.
DECISION = 15


def plans(world, count, build=builders.submitted_plan):
    funds = [
        FundType.objects.create(program=world.device, code=f"F{n}", name={"en": f"Fund {n}"}) for n in range(count)
    ]
    return [build(world, activities=1, fund_type=fund) for fund in funds]


def grown(world, count):
    """A plan with as many campaigns of as many activities, and as many comments."""
    plan = builders.empty_plan(world)
    for number in range(count):
        starts = world.year.starts + timedelta(days=number)
        campaign = builders.add_campaign(plan, world.jana, name=f"C{number}", starts=starts, ends=starts)
        for _ in range(min(count, 3)):
            builders.add_activity(world, campaign, world.jana)
        services.add_comment(plan, actor=world.jana, comment=f"Comment {number}")
    return builders.fresh(plan)


def sent(world, plan):
    services.submit(plan, actor=world.jana, expected_version=plan.version)
    services.start_review(plan, actor=world.elif_, expected_version=plan.version + 1)
    return builders.fresh(plan)


@pytest.mark.parametrize("count", [1, 3, 25])
def test_list(client, world, django_assert_num_queries, count):
    plans(world, count)
    sign_in(client, world.jana)
    with django_assert_num_queries(LIST):
        client.get(reverse("plans:list"))


@pytest.mark.parametrize("count", [1, 3, 25])
def test_detail(client, world, django_assert_num_queries, count):
    plan = grown(world, count)
    sign_in(client, world.jana)
    with django_assert_num_queries(DETAIL):
        client.get(plan.get_absolute_url())


@pytest.mark.parametrize("count", [1, 3, 25])
def test_detail_with_proofs(client, world, django_assert_num_queries, count):
    plan = builders.approved_plan(world, activities=count)
    for activity in Activity.objects.all():
        proofs.make_proof(world, activity=activity)
    sign_in(client, world.jana)
    with django_assert_num_queries(DETAIL_WITH_PROOFS):
        client.get(plan.get_absolute_url())


@pytest.mark.parametrize("count", [1, 3, 25])
def test_check(client, world, django_assert_num_queries, count):
    plan = grown(world, count)
    sign_in(client, world.jana)
    with django_assert_num_queries(CHECK):
        client.get(reverse("plans:check", args=[plan.public_id]))


@pytest.mark.parametrize("count", [1, 3, 25])
def test_activity_form(client, world, django_assert_num_queries, count):
    plan = grown(world, count)
    form = reverse("plans:activity_new", args=[plan.public_id, plan.campaigns.first().public_id])
    sign_in(client, world.jana)
    with django_assert_num_queries(ACTIVITY_FORM):
        client.get(form)


def test_new_plan_form(client, world, django_assert_num_queries):
    sign_in(client, world.jana)
    with django_assert_num_queries(NEW_PLAN):
        client.get(f"{reverse('plans:new')}?market={world.market.public_id}")


@pytest.mark.parametrize("count", [1, 3, 25])
def test_queue(client, world, django_assert_num_queries, count):
    plans(world, count)
    sign_in(client, world.elif_)
    with django_assert_num_queries(QUEUE):
        client.get(reverse("admin:plans_plan_changelist"))


@pytest.mark.parametrize("count", [1, 3, 25])
def test_document(client, world, django_assert_num_queries, count):
    plan = sent(world, grown(world, count))
    sign_in(client, world.elif_)
    with django_assert_num_queries(DOCUMENT):
        client.get(reverse("admin:plans_plan_change", args=[plan.pk]))


@pytest.mark.parametrize("count", [1, 3, 25])
def test_decision_form(client, world, django_assert_num_queries, count):
    plan = sent(world, grown(world, count))
    sign_in(client, world.elif_)
    with django_assert_num_queries(DECISION_FORM):
        client.get(reverse("admin:plans_plan_verb", args=[plan.pk, "request_action"]))


@pytest.mark.parametrize("count", [1, 3])
def test_decision(client, world, count):
    plan = sent(world, grown(world, count))
    sign_in(client, world.elif_)
    with CaptureQueriesContext(connection) as made:
        client.post(
            reverse("admin:plans_plan_verb", args=[plan.pk, "approve"]),
            {"expected_version": plan.version, "approved_amount": str(plan.requested_amount)},
        )
    # All but the two marks by which the test's transaction holds the verb's.
    assert len(made) - 2 == DECISION
