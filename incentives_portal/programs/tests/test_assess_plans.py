"""The rules of a plan: what must be mended before it is submitted, and what a reviewer looks at."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from incentives_portal.programs.assess import Assessment, CampaignFact, PlanFacts, PlannedActivityFact, assess_plan

from .proof_facts import told
from .tables import day, named, vectors

SEMINAR = PlannedActivityFact("Autumn seminar", {"en": "Customer seminars"}, ("DE", "DK"), Decimal(4000))
CAMPAIGN = CampaignFact("Autumn", date(2026, 9, 1), date(2026, 11, 30), (SEMINAR,))
PLAN = PlanFacts(
    today=date(2026, 11, 19),
    currency="EUR",
    requested_amount=Decimal(4000),
    year=(date(2026, 7, 1), date(2027, 6, 30)),
    revise_until=date(2027, 9, 28),
    campaigns=(CAMPAIGN,),
    reviewer_email="elif.sander@halden.example",
    reviewer_at_operator=True,
    reviewer_is_user=True,
    enrolled=True,
    countries=("DE", "DK", "SE"),
)


def found(**changes):
    assessment = assess_plan(replace(PLAN, **changes))
    return told([finding for finding in assessment.findings if finding.level != "pass"])


def with_activity(**changes):
    return (replace(CAMPAIGN, activities=(replace(SEMINAR, **changes),)),)


def test_plan_that_is_ready():
    assessment = assess_plan(PLAN)

    assert assessment.is_ready
    assert told(assessment.met) == [
        "pass basics enrolled",
        "pass basics plan_first_deadline",
        "pass basics reviewer_at_operator",
        "pass basics reviewer_is_user",
        "pass basics planned_within_requested",
        "pass basics requested_is_planned",
        "pass campaigns has_campaign",
        "pass campaigns campaign_in_year",
        "pass campaigns has_activity",
        "pass campaigns activity_countries",
        "pass campaigns countries_in_market",
        "pass campaigns plan_activity_allowed",
    ]
    assert [(step.code, step.amount) for step in assessment.steps] == [("plan.planned", 4000), ("plan.requested", 4000)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"enrolled": False}, ["block basics enrolled"]),
        ({"enrolled": False, "first_submitted_on": date(2026, 11, 1)}, ["warn basics enrolled"]),
        ({"today": date(2027, 6, 30)}, []),
        ({"today": date(2027, 7, 1)}, ["block basics plan_first_deadline"]),
        ({"today": date(2027, 9, 28), "first_submitted_on": date(2026, 11, 1)}, []),
        (
            {"today": date(2027, 9, 29), "first_submitted_on": date(2026, 11, 1)},
            ["block basics plan_revision_deadline"],
        ),
        ({"reviewer_at_operator": False, "reviewer_is_user": False}, ["block basics reviewer_at_operator"]),
        ({"reviewer_is_user": False}, ["warn basics reviewer_is_user"]),
        ({"requested_amount": Decimal(3999)}, ["warn basics planned_within_requested"]),
        ({"requested_amount": Decimal(4001)}, ["warn basics requested_is_planned"]),
        ({"campaigns": ()}, ["block campaigns has_campaign"]),
        ({"campaigns": (replace(CAMPAIGN, activities=()),)}, ["block campaigns has_activity"]),
        ({"campaigns": (replace(CAMPAIGN, starts=date(2026, 6, 30)),)}, ["block campaigns campaign_in_year"]),
        ({"campaigns": (replace(CAMPAIGN, ends=date(2027, 7, 1)),)}, ["block campaigns campaign_in_year"]),
        ({"campaigns": (replace(CAMPAIGN, starts=date(2026, 7, 1), ends=date(2027, 6, 30)),)}, []),
        ({"campaigns": with_activity(countries=())}, ["block campaigns activity_countries"]),
        ({"campaigns": with_activity(countries=("DE", "FR"))}, ["warn campaigns countries_in_market"]),
        ({"campaigns": with_activity(excluded=True)}, ["block campaigns plan_activity_allowed"]),
    ],
)
def test_rule(changes, expected):
    assert found(**changes) == expected


@pytest.mark.parametrize(
    ("market", "countries", "said"),
    [
        (("DE", "DK"), ("DE",), ["pass"]),
        (("DE", "DK"), ("DE", "DK"), ["pass"]),
        (("DE", "DK"), ("DE", "FR"), ["warn"]),
        (("DE", "DK"), (), []),
        ((), ("DE",), []),
        ((), (), []),
    ],
)
def test_countries_are_compared_where_both_sides_name_some(market, countries, said):
    """An activity without countries is blocked for that and not praised; a market without a list takes every country."""
    plan = replace(PLAN, countries=market, campaigns=with_activity(countries=countries))

    found = assess_plan(plan).findings

    assert [finding.level for finding in found if finding.rule == "countries_in_market"] == said


@pytest.mark.parametrize(
    ("requested", "binding"), [(Decimal(3999), True), (Decimal(4000), False), (Decimal(4001), False)]
)
def test_what_is_requested_binds_where_it_is_less_than_what_is_planned(requested, binding):
    planned_step, requested_step = assess_plan(replace(PLAN, requested_amount=requested)).steps

    assert (planned_step.amount, requested_step.amount, requested_step.binding) == (Decimal(4000), requested, binding)


@pytest.mark.parametrize("vector", vectors("plan_deadline"), ids=named)
def test_deadline_vector(vector):
    """Both submissions as the plan was assessed on their days."""
    given = vector["given"]
    ends = day(given["program_year_end"])
    plan = replace(
        PLAN,
        today=day(given["first_submitted"]),
        year=(date(2022, 7, 1), ends),
        revise_until=date(2023, 9, 28),
        campaigns=(replace(CAMPAIGN, starts=date(2022, 9, 1), ends=date(2022, 11, 30)),),
    )

    ready = assess_plan(plan).is_ready
    if ready and "resubmitted" in given:
        again = replace(plan, today=day(given["resubmitted"]), first_submitted_on=plan.today)
        ready = assess_plan(again).is_ready

    assert ready is vector["expect"]["accepted"]


def test_words_name_the_place():
    assessment = assess_plan(replace(PLAN, campaigns=(replace(CAMPAIGN, ends=date(2027, 7, 1)),)))

    assert [finding.text for finding in assessment.blocks] == [
        "The campaign “Autumn” is not within the program year, 1 Jul 2026 to 30 Jun 2027."
    ]


def test_stored_assessment_reads_the_same():
    assessment = assess_plan(replace(PLAN, enrolled=False, requested_amount=Decimal("3999.50")))

    assert Assessment.from_json(assessment.to_json()) == assessment
