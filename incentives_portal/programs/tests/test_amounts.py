"""From the costs to the amount: every step, what binds, and what cannot be computed."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentives_portal.programs.assess import AttendeeFact, CapFact, ExpenseFact, ProgramFacts, assess_proof, caps

from .proof_facts import proof_facts
from .pure import activity_facts

ADVERT = {"activity": "print_advertising", "amount": "1400", "impressions": 1}
AMOUNTS = st.decimals(min_value=0, max_value=1_000_000, places=2)


def steps(activity="print_advertising", activity_facts=None, **changes):
    """Code, amount and whether it binds, of each step; ``activity_facts`` stands in for the catalogue's."""
    if activity_facts:
        changes["activity"] = activity_facts
    facts = proof_facts(ADVERT | {"activity": activity}, **changes)
    return [(step.code, step.amount, step.binding) for step in assess_proof(facts).steps]


def cost(kind, net, tax="0"):
    return ExpenseFact(kind, Decimal(net), Decimal(tax))


def test_the_example_of_the_house():
    """Claimed 4,000 → eligible 3,600 → share 50 % → 1,800 → cap 1,500 → remaining 1,400."""
    cap = CapFact("c", "amount", "usage_period", amount=Decimal(1500), currency="USD")

    found = steps(
        activity_facts=replace(activity_facts("print_advertising"), caps=(cap,)),
        program=ProgramFacts(track="claim", share_percent=Decimal(50)),
        expenses=(cost("media_placement", "3600"), cost("postage", "400")),
        plan_limit_left=Decimal(1400),
    )

    assert found == [
        ("costs.net", Decimal("4000.00"), False),
        ("eligible", Decimal("3600.00"), True),
        ("share", Decimal("1800.00"), True),
        ("cap.amount", Decimal("1500.00"), True),
        ("plan_limit", Decimal("1400"), True),
        ("asked", Decimal("1400"), False),
    ]


def test_gross_basis_counts_the_tax():
    gross = ProgramFacts(track="claim", basis="gross")
    expenses = (cost("media_placement", "1000", "190"),)

    assert steps(program=gross, expenses=expenses)[0] == ("costs.gross", Decimal("1190.00"), False)
    assert steps(expenses=expenses)[0] == ("costs.net", Decimal("1000.00"), False)


def test_asking_less_than_allowed_binds():
    assert steps(expenses=(cost("media_placement", "1500"),))[-1] == ("asked", Decimal("1400"), True)


def test_planned_amount_and_plan_limit_bind_in_this_order():
    found = steps(
        expenses=(cost("media_placement", "2000"),), planned_left=Decimal(1600), plan_limit_left=Decimal(1500)
    )

    assert found[-3:] == [
        ("planned", Decimal("1600"), True),
        ("plan_limit", Decimal("1500"), True),
        ("asked", Decimal("1400"), True),
    ]


def test_what_other_claims_used_of_a_cap_is_gone():
    found = steps(
        "syndicated_content",
        expenses=(cost("agency_marketing", "5000"),),
        claimed_before={"syndicated_content": Decimal(15000)},
    )

    assert found[2] == ("cap.amount", Decimal("3750.00"), True)


def test_cap_is_converted_by_the_rate_of_the_month():
    expenses = (cost("agency_marketing", "20000"),)

    known = steps("syndicated_content", expenses=expenses, currency="EUR", rates={"USD": Decimal("0.8")})
    unknown = steps("syndicated_content", expenses=expenses, currency="EUR")

    assert known[2] == ("cap.amount", Decimal("15000.00"), True)
    assert unknown[2] == ("cap.unknown_rate", Decimal("20000.00"), False)


def test_caps_on_funds_wait_until_funds_are_known():
    offers = (cost("giveaways", "9000"),)
    seeding = (cost("", "9000"),)

    assert steps("customer_offers", expenses=offers)[2] == ("cap.unknown_funds", Decimal("9000.00"), False)
    assert steps("product_seeding", expenses=seeding)[2] == ("cap.unknown_funds", Decimal("9000.00"), False)
    assert steps("customer_offers", expenses=offers, earned=Decimal(20000))[2][1] == Decimal("5000.00")
    assert steps("product_seeding", expenses=seeding, accrued=Decimal(20000))[2][1] == Decimal("3000.00")


