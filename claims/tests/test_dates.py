"""Due dates and windows of claims (docs/domain.md, "Rule codes": PO-4, PO-5, PE-3 to PE-6, CL-1, CL-2, CL-7, CL-8)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from claims import services
from claims.letters import submitted
from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.models import Case, Event
from incentives_portal.programs import dates
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.programs.models import Calendar, Holiday, UsagePeriod
from incentives_portal.tests.world import make_world, sign_in
from plans.tests import builders as plans
from proofs.models import Proof
from proofs.tests import builders as proofs

from . import builders
from .builders import fresh, send


@pytest.fixture
def years(db):
    """The catalogue without a world: tests here make their world on the day that they are about."""
    load_catalog()


def noon(day):
    return datetime.combine(day, time(11), tzinfo=UTC)


def local(moment):
    return (dates.local_day(moment, "Europe/Berlin"), moment.strftime("%M"))


def submitted_on(day, executed_on=None):
    """A claim on the claim track, ready since its window opened, and submitted at noon of a day."""
    executed_on = executed_on or day
    with clock.at(noon(day)):
        world = make_world()
    period = period_of(world.cloud, executed_on)
    opens = max(period.claiming_starts, executed_on)
    with clock.at(noon(min(opens, day))):
        claim = builders.draft_claim(world, executed_on=executed_on, usage_period=period)
        make_complete(world, claim, executed_on)
    with clock.at(noon(day)):
        send(claim, world.jana)
    return world, fresh(claim)


def make_complete(world, claim, executed_on):
    proofs.complete_proof(world, proof=claim.proof)
    claim.proof.invoices.update(date=executed_on)


def period_of(program, day):
    """The usage period of a day; made if the world does not have it."""
    found = program.usage_periods.filter(usage_starts__lte=day, usage_ends__gte=day).first()
    if found:
        return found
    half = dates.half_of(dates.half_of(day).earning.starts.replace(day=1) - timedelta(days=1))
    return UsagePeriod.objects.create(
        program=program,
        label=half.label,
        **{
            f"{kind}_{end}": getattr(getattr(half, kind), end)
            for kind in ("earning", "usage", "claiming")
            for end in ("starts", "ends")
        },
    )


def test_review_of_a_claim_is_due_in_two_business_days(years):
    _world, claim = submitted_on(date(2023, 3, 10))  # CL-1, a Friday

    assert local(claim.due_at) == (date(2023, 3, 14), "59")


def test_a_holiday_is_no_business_day(years):
    with clock.at(noon(date(2023, 3, 10))):
        world = make_world()
        Holiday.objects.create(calendar=world.cloud.calendar, date=date(2023, 3, 13), name={"en": "A day off"})
        claim = builders.draft_claim(world, executed_on=date(2023, 3, 9))
        make_complete(world, claim, date(2023, 3, 9))
        send(claim, world.jana)

    assert local(fresh(claim).due_at)[0] == date(2023, 3, 15)


def test_dispute_is_due_in_five_business_days(years):
    world, claim = submitted_on(date(2023, 3, 10))
    with clock.at(noon(date(2023, 3, 14))):  # CL-2, a Tuesday
        services.start_review(claim, actor=world.mira, expected_version=claim.version)
        builders.decide(world, claim, "reject")
        claim = fresh(claim)
        services.dispute(claim, actor=world.jana, expected_version=claim.version, comment="Please.")

    assert local(fresh(claim).due_at) == (date(2023, 3, 21), "59")


@pytest.mark.parametrize(
    ("submitted", "due"),
    [(date(2023, 3, 10), date(2023, 4, 30)), (date(2023, 12, 31), date(2024, 1, 31))],
    ids=["PO-4", "PO-5"],
)
def test_review_on_the_plan_track_is_due_at_the_end_of_the_following_month(years, submitted, due):
    with clock.at(noon(submitted)):
        world = make_world()
        claim = _planned(world, submitted)
        send(claim, world.jana)

    assert local(fresh(claim).due_at) == (due, "59")


def _planned(world, day):
    """A complete claim on the plan track, carried out on the day itself."""
    plan = plans.empty_plan(world)
    span = {"starts": day - timedelta(days=30), "ends": day + timedelta(days=5)}
    campaign = plans.add_campaign(plan, world.jana, **span)
    kind = proofs.kind_of("print_advertising")
    activity = plans.add_activity(
        world, campaign, world.jana, activity_type=kind, planned_amount=plan.requested_amount, countries=["DE"]
    )
    for verb, actor in (("submit", world.jana), ("start_review", world.elif_), ("approve", world.elif_)):
        more = {"approved_amount": plan.requested_amount} if verb == "approve" else {}
        plans.services.SERVICES[verb](plan, actor=actor, expected_version=plans.fresh(plan).version, **more)
    claim = builders.claim_of(proofs.make_proof(world, activity=activity, executed_on=day), world.jana)
    make_complete(world, claim, day)
    return fresh(claim)


@pytest.mark.parametrize(
    ("executed", "claimed", "accepted"),
    [
        (date(2024, 1, 10), date(2024, 1, 20), False),
        (date(2024, 6, 30), date(2024, 8, 15), True),
        (date(2024, 6, 30), date(2024, 8, 16), False),
        # PE-6: on that day the window of the funds of FY24 H1 is closed, and an activity of July belongs to the next ones.
        (date(2024, 7, 1), date(2024, 8, 16), True),
    ],
    ids=["PE-3", "PE-4", "PE-5", "PE-6, for the funds of FY24 H2"],
)
def test_w18_claim_is_first_submitted_in_its_claiming_period(years, executed, claimed, accepted):
    if accepted:
        assert submitted_on(claimed, executed)[1].status == "submitted"
        return
    with pytest.raises(services.NotReady) as caught:
        submitted_on(claimed, executed)

    assert [finding.rule for finding in caught.value.assessment.blocks] == ["claiming_open"]


@pytest.mark.parametrize(("begun", "accepted"), [(date(2024, 8, 15), True), (date(2024, 8, 16), False)])
def test_claim_is_not_begun_for_a_period_whose_claims_are_over(years, client, begun, accepted):
    with clock.at(noon(begun)):
        world = make_world()
        period = period_of(world.cloud, date(2024, 6, 30))
        offered = f'value="{period.public_id}"' in sign_in(client, world.jana).get("/claims/new/").content.decode()

        if accepted:
            builders.draft_claim(world, executed_on=date(2024, 6, 30), usage_period=period)
        else:
            with pytest.raises(RuleViolation, match="Claims for FY24 H1 were accepted until 15 Aug 2024") as caught:
                builders.draft_claim(world, executed_on=date(2024, 6, 30), usage_period=period)
            assert [place for place, _sentence in caught.value.problems] == ["usage_period"]
    assert offered is accepted


@pytest.mark.parametrize(("today", "warned"), [(date(2023, 12, 31), True), (date(2024, 1, 1), False)])
def test_form_warns_of_a_period_that_has_not_begun(years, client, today, warned):
    """Its claims can be prepared: the sources do not forbid it."""
    with clock.at(noon(today)):
        world = make_world()
        world.jana.language = "en"
        world.jana.save()
        period = period_of(world.cloud, date(2024, 6, 30))
        page = sign_in(client, world.jana).get("/claims/new/").content.decode()

    words = page.partition(f'value="{period.public_id}"')[2].partition("</option>")[0]
    assert ("not started yet" in words) is warned
    assert "claims from" in words


def test_activity_after_the_usage_period_cannot_be_claimed_for_its_funds(years):
    with clock.at(noon(date(2024, 8, 16))):  # PE-6
        world = make_world()
        funds_of_fy24_h1 = period_of(world.cloud, date(2024, 6, 30))

        with pytest.raises(RuleViolation, match="usage period"):
            builders.draft_claim(world, executed_on=date(2024, 7, 1), usage_period=funds_of_fy24_h1)


def test_w18_resubmission_is_possible_after_the_window(years):
    world, claim = submitted_on(date(2024, 8, 15), date(2024, 6, 30))
    with clock.at(noon(date(2024, 8, 19))):
        services.start_review(claim, actor=world.mira, expected_version=claim.version)
        builders.decide(world, claim, "request_action")
    with clock.at(noon(date(2024, 9, 2))):
        send(claim, world.jana, "resubmit")

    claim = fresh(claim)
    assert (claim.status, local(claim.due_at)[0]) == ("submitted", date(2024, 9, 4))


def test_w18_d01_window_ends_where_the_program_lives(years):
    """The last second of 15 August in Berlin, 21:59:59 UTC, is in time; the next one is not."""
    with clock.at(noon(date(2024, 8, 10))):
        world = make_world()
        period = period_of(world.cloud, date(2024, 6, 30))
        claims = [
            builders.draft_claim(world, executed_on=date(2024, 6, 30), usage_period=period, name=name) for name in "ab"
        ]
        for claim in claims:
            make_complete(world, claim, date(2024, 6, 30))

    with clock.at(datetime(2024, 8, 15, 21, 59, 59, tzinfo=UTC)):
        send(claims[0], world.jana)
    with clock.at(datetime(2024, 8, 15, 22, 0, 0, tzinfo=UTC)), pytest.raises(services.NotReady):
        send(claims[1], world.jana)


@pytest.mark.parametrize(
    ("zone", "reader"),
    [("Pacific/Auckland", "America/New_York"), ("America/New_York", "Asia/Kolkata"), ("UTC", "Pacific/Honolulu")],
)
def test_d03_page_list_review_page_and_mail_name_the_same_day(years, client, zone, reader):
    """On the day on which clocks change in New York; the readers live elsewhere."""
    world, claim = submitted_on(date(2024, 3, 8))
    Calendar.objects.update(time_zone=zone)
    User.objects.update(time_zone=reader, language="en")
    Case.objects.filter(kind="claim").update(due_at=clock.end_of_day(date(2024, 3, 10), zone))
    with clock.at(noon(date(2024, 3, 9))), timezone.override(reader):
        letter = submitted(fresh(claim), Event.objects.filter(case=claim.case).latest("pk"), world.mira)
        shown = {
            "page": sign_in(client, world.jana).get(claim.get_absolute_url()).content.decode(),
            "list": client.get("/claims/").content.decode(),
            "review": sign_in(client, world.mira).get("/review/").content.decode(),
            "mail": letter.deadline,
        }

    assert [name for name, text in shown.items() if "10 Mar 2024" not in text] == []
    assert [name for name, text in shown.items() if "9 Mar 2024" in text or "11 Mar 2024" in text] == []


def test_d01_the_rule_stands_on_the_forms_that_begin_something(years, client):
    with clock.at(noon(date(2024, 8, 10))):
        world = make_world()
        Calendar.objects.update(time_zone="America/New_York")
        pages = [sign_in(client, world.owen).get(url).content.decode() for url in ("/claims/new/", new_plan(world))]

    assert [page.count("23:59 on its last day (New York)") for page in pages] == [1, 1]


def new_plan(world):
    return f"/plans/new/?market={world.market.public_id}"


def test_draft_is_due_by_the_end_of_the_claiming_period(world):
    claim = builders.draft_claim(world)

    assert local(claim.due_at) == (world.period.claiming_ends, "59")


def test_draft_on_the_plan_track_is_due_180_days_after_the_campaign_starts(world):
    claim = builders.draft_claim(world, track="plan")

    starts = claim.proof.activity.campaign.in_force.starts
    assert (dates.local_day(claim.due_at, "Europe/Berlin") - starts).days == 180


@pytest.mark.parametrize(
    ("builder", "editable"),
    [
        (builders.draft_claim, True),
        (builders.submitted_claim, False),
        (builders.claim_under_review, False),
        (builders.returned_claim, True),
        (builders.approved_claim, False),
        (builders.rejected_claim, False),
        (builders.disputed_claim, False),
    ],
)
def test_claim_and_proof_are_editable_together(world, builder, editable):
    claim = builder(world)  # CL-7, CL-8

    assert (claim.is_editable, Proof.objects.get(pk=claim.pk).is_editable) == (editable, editable)
