"""A plan that is approved again: its new limit, and what its claims have taken of the one before."""

from decimal import Decimal

import pytest
from django.urls import reverse

from claims import services
from claims.models import Claim
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.tests.world import sign_in
from plans import services as plan_services
from plans.limits import Claimed, claimed_of
from plans.tests import builders as plans
from proofs.tests import builders as proofs

from . import builders
from .builders import another_claim, decide, fresh, send


@pytest.fixture
def activity(world):
    """An activity that is all of a plan of 10,000.00."""
    return proofs.approved_activity(world)


@pytest.fixture
def plan(world, activity):
    """The plan assigned to Elif once more: 4,000.00 were approved for one of its claims, and another one asks for 3,000.00."""
    first, second = (another_claim(world, activity, Decimal(amount)) for amount in ("4000", "3000"))
    for claim in (first, second):
        send(claim, world.jana)
    services.start_review(fresh(first), actor=world.mira, expected_version=fresh(first).version)
    decide(world, first, "approve")
    return builders.plan_again(world, activity.campaign.plan)


def approve(world, plan, amount):
    """Approve with less than was asked, or with all of it."""
    reason = world.reason(CaseKind.PLAN, "approve")
    given = {"approved_amount": Decimal(amount), "comment": "Less this time.", "reason": reason}
    return plan_services.approve(plan, actor=world.elif_, expected_version=plans.fresh(plan).version, **given)


def verb_url(plan):
    return reverse("admin:plans_plan_verb", args=[plan.pk, "approve"])


def typed(world, plan, amount):
    reason = world.reason(CaseKind.PLAN, "approve").pk
    return {"expected_version": plan.version, "approved_amount": amount, "comment": "Less this time.", "reason": reason}


def test_plan_knows_what_its_claims_have_taken(world, plan, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert claimed_of(plan) == Claimed(Decimal("4000.00"), Decimal("3000.00"))


@pytest.mark.parametrize("build", [builders.draft_claim, builders.rejected_claim])
def test_drafts_and_what_was_rejected_take_nothing(world, build):
    claim = build(world, track="plan")

    assert claimed_of(claim.proof.activity.campaign.plan) == Claimed()


def test_nobody_is_asked_before_a_plan_was_approved(world, django_assert_num_queries):
    plan = plans.plan_under_review(world)

    with django_assert_num_queries(0):
        assert claimed_of(plan) == Claimed()


@pytest.mark.parametrize("amount", ["3999.99", "1"])
def test_limit_below_what_was_approved_is_refused(world, plan, amount):
    with pytest.raises(
        RuleViolation, match=r"€4,000\.00 has already been approved .* Approve at least this amount"
    ) as caught:
        approve(world, plan, amount)

    assert caught.value.places == ["approved_amount"]
    assert (plans.fresh(plan).status, plans.fresh(plan).approved_amount) == ("under_review", Decimal("10000.00"))


@pytest.mark.parametrize("amount", ["4000", "6999.99", "7000"])
def test_limit_above_what_was_approved_is_allowed(world, plan, amount):
    approve(world, plan, amount)

    assert plans.fresh(plan).approved_amount == Decimal(amount)


def test_less_requested_than_was_approved_is_to_be_sent_back(world, plan):
    reason = world.reason(CaseKind.PLAN, "request_action")
    returned = {"comment": "Ask for less.", "reason": reason}
    plan_services.request_action(plan, actor=world.elif_, expected_version=plan.version, **returned)
    plan = plans.fresh(plan)
    head = {"currency": "EUR", "title": plan.title, "reviewer_email": plan.reviewer_email}
    head |= {"requested_amount": Decimal("3000"), "description": plan.description}
    plan_services.edit_plan(plan, actor=world.jana, expected_version=plan.version, **head)
    plan_services.resubmit(plan, actor=world.jana, expected_version=plans.fresh(plan).version)
    plan_services.start_review(plan, actor=world.elif_, expected_version=plans.fresh(plan).version)

    with pytest.raises(RuleViolation, match="more than the amount requested now. Send the plan back"):
        approve(world, plan, "3000")


def test_form_refuses_at_the_amount_and_names_the_sum(client, world, plan):
    approver = sign_in(client, world.elif_)

    answer = approver.post(verb_url(plan), typed(world, plan, "3999"))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["approved_amount"]
    assert "€4,000.00 has already been approved for claims on this plan" in answer.content.decode()
    assert plans.fresh(plan).status == "under_review"


def test_form_says_what_is_claimed_and_warns_beside_the_amount(client, world, plan):
    approver = sign_in(client, world.elif_)

    opened = approver.get(verb_url(plan)).content.decode()
    enough, less = (
        approver.post(verb_url(plan), typed(world, plan, amount) | {"preview": "yes"}).content.decode()
        for amount in ("7000", "6999")
    )

    for page in (opened, enough, less):
        assert "Claimed so far: €4,000.00 approved, €3,000.00 not decided yet." in page
    warning = "If you approve less than €7,000.00, not all claims can be approved in full."
    assert [warning in page for page in (opened, enough, less)] == [False, False, True]
    assert "notice-warn" in less


def test_warning_stands_in_nobodys_way_and_the_claim_is_bound_by_the_new_limit(client, world, plan):
    approver = sign_in(client, world.elif_)

    answer = approver.post(verb_url(plan), typed(world, plan, "6000"))

    assert (answer.status_code, plans.fresh(plan).approved_amount) == (302, Decimal("6000.00"))
    claim = Claim.objects.get(case__status="submitted")
    services.start_review(claim, actor=world.mira, expected_version=claim.version)
    with pytest.raises(RuleViolation, match="limit has €2,000.00 remaining"):
        decide(world, claim, "approve")


def test_review_page_shows_what_was_claimed_so_far(client, world, plan):
    page = sign_in(client, world.elif_).get(reverse("admin:plans_plan_change", args=[plan.pk])).content.decode()

    facts = page[page.index("Claimed so far") :][:200]
    assert "€4,000.00" in facts
    assert "€3,000.00" in facts


def test_plan_that_was_never_approved_shows_no_claims(client, world):
    plan = plans.plan_under_review(world)
    approver = sign_in(client, world.elif_)

    for address in (reverse("admin:plans_plan_change", args=[plan.pk]), verb_url(plan)):
        assert "Claimed so far" not in approver.get(address).content.decode()