@pytest.mark.parametrize(
    ("people", "travel", "allowed"),
    [(4, "16000", "12000.00"), (3, "18000", "15000.00"), (2, "9000", "9000.00")],
)
def test_conference_travel_per_person(people, travel, allowed):
    """Examples CA-7 and CA-8 through all steps."""
    each = Decimal(travel) / people
    attendees = tuple(AttendeeFact(f"Person {number}", each) for number in range(people))

    found = steps("hosted_conferences", expenses=(cost("travel", travel),), attendees=attendees)

    assert found[-2][1] == Decimal(allowed)


def test_conference_cost_of_one_dear_traveller_is_cut():
    attendees = (AttendeeFact("A", Decimal(9000)), AttendeeFact("B", Decimal(1000)))

    found = steps("hosted_conferences", expenses=(cost("travel", "10000"),), attendees=attendees)

    assert ("cap.amount_per_person_per_event", Decimal("6000.00"), True) in found


@pytest.mark.parametrize(
    ("people", "travel", "allowed"),
    [(4, "16000", "12000.00"), (4, "24000", "15000.00"), (3, "10000", "10000.00"), (7, "7000", "3000.00")],
)
def test_people_without_a_cost_of_their_own_are_counted_once(people, travel, allowed):
    """The costs are divided among those who still count: the limit of three people is not taken off twice."""
    attendees = tuple(AttendeeFact(f"Person {number}") for number in range(people))

    found = steps("hosted_conferences", expenses=(cost("travel", travel),), attendees=attendees)

    assert found[-2][1] == Decimal(allowed)


@pytest.mark.parametrize(
    ("costs", "allowed"),
    [
        (("9000", "1000", "2000", "4000"), "11000.00"),  # 5,000 + 4,000 + 2,000: of the three dearest
        (("16000", "0", "0", "0"), "5000.00"),
        (("0", "0", "0", "0"), "12000.00"),
    ],
)
def test_limit_per_person_with_and_without_a_cost_of_each(costs, allowed):
    attendees = tuple(AttendeeFact(name, Decimal(each)) for name, each in zip("ABCD", costs, strict=True))

    found = steps("hosted_conferences", expenses=(cost("travel", "16000"),), attendees=attendees)

    assert ("cap.amount_per_person_per_event", Decimal(allowed), Decimal(allowed) < 12000) in found


def people_cap(code, count, *expenses):
    return CapFact(code, "max_attendees", "event", count=count, expenses=frozenset(expenses))


@pytest.mark.parametrize("counts", [(2, 3), (3, 2)])
@pytest.mark.parametrize(("each", "allowed"), [("0", "8000.00"), ("4000", "8000.00"), ("7000", "8000.00")])
def test_of_two_limits_on_people_the_smaller_one_holds(counts, each, allowed):
    """Four people, a general limit of three and the program's own of two, in either order: two count, once."""
    limits = tuple(people_cap(str(number), number) for number in counts)
    per_person = CapFact("p", "amount_per_person_per_event", "event", amount=Decimal(5000), currency="USD")

    found = steps(
        activity_facts=replace(activity_facts("hosted_conferences"), caps=(*limits, per_person)),
        expenses=(cost("travel", "16000"),),
        attendees=tuple(AttendeeFact(name, Decimal(each)) for name in "ABCD"),
        amount=Decimal(16000),
    )

    assert found[-1] == ("asked", Decimal(allowed), False)


def test_limit_on_people_of_one_cost_leaves_the_others_and_the_limit_per_person_alone():
    """Of the registration one counts; the travel of all four does, 5,000 of each."""
    per_person = CapFact(
        "p", "amount_per_person_per_event", "event", Decimal(5000), "USD", expenses=frozenset({"travel"})
    )

    found = steps(
        activity_facts=replace(
            activity_facts("hosted_conferences"), caps=(people_cap("one", 1, "conference_registration"), per_person)
        ),
        expenses=(cost("conference_registration", "400"), cost("travel", "24000")),
        attendees=tuple(AttendeeFact(name) for name in "ABCD"),
    )

    assert found[2:4] == [
        ("cap.max_attendees", Decimal("24100.00"), True),
        ("cap.amount_per_person_per_event", Decimal("20100.00"), True),
    ]


