"""What a submission of a plan keeps, what differs between two of them, and what stands at the places to which a reviewer points."""

import re
from datetime import date
from decimal import Decimal

import pytest
from msgspec import ValidationError
from msgspec.structs import replace

from plans.snapshot import (
    ActivityPart,
    CampaignPart,
    PlanDocument,
    compare,
    content_of,
    part_at,
    places,
    read,
)

from . import builders
from .builders import fresh

ADVERT = ActivityPart("a-1", "Advert", "Leads", "print", {"en": "Print"}, ("DE",), Decimal("6000.00"))
SEMINAR = ActivityPart("a-2", "Seminar", "", "seminars", {"en": "Seminars"}, ("DE", "DK"), Decimal("4000.00"))
LAUNCH = CampaignPart("c-1", "Launch", date(2026, 9, 1), date(2026, 9, 30), (ADVERT,))
AUTUMN = CampaignPart("c-2", "Autumn", date(2026, 10, 1), date(2026, 10, 31), (SEMINAR,))
CODES = {"location": "P-1", "program": "mdf", "market": "DE", "fund_type": "base", "program_year": "2026"}
PLAN = PlanDocument(
    title="Plan",
    description="Two parts",
    currency="EUR",
    requested_amount=Decimal("10000.00"),
    reviewer_email="elif@halden.example",
    campaigns=(LAUNCH, AUTUMN),
    **CODES,
)


def with_activity(**changed):
    return replace(PLAN, campaigns=(replace(LAUNCH, activities=(replace(ADVERT, **changed),)), AUTUMN))


def with_campaign(**changed):
    return replace(PLAN, campaigns=(replace(LAUNCH, **changed), AUTUMN))


def told(before, after):
    """What differs, in words."""
    return [(str(change.what), change.before, change.after) for change in compare(before, after)[1]]


def marked(before, after):
    """The fields that are marked in the later document, by the id of their part; "" is the plan itself."""
    document = compare(before, after)[0]
    parts = [("", document), *((part.id, part) for part in document.campaigns)]
    parts += [(part.id, part) for _campaign, part in document.activities()]
    return {name: set(part.changed) for name, part in parts if part.changed}


def test_equal_documents_differ_in_nothing():
    assert (told(PLAN, PLAN), marked(PLAN, PLAN)) == ([], {})


@pytest.mark.parametrize(
    ("after", "change", "marks"),
    [
        (replace(PLAN, title="New"), ("Title", "Plan", "New"), {"": {"title"}}),
        (replace(PLAN, description="One"), ("Description", "Two parts", "One"), {"": {"description"}}),
        (
            replace(PLAN, requested_amount=Decimal("9000.00")),
            ("Requested amount", "€10,000.00", "€9,000.00"),
            {"": {"requested_amount"}},
        ),
        (
            replace(PLAN, reviewer_email="emre@halden.example"),
            ("Reviewer email", "elif@halden.example", "emre@halden.example"),
            {"": {"reviewer_email"}},
        ),
        (with_campaign(name="Start"), ("Campaign", "Launch", "Start"), {"c-1": {"name"}}),
        (
            with_campaign(starts=date(2026, 9, 2)),
            ("Launch, start date", "1 Sep 2026", "2 Sep 2026"),
            {"c-1": {"starts"}},
        ),
        (with_campaign(ends=date(2026, 9, 29)), ("Launch, end date", "30 Sep 2026", "29 Sep 2026"), {"c-1": {"ends"}}),
        (with_activity(name="Adverts"), ("Activity", "Advert", "Adverts"), {"a-1": {"name"}}),
        (with_activity(goal="Sales"), ("Advert, goal", "Leads", "Sales"), {"a-1": {"goal"}}),
        (with_activity(countries=("DE", "GB")), ("Advert, countries/regions", "DE", "DE, GB"), {"a-1": {"countries"}}),
        (
            with_activity(type_code="web", type_names={"en": "Web"}),
            ("Advert, activity type", "Print", "Web"),
            {"a-1": {"type_name"}},
        ),
        (
            with_activity(planned=Decimal("6000.01")),
            ("Advert, planned amount", "€6,000.00", "€6,000.01"),
            {"a-1": {"planned"}},
        ),
    ],
)
def test_what_was_changed_is_told_and_marked(after, change, marks):
    assert told(PLAN, after) == [change]
    assert marked(PLAN, after) == marks


