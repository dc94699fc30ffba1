"""The worked examples of dates and limits, one by one (docs/domain.md, "Rule codes")."""

from datetime import timedelta
from decimal import Decimal

import pytest

from incentives_portal.programs import dates
from incentives_portal.programs.assess import caps
from incentives_portal.programs.enums import AppliesTo, CapKind
from incentives_portal.programs.models import Program

from .pure import SOURCES
from .tables import day, days, named, vectors

KINDS = {"non_device": "standard", "device": "device"}


@pytest.mark.parametrize("vector", vectors("plan_deadline"), ids=named)
def test_plan_deadline(vector):
    given = vector["given"]
    year_ends = day(given["program_year_end"])

    accepted = dates.may_first_submit(day(given["first_submitted"]), year_ends)
    if "resubmitted" in given:
        accepted = accepted and day(given["resubmitted"]) <= dates.plan_revision_deadline(year_ends)

    assert accepted is vector["expect"]["accepted"]


@pytest.mark.parametrize("vector", vectors("poe_date"), ids=named)
def test_proof_date_lies_within_the_campaign(vector):
    given = vector["given"]

    accepted = dates.is_within(day(given["execution_date"]), day(given["campaign_start"]), day(given["campaign_end"]))

    assert accepted is vector["expect"]["accepted"]


@pytest.mark.parametrize("vector", vectors("poe_due"), ids=named)
def test_proof_due(vector):
    assert dates.poe_due(day(vector["given"]["campaign_start"])) == day(vector["expect"]["due"])


@pytest.mark.parametrize("vector", vectors("poe_review_due"), ids=named)
def test_proof_review_due(vector):
    assert dates.last_day_of_following_month(day(vector["given"]["submitted"])) == day(vector["expect"]["due"])


@pytest.mark.parametrize("vector", vectors("claim_review_due"), ids=named)
def test_claim_review_due(vector):
    assert dates.add_business_days(day(vector["given"]["submitted"]), Program().review_business_days) == day(
        vector["expect"]["due"]
    )


@pytest.mark.parametrize("vector", vectors("claim_dispute_due"), ids=named)
def test_dispute_due(vector):
    assert dates.add_business_days(day(vector["given"]["disputed"]), Program().dispute_business_days) == day(
        vector["expect"]["due"]
    )


@pytest.mark.parametrize("vector", vectors("period_of"), ids=named)
def test_period_of_an_earning(vector):
    half = dates.half_of(day(vector["given"]["earning_date"]))

    found = (half.label, (half.usage.starts, half.usage.ends), (half.claiming.starts, half.claiming.ends))

    expect = vector["expect"]
    assert found == (expect["fiscal_half"], days(expect["usage"]), days(expect["claiming"]))


@pytest.mark.parametrize("vector", vectors("claim_window"), ids=named)
def test_claim_window(vector):
    """The funds of an activity are those earned in the half before it, unless the example names others."""
    given = vector["given"]
    activity_day = day(given["activity_date"])
    before = dates.half_of(activity_day).earning.starts - timedelta(days=1)
    half = _half(given["fund_of"]) if "fund_of" in given else dates.half_of(before)

    accepted = activity_day in half.usage and day(given["claim_date"]) in half.claiming

    assert accepted is vector["expect"]["accepted"]


def _half(label: str) -> dates.Half:
    return dates.fiscal_half(2000 + int(label[2:4]), int(label[-1]))


def _cap(activity: str, kind: CapKind, program_kind: str = "non_device"):
    found = [
        cap
        for cap in SOURCES[activity].caps
        if cap.kind == kind and AppliesTo(cap.applies_to).covers(KINDS[program_kind])
    ]
    assert len(found) == 1
    return found[0]


def _vector(number: int):
    return next(vector for vector in vectors("cap") if vector["id"] == f"CA-{number}")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_cap_as_share_of_the_funds_earned(number):
    vector = _vector(number)
    given = vector["given"]
    cap = _cap(given["activity"], CapKind.PERCENT_OF_EARNED, given["program_kind"])

    assert caps.share_of(Decimal(cap.percent), Decimal(given["earned"])) == vector["expect"]["max"]


def test_cap_as_amount_counts_what_was_claimed_before():
    given = _vector(4)["given"]
    cap = _cap(given["activity"], CapKind.AMOUNT)

    left = caps.left_of(Decimal(cap.amount), Decimal(given["claimed_before"]))

    assert min(left, given["new_amount"]) == _vector(4)["expect"]["allowed"]


@pytest.mark.parametrize("number", [5, 6])
def test_cap_as_the_greater_of_two(number):
    vector = _vector(number)
    cap = _cap("product_seeding", CapKind.GREATER_OF)

    limit = caps.greater_of(Decimal(cap.percent), Decimal(vector["given"]["accrued"]), Decimal(cap.amount))

    assert limit == vector["expect"]["max"]


@pytest.mark.parametrize("number", [7, 8])
def test_cap_per_person_and_conference(number):
    vector = _vector(number)
    given, expect = vector["given"], vector["expect"]
    most = _cap("hosted_conferences", CapKind.MAX_ATTENDEES).count
    limit = Decimal(_cap("hosted_conferences", CapKind.AMOUNT_PER_PERSON).amount)

    costs = [Decimal(given["travel_per_person"])] * given["attendees"]

    assert caps.per_person(costs, limit, most) == expect["travel_allowed"]
    assert caps.attendees_allowed(given["attendees"], most) == expect.get("attendees_allowed", given["attendees"])


def test_cap_on_travel_in_a_period():
    given = _vector(9)["given"]
    limit = Decimal(_cap("hosted_conferences", CapKind.AMOUNT).amount)

    left = caps.left_of(limit, Decimal(given["travel_already_in_period"]))

    assert min(left, given["new_travel"]) == _vector(9)["expect"]["travel_allowed"]


def test_every_cap_vector_is_tried():
    assert [vector["id"] for vector in vectors("cap")] == [f"CA-{number}" for number in range(1, 10)]