def test_person_who_does_not_count_for_one_cost_has_only_the_others():
    """Registration of two of three people, 100 each, and travel of all, 50 each: at 80 per person 80 + 80 + 50."""
    limit = CapFact("p", "amount_per_person_per_event", "event", Decimal(80), "USD")

    found = steps(
        activity_facts=replace(
            activity_facts("hosted_conferences"), caps=(people_cap("two", 2, "conference_registration"), limit)
        ),
        expenses=(cost("conference_registration", "300"), cost("travel", "150")),
        attendees=tuple(AttendeeFact(name) for name in "ABC"),
    )

    assert found[2:4] == [
        ("cap.max_attendees", Decimal("350.00"), True),
        ("cap.amount_per_person_per_event", Decimal("210.00"), True),
    ]


def test_limit_on_people_takes_its_part_of_each_kind_of_cost():
    """Four people, three count: 900 of 1,200 and 12,000 of 16,000. A limit of 5,000 on travel then leaves 5,900."""
    found = steps(
        "hosted_conferences",
        expenses=(cost("conference_registration", "1200"), cost("travel", "16000")),
        attendees=tuple(AttendeeFact(name) for name in "ABCD"),
        claimed_before={"conference_travel_period": Decimal(40000)},
    )

    assert found[2] == ("cap.max_attendees", Decimal("12900.00"), True)
    assert found[-2] == ("cap.amount", Decimal("5900.00"), True)


def test_limit_per_person_is_about_the_share_that_is_reimbursed():
    """Half of 20,000 and of 1,000: 5,000 and 500, not 5,000 and 1,000."""
    found = steps(
        "hosted_conferences",
        program=ProgramFacts(track="claim", share_percent=Decimal(50)),
        expenses=(cost("travel", "21000"),),
        attendees=(AttendeeFact("A", Decimal(20000)), AttendeeFact("B", Decimal(1000))),
    )

    assert ("cap.amount_per_person_per_event", Decimal("5500.00"), True) in found


def test_limit_about_other_costs_is_no_step():
    """Nobody travelled: the limits on travel are not even mentioned."""
    codes = [
        code
        for code, _amount, _binding in steps(
            "hosted_conferences", expenses=(cost("conference_registration", "100"),), attendees=(AttendeeFact("A"),)
        )
    ]

    assert codes == ["costs.net", "eligible", "cap.max_attendees", "asked"]


def test_limit_is_rounded_down_and_an_amount_half_up():
    """25 % of 100.02 is 25.005: a limit of 25.00. Half of 50.01 is 25.005: an amount of 25.01."""
    limited = steps("customer_offers", expenses=(cost("giveaways", "90"),), earned=Decimal("100.02"))
    shared = steps(
        program=ProgramFacts(track="claim", share_percent=Decimal(50)), expenses=(cost("printed_material", "50.01"),)
    )

    assert limited[2] == ("cap.percent_of_earned", Decimal("25.00"), True)
    assert shared[2] == ("share", Decimal("25.01"), True)


def test_limit_loses_nothing_to_a_rate_that_was_turned():
    """18,750 dollars are 16,025.64 euros and a bit at 1.17; at 1.25 exactly 15,000, as a limit of three thirds is whole."""
    expenses = (cost("agency_marketing", "20000"),)

    found = [
        steps("syndicated_content", expenses=expenses, currency="EUR", rates={"USD": 1 / Decimal(rate)})[2][1]
        for rate in ("1.17", "1.25", "0.9375")
    ]

    assert found == [Decimal("16025.64"), Decimal("15000.00"), Decimal("20000.00")]


def test_conference_limit_on_travel_leaves_registration_alone():
    """Example CA-9 through all steps: 5,000 of the travel, and the registration as it is."""
    found = steps(
        "hosted_conferences",
        expenses=(cost("conference_registration", "900"), cost("travel", "15000")),
        attendees=tuple(AttendeeFact(name, Decimal(5000)) for name in "ABC"),
        claimed_before={"conference_travel_period": Decimal(40000)},
    )

    assert found[-2] == ("cap.amount", Decimal("5900.00"), True)


