"""Partners who take part in several programs without plans: what one chooses is of the program that was chosen."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from claims.models import Claim
from incentives_portal.cases.models import Case
from incentives_portal.people.models import RoleAssignment
from incentives_portal.programs.models import ActivityType, Program, UsagePeriod
from incentives_portal.tests.world import enrol
from proofs.models import Proof

from . import builders
from .test_pages import new_data


@pytest.fixture
def other(world):
    """A second program without plans: for Kiel only, with a period of the same label, where print advertising is not eligible."""
    program = Program.objects.create(
        code="DEVICES",
        name={"en": "Device Co-op", "de": "Geräte-Co-op"},
        track="claim",
        kind="device",
        currency="USD",
        calendar=world.cloud.calendar,
    )
    period = UsagePeriod.objects.get(pk=world.period.pk)
    period.pk, period.public_id, period.program = None, Program._meta.get_field("public_id").default(), program
    period.save()
    enrol(world.kiel, program)
    for role in RoleAssignment.objects.filter(program=world.cloud, user__in=[world.jana, world.karin]):
        role.pk, role.program = None, program
        role.save()
    ActivityType.objects.filter(code="print_advertising").update(excluded_kinds=["device"])
    return program


def options(page, name):
    """The words of a select's choices that can be chosen."""
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)
    return re.findall(r'<option value="[^"]+"[^>]*>\s*([^<]*?)\s*</option>', select.group()) if select else []


def test_program_is_chosen_first(world, other, signed_in):
    answer = signed_in(world.karin).get(reverse("claims:new"), {"location": str(world.kiel.public_id)})

    page = answer.content.decode()
    assert "Which program is the claim for?" in page
    assert "<select" not in page
    for program in (world.cloud, other):
        assert f'href="?program={program.public_id}&amp;location={world.kiel.public_id}"' in page


def test_form_offers_what_belongs_to_the_program(world, other, signed_in):
    browser = signed_in(world.karin)

    cloud, devices = (
        browser.get(reverse("claims:new"), {"program": str(program.public_id)}).content.decode()
        for program in (world.cloud, other)
    )

    assert (options(cloud, "program"), options(devices, "program")) == (["Cloud Reseller Co-op"], ["Device Co-op"])
    assert [len(options(page, "usage_period")) for page in (cloud, devices)] == [1, 1]
    assert str(world.period.public_id) in cloud
    assert str(world.period.public_id) not in devices
    assert str(world.hamburg) in options(cloud, "location")
    assert options(devices, "location") == [str(world.kiel)]
    assert "Print advertising" in options(cloud, "activity_type")
    assert "Print advertising" not in options(devices, "activity_type")
    assert ("In EUR" in cloud or "in EUR" in cloud, "in USD" in devices) == (True, True)
    assert "Choose another program" in devices


def test_period_that_runs_today_is_suggested_in_each_program(world, other, signed_in):
    answer = signed_in(world.karin).get(reverse("claims:new"), {"program": str(other.public_id)})

    assert answer.context["form"]["usage_period"].value() == str(other.usage_periods.get().public_id)


def test_who_has_one_program_chooses_none(world, signed_in):
    page = signed_in(world.karin).get(reverse("claims:new")).content.decode()

    assert "Which program is the claim for?" not in page
    assert "Choose another program" not in page
    assert len(options(page, "usage_period")) == 1


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("usage_period", "Choose a usage period of this program."),
        ("location", "This location is not enrolled in the program."),
        ("activity_type", "choose one from the list"),
    ],
)
def test_what_belongs_to_another_program_is_refused(world, other, signed_in, field, sentence):
    own = {
        "program": other.public_id,
        "location": world.kiel.public_id,
        "usage_period": other.usage_periods.get().public_id,
        "activity_type": ActivityType.objects.get(code="digital_advertising").public_id,
    }
    browser = signed_in(world.karin)

    answer = browser.post(reverse("claims:new"), new_data(world, **(own | {field: new_data(world)[field]})))

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert sentence in str(answer.context["form"].errors[field])
    assert Proof.objects.count() == 0
    assert browser.post(reverse("claims:new"), new_data(world, **own)).status_code == 302
    assert (Claim.objects.get().proof.program, Claim.objects.get().proof.currency) == (other, "USD")


# The list


@pytest.fixture
def claims(world, other):
    """A claim in each program, in a period of the same label."""
    first, second = (builders.draft_claim(world, name=name, amount=Decimal(10)) for name in ("Cloud", "Devices"))
    period = other.usage_periods.get()
    Case.objects.filter(pk=second.pk).update(usage_period=period, program=other, location=world.kiel)
    return first, second


def test_list_offers_the_periods_of_the_chosen_program(world, other, claims, signed_in):
    browser, label = signed_in(world.jana), world.period.label

    everything, cloud = (
        browser.get(reverse("claims:list"), query).content.decode()
        for query in ({}, {"program": str(world.cloud.public_id)})
    )

    assert sorted(options(everything, "period")) == [f"{label} (Cloud Reseller Co-op)", f"{label} (Geräte-Co-op)"]
    assert options(cloud, "period") == [label]


def test_period_of_another_program_does_not_stay_chosen(world, other, claims, signed_in):
    """Who changes the program keeps the period of the former one in the form: rows, sums and numbers agree all the same."""
    query = {"program": str(other.public_id), "period": str(world.period.public_id)}

    answer = signed_in(world.jana).get(reverse("claims:list"), query)

    assert [row["name"] for row in answer.context["rows"]] == ["Devices"]
    assert answer.context["overview"].number == answer.context["page"].paginator.count == 1


def test_list_of_plans_offers_the_years_of_the_chosen_program(world, other, signed_in):
    other.track = "plan"
    other.save()
    starts = world.year.ends + timedelta(days=1)
    for program, label in ((other, "Third"), (other, "Own")):
        ends = starts + timedelta(days=30)
        program.years.create(label=label, starts=starts, ends=ends, revise_until=ends)
        starts = ends + timedelta(days=1)
    browser = signed_in(world.jana)

    everything, devices = (
        options(browser.get(reverse("plans:list"), query).content.decode(), "year")
        for query in ({}, {"program": "DEVICES"})
    )

    assert everything == ["Third", "Own", "FY27"]
    assert devices == ["Third", "Own"]
