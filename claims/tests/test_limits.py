"""What claims take of limits that they share: the plan, the activity, the caps of the catalogue."""

from datetime import timedelta
from decimal import Decimal

import pytest

from claims import services
from claims.limits import used_before
from claims.models import Claim
from incentives_portal.history.models import ThreadKind
from incentives_portal.programs.models import ActivityType, Cap
from incentives_portal.workflow.errors import Refused
from plans.models import Plan
from proofs.tests import builders as proofs

from . import builders
from .builders import another_claim, decide, fresh, send


@pytest.fixture
def activity(world):
    """An activity that is all of a plan of 10,000.00."""
    return proofs.approved_activity(world)


def blocks_of(claim, actor, verb="submit"):
    with pytest.raises(services.NotReady) as caught:
        send(claim, actor, verb)
    return [finding.rule for finding in caught.value.assessment.blocks]


def test_claims_of_a_plan_stay_within_its_limit(world, activity):
    first, second, third = (another_claim(world, activity, Decimal(amount)) for amount in ("6000", "4001", "4000"))
    send(first, world.jana)

    assert blocks_of(second, world.jana) == ["amount_within"]

    send(third, world.jana)
    assert set(Claim.objects.filter(status="submitted")) == {first, third}


@pytest.mark.parametrize("verb", ["withdraw", "reject"])
def test_what_is_withdrawn_or_rejected_is_free_again(world, activity, verb):
    first, second = another_claim(world, activity, Decimal("6000")), another_claim(world, activity, Decimal("6000"))
    send(first, world.jana)
    if verb == "withdraw":
        services.withdraw(fresh(first), actor=world.jana, seen=fresh(first).version)
    else:
        services.start_review(fresh(first), actor=world.mira, seen=fresh(first).version)
        decide(world, first, "reject")

    send(second, world.jana)

    assert fresh(second).status == "submitted"


def test_what_was_sent_back_keeps_its_part(world, activity):
    first, second = another_claim(world, activity, Decimal("6000")), another_claim(world, activity, Decimal("6000"))
    send(first, world.jana)
    services.start_review(fresh(first), actor=world.mira, seen=fresh(first).version)
    decide(world, first, "request_action")

    assert blocks_of(second, world.jana) == ["amount_within"]


def test_approving_less_frees_the_rest(world, activity):
    first, second = another_claim(world, activity, Decimal("6000")), another_claim(world, activity, Decimal("9000"))
    send(first, world.jana)
    services.start_review(fresh(first), actor=world.mira, seen=fresh(first).version)
    reason = world.reason(ThreadKind.CLAIM, "approve")
    decide(world, first, "approve", approved_amount=Decimal("1000.00"), words="Only the first page.", reason=reason)

    send(second, world.jana)

    assert fresh(second).status == "submitted"


def test_dispute_is_not_stopped_by_the_limit_but_its_approval_is(world, activity):
    first, second = another_claim(world, activity, Decimal("6000")), another_claim(world, activity, Decimal("6000"))
    send(first, world.jana)
    services.start_review(fresh(first), actor=world.mira, seen=fresh(first).version)
    decide(world, first, "reject")
    send(second, world.jana)
    services.start_review(fresh(second), actor=world.mira, seen=fresh(second).version)
    decide(world, second, "approve")
    services.dispute(fresh(first), actor=world.jana, seen=fresh(first).version, words="It took place.")

    with pytest.raises(Refused, match="4,000.00") as caught:
        decide(world, first, "approve", actor=world.daniel)
    reason = world.reason(ThreadKind.CLAIM, "approve")
    decide(
        world,
        first,
        "approve",
        actor=world.daniel,
        approved_amount=Decimal("4000.00"),
        words="What is left.",
        reason=reason,
    )

    assert caught.value.place == "approved_amount"
    assert sum(Claim.objects.values_list("approved_amount", flat=True)) == Decimal("10000.00")


def test_lowered_plan_limit_binds_approvals(world, activity):
    claim = another_claim(world, activity, Decimal("6000"))
    send(claim, world.jana)
    services.start_review(fresh(claim), actor=world.mira, seen=fresh(claim).version)
    Plan.objects.filter(pk=activity.campaign.plan_id).update(approved_amount=Decimal("5000.00"))

    with pytest.raises(Refused, match="5,000.00"):
        decide(world, claim, "approve")


def test_cap_of_a_usage_period_counts_the_other_claims_in_it(world):
    cap = cap_of(world, "print_advertising", Decimal("1500.00"))
    first, second = (builders.ready_claim(world, name=name) for name in ("First", "Second"))
    send(first, world.jana)

    assert used_before(second.proof).claimed_before == {cap.code: Decimal("1000.000")}
    assert blocks_of(second, world.jana) == ["amount_within"]


def test_cap_is_per_location_and_kind_of_activity(world):
    cap = cap_of(world, "print_advertising", Decimal("1500.00"))
    send(builders.ready_claim(world, location=world.kiel), world.jana)
    send(builders.ready_claim(world, kind="direct_mail_email_sms"), world.jana)

    claim = builders.ready_claim(world)

    assert used_before(claim.proof).claimed_before == {cap.code: Decimal(0)}


def test_cap_on_some_costs_counts_these_only(world):
    cap = cap_of(world, "print_advertising", Decimal("1500.00"))
    claim = builders.ready_claim(world, name="First")
    other = proofs.kind_of("print_advertising").expenses.exclude(pk=proofs.expense_type(claim.proof).pk).first()
    cap.expenses.add(other)
    send(claim, world.jana)

    second = builders.ready_claim(world, name="Second")

    assert used_before(second.proof).claimed_before == {cap.code: Decimal(0)}


def test_cap_of_a_period_on_the_plan_track_counts_the_half_of_the_year(world, activity):
    cap = cap_of(world, "print_advertising", Decimal("1500.00"))
    first, second = another_claim(world, activity, Decimal("1000")), another_claim(world, activity, Decimal("1000"))
    send(first, world.jana)
    later = proofs.fresh(second.proof)
    later.executed_on = later.executed_on + timedelta(days=120)

    assert used_before(proofs.fresh(second.proof)).claimed_before == {cap.code: Decimal("1000.000")}
    assert used_before(later).claimed_before == {cap.code: Decimal(0)}


def cap_of(world, kind, amount):
    return Cap.objects.create(
        activity_type=ActivityType.objects.get(code=kind),
        code="a-cap",
        kind="amount",
        amount=amount,
        currency="EUR",
        scope="usage_period",
    )