def test_another_currency_changes_every_amount():
    assert told(PLAN, replace(PLAN, currency="USD")) == [
        ("Requested amount", "€10,000.00", "$10,000.00"),
        ("Advert, planned amount", "€6,000.00", "$6,000.00"),
        ("Seminar, planned amount", "€4,000.00", "$4,000.00"),
    ]


def test_two_changes_of_one_part_are_both_marked():
    assert marked(PLAN, with_activity(goal="Sales", name="Adverts")) == {"a-1": {"goal", "name"}}


def test_what_was_added_and_what_was_removed_is_told():
    less = replace(PLAN, campaigns=(LAUNCH,))

    assert told(less, PLAN) == [
        ("Autumn, campaign", "", "1 Oct 2026 – 31 Oct 2026"),
        ("Seminar, activity", "", "€4,000.00"),
    ]
    assert marked(less, PLAN) == {
        "c-2": {"name", "starts", "ends"},
        "a-2": {"name", "type_name", "goal", "countries", "planned"},
    }
    assert told(PLAN, less) == [
        ("Autumn, campaign", "1 Oct 2026 – 31 Oct 2026", ""),
        ("Seminar, activity", "€4,000.00", ""),
    ]
    assert marked(PLAN, less) == {}


def test_every_place_to_which_one_can_point_holds_what_is_there():
    assert [place for place, _label in places(PLAN)] == [
        "title", "description", "requested_amount", "reviewer_email", "campaigns", "activities", "c-1", "a-1", "c-2", "a-2",
    ]  # fmt: skip
    assert part_at(PLAN, "title") == "Plan"
    assert part_at(PLAN, "campaigns") == (LAUNCH, AUTUMN)
    assert part_at(PLAN, "activities") == [(LAUNCH, ADVERT), (AUTUMN, SEMINAR)]
    assert (part_at(PLAN, "c-2"), part_at(PLAN, "a-2"), part_at(PLAN, "gone")) == (AUTUMN, SEMINAR, None)


def test_sums_are_those_of_the_activities():
    assert (PLAN.planned, LAUNCH.planned) == (Decimal("10000.00"), Decimal("6000.00"))


# What is kept


def test_content_is_this_json(world):
    plan = fresh(builders.submitted_plan(world))
    [launch] = plan.parts

    assert content_of(plan) == {
        "title": "Spring device refresh",
        "description": plan.description,
        "currency": "EUR",
        "requested_amount": "10000.00",
        "reviewer_email": world.elif_.email,
        "location": plan.location.partner_id,
        "program": plan.program.code,
        "market": plan.market.code,
        "fund_type": plan.fund_type.code,
        "program_year": plan.program_year.label,
        "campaigns": [
            {
                "id": str(launch.campaign.public_id),
                "name": "Launch weeks",
                "starts": launch.campaign.draft.starts.isoformat(),
                "ends": launch.campaign.draft.ends.isoformat(),
                "activities": [
                    {
                        "id": str(activity.public_id),
                        "name": activity.draft.name,
                        "goal": "25 guests",
                        "activity_type": "seminars",
                        "activity_type_name": activity.draft.activity_type.name,
                        "countries": ["DE", "DK"],
                        "planned_amount": "5000.00",
                    }
                    for activity in launch.activities
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda content: content.pop("title"), "Object missing required field `title`"),
        (
            lambda content: content["campaigns"][0].update(starts="soon"),
            "Invalid RFC3339 encoded date - at `$.campaigns[0].starts`",
        ),
        (
            lambda content: content["campaigns"][0]["activities"][1].update(planned_amount="much"),
            "Invalid decimal string - at `$.campaigns[0].activities[1].planned_amount`",
        ),
    ],
)
def test_what_cannot_be_read_is_named(world, break_it, message):
    content = content_of(fresh(builders.submitted_plan(world)))
    break_it(content)

    with pytest.raises(ValidationError, match=re.escape(message)):
        read(content)


@pytest.mark.parametrize("part", [PLAN, LAUNCH, ADVERT], ids=lambda part: type(part).__name__)
def test_what_was_submitted_cannot_be_changed(part):
    with pytest.raises(AttributeError):
        part.mark = "Please move the seminar."