def test_conference_without_attendees_cannot_be_computed():
    codes = [code for code, _amount, _binding in steps("hosted_conferences", expenses=(cost("travel", "100"),))]

    assert codes == [
        "costs.net", "eligible", "cap.unknown_attendees", "cap.unknown_attendees", "cap.amount", "asked",
    ]  # fmt: skip


def test_conference_of_hosting_program_names_the_guide():
    facts = {"activity": "hosted_conferences", "amount": "100", "kind": "hosting", "expenses": [["travel", "100"]]}

    found = assess_proof(proof_facts(facts)).steps

    assert [step.text for step in found if step.code == "cap.exception"] == [
        "Other limits may apply (see the program guide)"
    ]


def test_device_programs_have_no_limit_on_seeding():
    facts = {"activity": "product_seeding", "amount": "90000", "kind": "device", "expenses": [["", "90000"]]}

    assert [step.code for step in assess_proof(proof_facts(facts)).steps] == ["costs.net", "eligible", "asked"]


def test_money_is_rounded_to_the_currency():
    found = steps(
        program=ProgramFacts(track="claim", share_percent=Decimal("33.33")),
        expenses=(cost("media_placement", "100.00"), cost("printed_material", "0.01")),
    )

    assert found[2] == ("share", Decimal("33.33"), True)


def test_words_of_steps():
    facts = proof_facts(
        {"activity": "customer_offers", "amount": "100", "earned": "20000", "expenses": [["giveaways", "9000"]]},
        program=ProgramFacts(track="claim", share_percent=Decimal("50.00")),
        planned_left=Decimal(80),
    )

    assert [step.text for step in assess_proof(facts).steps] == [
        "Documented costs, net",
        "Eligible expenses",
        "Reimbursed share of 50%",
        "Limit: 25% of the co-op funds earned in the usage period",
        "Remaining planned amount of the activity",
        "Reimbursable part of the requested amount",
    ]


def test_words_of_an_amount_limit():
    facts = proof_facts({"activity": "syndicated_content", "amount": "100", "expenses": [["agency_marketing", "9000"]]})

    assert assess_proof(facts).steps[2].text == "Activity limit: $18,750.00 in the usage period"


@given(st.dictionaries(st.sampled_from(["media_placement", "printed_material", "postage"]), AMOUNTS), AMOUNTS)
def test_steps_never_rise_and_end_at_or_below_what_is_asked(costs, asked):
    expenses = tuple(ExpenseFact(kind, net, Decimal(0)) for kind, net in costs.items())

    amounts = [amount for _code, amount, _binding in steps(expenses=expenses, amount=asked, planned_left=asked)]

    assert amounts == sorted(amounts, reverse=True)
    assert amounts[-1] <= asked


@given(st.dictionaries(st.text(min_size=1, max_size=3), AMOUNTS, max_size=6), AMOUNTS)
def test_reduced_parts_come_to_the_allowed_amount(parts, allowed):
    found = caps.reduced(parts, frozenset(), allowed)

    assert sum(found.values()) == min(sum(parts.values()), allowed)
    assert all(0 <= found[name] <= parts[name] for name in parts)


def test_reduced_leaves_other_kinds_of_cost_and_takes_from_the_last_first():
    parts = {"registration": Decimal(900), "travel": Decimal(15000), "hotel": Decimal(700)}
    travel = frozenset({"travel", "hotel"})

    assert caps.reduced(parts, travel, Decimal(15200)) == parts | {"hotel": Decimal(200)}
    assert caps.reduced(parts, travel, Decimal(5000)) == parts | {"travel": Decimal(5000), "hotel": 0}
    assert caps.reduced(parts, travel, Decimal(0)) == {"registration": Decimal(900), "travel": 0, "hotel": 0}
    assert caps.reduced(parts, travel, Decimal(15700)) == parts
    assert caps.reduced(parts, frozenset(), Decimal(1000)) == {"registration": 900, "travel": 100, "hotel": 0}


@given(st.lists(AMOUNTS, max_size=8), AMOUNTS, st.integers(min_value=1, max_value=5))
def test_per_person_never_exceeds_limit_times_people(costs, limit, most):
    counted = caps.per_person(costs, limit, most)

    assert counted <= limit * min(len(costs), most)
    assert counted <= sum(costs)
