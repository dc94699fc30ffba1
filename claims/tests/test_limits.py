"""What claims take of limits that they share: the plan, the activity, the caps of the catalogue."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from claims import services
from claims.models import Claim
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.models import Case, Decision
from incentives_portal.programs import dates, periods
from incentives_portal.programs.assess import UnratedFact, assess_proof
from incentives_portal.programs.models import ActivityType, Cap, ExchangeRate
from incentives_portal.tests.owner import by_hand
from proofs.facts import proof_facts
from proofs.limits import used_before
from proofs.models import ExpenseLine
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
    assert set(Claim.objects.filter(case__status="submitted")) == {first, third}


def test_claims_take_of_their_activity_and_of_the_whole_plan(world, activity):
    first, second = (another_claim(world, activity, Decimal(amount)) for amount in ("6000", "1000"))
    send(first, world.jana)

    used = used_before(second.proof)

    assert (used.planned, used.plan_limit_left) == (Decimal("6000.00"), Decimal("4000.00"))


@pytest.mark.parametrize("verb", ["withdraw", "reject"])
def test_what_is_withdrawn_or_rejected_is_free_again(world, activity, verb):
    first, second = another_claim(world, activity, Decimal("6000")), another_claim(world, activity, Decimal("6000"))
    send(first, world.jana)
    if verb == "withdraw":
        services.withdraw(fresh(first), actor=world.jana, expected_version=fresh(first).version)
    else:
        services.start_review(fresh(first), actor=world.mira, expected_version=fresh(first).version)
        decide(world, first, "reject")

    send(second, world.jana)

    assert fresh(second).status == "submitted"


def test_what_was_sent_back_keeps_its_part(world, activity):
    first, second = another_claim(world, activity, Decimal("6000")), another_claim(world, activity, Decimal("6000"))
    put_under_review(world, first)
    decide(world, first, "request_action")

    assert blocks_of(second, world.jana) == ["amount_within"]


def test_approving_less_frees_the_rest(world, activity):
    first, second = another_claim(world, activity, Decimal("6000")), another_claim(world, activity, Decimal("9000"))
    put_under_review(world, first)
    reason = world.reason(CaseKind.CLAIM, "approve")
    decide(world, first, "approve", approved_amount=Decimal("1000.00"), comment="Only the first page.", reason=reason)

    send(second, world.jana)

    assert fresh(second).status == "submitted"


def test_dispute_is_not_stopped_by_the_limit_but_its_approval_is(world, activity):
    first, second = another_claim(world, activity, Decimal("6000")), another_claim(world, activity, Decimal("6000"))
    put_under_review(world, first)
    decide(world, first, "reject")
    put_under_review(world, second)
    decide(world, second, "approve")
    services.dispute(fresh(first), actor=world.jana, expected_version=fresh(first).version, comment="It took place.")

    with pytest.raises(RuleViolation, match="4,000.00") as caught:
        decide(world, first, "approve", actor=world.daniel)
    reason = world.reason(CaseKind.CLAIM, "approve")
    decide(
        world,
        first,
        "approve",
        actor=world.daniel,
        approved_amount=Decimal("4000.00"),
        comment="What is left.",
        reason=reason,
    )

    assert caught.value.places == ["approved_amount"]
    assert sum(Claim.objects.values_list("case__approved_amount", flat=True)) == Decimal("10000.00")


def put_under_review(world, claim):
    send(claim, world.jana)
    services.start_review(fresh(claim), actor=world.mira, expected_version=fresh(claim).version)


def lower_limit(activity, amount):
    """The limit of the plan as it might be after a claim was sent in."""
    with by_hand():
        Case.objects.filter(pk=activity.campaign.plan_id).update(approved_amount=Decimal(amount))


def test_lowered_plan_limit_binds_approvals(world, activity):
    claim = another_claim(world, activity, Decimal("6000"))
    put_under_review(world, claim)
    lower_limit(activity, "5000.00")

    with pytest.raises(RuleViolation, match="5,000.00"):
        decide(world, claim, "approve")


def less(world, amount):
    """Approved with less than was asked."""
    reason = world.reason(CaseKind.CLAIM, "approve")
    return {"approved_amount": Decimal(amount), "comment": "What is left.", "reason": reason}


@pytest.mark.parametrize("taken", ["0.00", "3000.00"])
def test_approval_takes_what_is_left_of_the_plan_and_not_a_cent_more(world, activity, taken):
    """Of a limit that was lowered since the claim was sent in; what other claims have of it is gone."""
    claim = another_claim(world, activity, Decimal("6000"))
    if Decimal(taken):
        other = another_claim(world, activity, Decimal(taken))
        put_under_review(world, other)
        decide(world, other, "approve")
    put_under_review(world, claim)
    lower_limit(activity, Decimal("5999.98") + Decimal(taken))

    for amount in ("6000.00", "5999.99"):
        with pytest.raises(RuleViolation, match="limit has €5,999.98 remaining") as caught:
            decide(world, claim, "approve", **less(world, amount))
        assert caught.value.places == ["approved_amount"]
    decide(world, claim, "approve", **less(world, "5999.98"))

    assert fresh(claim).approved_amount == Decimal("5999.98")


def test_a_cent_is_all_that_is_approved_of_a_plan_that_has_a_cent_left(world, activity):
    claim = another_claim(world, activity, Decimal("6000"))
    put_under_review(world, claim)
    lower_limit(activity, "0.01")

    with pytest.raises(RuleViolation, match="limit has €0.01 remaining"):
        decide(world, claim, "approve", **less(world, "0.50"))


def test_approval_of_a_dispute_takes_what_the_caps_have_left_and_not_a_cent_more(world):
    """While it was rejected another claim took its place within the cap of 1,500.00: 500.00 are left."""
    cap_of(world, "print_advertising", Decimal("1500.00"))
    first, second = (builders.ready_claim(world, name=name) for name in ("First", "Second"))
    for claim, verb in ((first, "reject"), (second, "approve")):
        put_under_review(world, claim)
        decide(world, claim, verb)
    services.dispute(fresh(first), actor=world.jana, expected_version=fresh(first).version, comment="It took place.")

    for amount in ("1000.00", "500.01"):
        with pytest.raises(RuleViolation, match="At most €500.00 can be reimbursed now") as caught:
            decide(world, first, "approve", actor=world.daniel, **less(world, amount))
        assert caught.value.places == ["approved_amount"]
    decide(world, first, "approve", actor=world.daniel, **less(world, "500.00"))

    assert (fresh(first).status, fresh(first).approved_amount) == ("approved", Decimal("500.00"))


@pytest.mark.parametrize("amount", ["1000.00", "999.99", "0.01"])
def test_row_of_the_decision_event_and_claim_hold_what_was_approved(world, amount):
    claim = builders.claim_under_review(world)

    event = decide(world, claim, "approve", **less(world, amount))

    decision, claim = Decision.objects.get(event=event), fresh(claim)
    assert decision.approved_amount == claim.approved_amount == Decimal(amount)
    assert (Decimal(event.data["amount"]), Decimal(event.data["asked"])) == (Decimal(amount), Decimal("1000"))


@pytest.mark.parametrize("verb", ["request_action", "reject"])
def test_row_of_a_decision_against_holds_no_amount(world, verb):
    claim = builders.claim_under_review(world)

    event = decide(world, claim, verb)

    assert (Decision.objects.get(event=event).approved_amount, fresh(claim).approved_amount) == (None, None)


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


def test_caps_of_a_program_count_beside_the_general_ones(world):
    general, own, foreign = (
        cap_of(world, "print_advertising", Decimal("1500.00"), code=code) for code in ("general", "own", "foreign")
    )
    Cap.objects.filter(pk=own.pk).update(program=world.cloud)
    Cap.objects.filter(pk=foreign.pk).update(program=world.device)
    send(builders.ready_claim(world, name="First"), world.jana)

    second = builders.ready_claim(world, name="Second")

    assert used_before(second.proof).claimed_before == {
        general.code: Decimal("1000.000"),
        own.code: Decimal("1000.000"),
    }


def test_claim_of_another_usage_period_counts_in_the_caps_of_the_year_only(world):
    half = cap_of(world, "print_advertising", Decimal("1500.00"), code="half")
    year = cap_of(world, "print_advertising", Decimal("1500.00"), code="year", scope="program_period")
    first = builders.ready_claim(world, name="First")
    send(first, world.jana)
    following = periods.usage_period(world.cloud, dates.half_moved(dates.half_from(world.period.earning_starts), 6))
    following.save()
    Case.objects.filter(pk=first.pk).update(usage_period=following)

    second = builders.ready_claim(world, name="Second")

    assert used_before(second.proof).claimed_before == {half.code: Decimal(0), year.code: Decimal("1000.000")}


def test_claim_in_another_program_does_not_count(world, activity):
    """Both are of one location, activity and half of the year."""
    cap = cap_of(world, "print_advertising", Decimal("1500.00"))
    send(builders.ready_claim(world), world.jana)

    assert used_before(another_claim(world, activity, Decimal("1000")).proof).claimed_before == {cap.code: Decimal(0)}


def test_cap_that_is_a_share_of_funds_counts_in_the_currency_of_the_claim(world):
    """Such a cap has no currency of its own."""
    kind = ActivityType.objects.get(code="print_advertising")
    cap = Cap.objects.create(
        activity_type=kind, code="share", kind="percent_of_earned", percent=Decimal(20), scope="usage_period"
    )
    send(builders.ready_claim(world, name="First"), world.jana)

    used = used_before(builders.ready_claim(world, name="Second").proof)

    assert (used.claimed_before, used.claimed_unrated) == ({cap.code: Decimal(1000)}, {})


def test_costs_of_one_claim_do_not_count_for_another(world):
    cap = cap_of(world, "print_advertising", Decimal("5000.00"))
    first, second = (builders.ready_claim(world, name=name) for name in ("First", "Second"))
    other = proofs.kind_of("print_advertising").expenses.exclude(pk=proofs.expense_type(first.proof).pk).first()
    cap.expenses.add(other)
    ExpenseLine.objects.filter(proof=second.proof).update(expense_type=other)
    for claim in (first, second):
        send(claim, world.jana)

    third = builders.ready_claim(world, name="Third")

    assert used_before(third.proof).claimed_before == {cap.code: Decimal("1000.000")}


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


@pytest.mark.parametrize(
    ("starts", "day", "used"),
    [
        (date(2026, 1, 1), date(2026, 3, 1), 1000),  # the calendar year of the other claim, another fiscal year
        (date(2026, 1, 1), date(2027, 2, 1), 0),  # the next calendar year, the same fiscal year
        (date(2026, 7, 1), date(2027, 2, 1), 1000),
        (date(2026, 7, 1), date(2026, 6, 30), 0),
    ],
)
def test_cap_of_a_program_period_counts_the_year_of_the_program(world, starts, day, used):
    cap = cap_of(world, "print_advertising", Decimal("1500.00"), scope="program_period")
    ends = dates.year_end(starts)
    world.cloud.years.create(label="2026", starts=starts, ends=ends, revise_until=ends)
    send(builders.ready_claim(world, name="First", executed_on=date(2026, 10, 8)), world.jana)
    proof = proofs.fresh(builders.ready_claim(world, name="Second").proof)
    proof.executed_on = day

    assert used_before(proof).claimed_before == {cap.code: Decimal(used)}


def test_cap_of_a_program_period_counts_the_plans_of_the_program_year(world, activity):
    cap = cap_of(world, "print_advertising", Decimal("1500.00"), scope="program_period")
    send(another_claim(world, activity, Decimal("1000")), world.jana)
    proof = proofs.fresh(another_claim(world, activity, Decimal("100")).proof)
    starts = world.year.ends + timedelta(days=1)
    following = world.device.years.create(
        label="Next", starts=starts, ends=dates.year_end(starts), revise_until=starts.replace(year=2029)
    )

    assert used_before(proof).claimed_before == {cap.code: Decimal("1000.000")}
    proof.activity.campaign.plan.program_year = following
    assert used_before(proof).claimed_before == {cap.code: Decimal(0)}


# Caps across currencies


def test_cap_counts_claims_of_a_plan_in_another_currency(world, activity):
    cap = cap_of(world, "print_advertising", Decimal("1500.00"))
    rate("EUR", "USD", "1.25")
    send(another_claim(world, dollar_activity(world), Decimal("1000")), world.jana)

    second = another_claim(world, activity, Decimal("701"))

    assert used_before(second.proof).claimed_before == {cap.code: Decimal("800.00")}
    assert blocks_of(second, world.jana) == ["amount_within"]
    third = another_claim(world, activity, Decimal("700"))
    send(third, world.jana)


def test_each_claim_counts_with_the_rate_of_its_own_month(world):
    """A cap of 1,500 dollars: 800 euros of September took 1,000 of it, so that 500 are left, 450 euros in October."""
    cap = cap_of(world, "print_advertising", Decimal("1500.00"), currency="USD")
    rate("USD", "EUR", "0.8", month=date(2026, 9, 1))
    rate("USD", "EUR", "0.9")
    send(builders.ready_claim(world, amount=Decimal("800"), executed_on=date(2026, 9, 30)), world.jana)

    second = builders.ready_claim(world, amount=Decimal("451"))

    assert used_before(second.proof).claimed_before == {cap.code: Decimal("1000")}
    assert blocks_of(second, world.jana) == ["amount_within"]
    send(builders.ready_claim(world, amount=Decimal("450")), world.jana)


@pytest.mark.parametrize("changed", ["edited", "deleted"])
def test_m11_rate_that_changes_after_the_submission_changes_nothing_of_what_was_used(world, activity, changed):
    """The other claim took 800 of the cap when it was submitted."""
    cap = cap_of(world, "print_advertising", Decimal("1500.00"))
    entered = rate("EUR", "USD", "1.25")
    send(another_claim(world, dollar_activity(world), Decimal("1000")), world.jana)
    if changed == "edited":
        ExchangeRate.objects.filter(pk=entered.pk).update(rate=Decimal("2.5"))
    else:
        entered.delete()

    used = used_before(another_claim(world, activity, Decimal("900")).proof)

    assert (used.claimed_before, used.claimed_unrated) == ({cap.code: Decimal("800")}, {})


def test_what_was_approved_counts_in_another_currency_too(world, activity):
    cap = cap_of(world, "print_advertising", Decimal("1500.00"))
    rate("EUR", "USD", "1.25")
    first = another_claim(world, dollar_activity(world), Decimal("1000"))
    put_under_review(world, first)
    reason = world.reason(CaseKind.CLAIM, "approve")
    decide(world, first, "approve", approved_amount=Decimal("500.00"), comment="Half of it.", reason=reason)

    second = another_claim(world, activity, Decimal("1000"))

    assert used_before(second.proof).claimed_before == {cap.code: Decimal("400.00")}


def test_claim_without_a_rate_is_told_in_the_checklist_and_the_rest_is_counted(world):
    """A cap of 1,500 pounds: there is no rate for September."""
    cap = cap_of(world, "print_advertising", Decimal("1500.00"), currency="GBP")
    rate("GBP", "EUR", "1.25")
    send(builders.ready_claim(world, amount=Decimal("1000"), executed_on=date(2026, 9, 30)), world.jana)
    send(builders.ready_claim(world, amount=Decimal("600")), world.jana)

    second = builders.ready_claim(world, amount=Decimal("900"))

    used = used_before(second.proof)
    assert used.claimed_before == {cap.code: Decimal("480")}
    assert used.claimed_unrated == {cap.code: (UnratedFact("EUR", "GBP", date(2026, 9, 1)),)}
    [warning] = assess_proof(proof_facts(second.proof)).warnings
    assert (warning.rule, "GBP" in warning.text, "September 2026" in warning.text) == ("cap_used_rate", True, True)
    send(second, world.jana)
    kept = [finding["rule"] for finding in fresh(second).case.submission.assessment["findings"]]
    assert "cap_used_rate" in kept


def test_cap_that_cannot_be_converted_is_told_in_the_checklist(world):
    """There is a rate for the month of the first claim, and none for that of the second."""
    cap = cap_of(world, "print_advertising", Decimal("1500.00"), currency="USD")
    rate("USD", "EUR", "0.8", month=date(2026, 9, 1))
    send(builders.ready_claim(world, name="First", executed_on=date(2026, 9, 30)), world.jana)

    second = builders.ready_claim(world, name="Second")

    assert used_before(second.proof).claimed_before == {cap.code: Decimal("1250")}
    [warning] = assess_proof(proof_facts(second.proof)).warnings
    assert warning.rule == "cap_rate"


def test_costs_on_an_invoice_in_another_currency_are_converted(world):
    cap, claim = cap_on_other_costs(world)
    rate("USD", "EUR", "0.8")
    add_dollars(world, claim, cap, Decimal("500"))
    send(claim, world.jana)

    second = builders.ready_claim(world, name="Second")

    assert used_before(second.proof).claimed_before == {cap.code: Decimal("400.00")}


@pytest.mark.parametrize(("basis", "used"), [("net", "99.98"), ("gross", "108.10")])
def test_costs_of_a_cap_count_as_the_invoice_rounds_them(world, basis, used):
    world.cloud.basis = basis
    world.cloud.save()
    cap, claim = cap_on_other_costs(world)
    figures = {"net": Decimal("99.98"), "tax": Decimal("8.10")}
    cost = proofs.expense(claim.proof, expense_type=cap.expenses.get(), **figures)
    total = {"rounding": Decimal("0.02"), "gross": Decimal("108.10")}
    proofs.add_invoice(claim.proof, world.jana, expenses=[cost], **figures, **total)
    send(claim, world.jana)

    second = builders.ready_claim(world, name="Second")

    assert used_before(second.proof).claimed_before == {cap.code: Decimal(used)}


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_claims_caps_and_currencies(world, activity, django_assert_num_queries, count):
    """Plan, caps with their expenses, claims of all caps, rates."""
    costs = proofs.kind_of("print_advertising").expenses.first()
    for number in range(count):
        cap_of(world, "print_advertising", Decimal("9000.00"), code=f"cap-{number}").expenses.add(costs)
    rate("EUR", "USD", "1.25")
    dollars = dollar_activity(world)
    for _number in range(count):
        send(another_claim(world, dollars, Decimal("100")), world.jana)
        send(another_claim(world, activity, Decimal("100")), world.jana)
    proof = another_claim(world, activity, Decimal("100")).proof

    with django_assert_num_queries(5):
        assert set(used_before(proof).claimed_before.values()) == {count * Decimal("180.00")}


def rate(source, target, figure, *, month=date(2026, 10, 1)):
    return ExchangeRate.objects.create(month=month, from_currency=source, to_currency=target, rate=Decimal(figure))


def dollar_activity(world):
    """An activity of another plan of the same location and program, in US dollars."""
    return proofs.approved_activity(world, fund_type=world.other_fund_type, currency="USD")


def cap_on_other_costs(world):
    """A cap on costs of a kind that a proof has none of yet, and such a claim."""
    cap = cap_of(world, "print_advertising", Decimal("1500.00"))
    claim = builders.ready_claim(world, name="First")
    costs = proofs.kind_of("print_advertising").expenses.exclude(pk=proofs.expense_type(claim.proof).pk)
    cap.expenses.add(costs.first())
    return cap, claim


def add_dollars(world, claim, cap, net):
    """An invoice in US dollars with a cost that the cap is about."""
    cost = proofs.expense(claim.proof, net=net, tax=Decimal(0), expense_type=cap.expenses.get())
    amounts = {"net": net, "tax": Decimal(0), "gross": net}
    proofs.add_invoice(claim.proof, world.jana, currency="USD", expenses=[cost], **amounts)


def cap_of(world, kind, amount, *, currency="EUR", code="a-cap", scope="usage_period"):
    return Cap.objects.create(
        activity_type=ActivityType.objects.get(code=kind),
        code=code,
        kind="amount",
        amount=amount,
        currency=currency,
        scope=scope,
    )
