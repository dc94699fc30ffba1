"""Uniqueness, deadlines, dates, amounts and addresses: the rules of docs/domain.md, "Plan checks", by the services."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from incentives_portal import clock
from incentives_portal.accounts.models import Organisation
from incentives_portal.cases.errors import InvalidTransition, NotAllowed, RuleViolation
from incentives_portal.cases.models import Case
from incentives_portal.programs.models import ProgramYear
from incentives_portal.tests.world import enrol
from plans import rules, services
from plans.facts import plan_facts
from plans.limits import Claimed
from plans.models import Activity, Campaign, Plan

from . import builders
from .builders import fresh

BERLIN = "Europe/Berlin"


def noon(day):
    return datetime(day.year, day.month, day.day, 11, 0, tzinfo=UTC)


@pytest.fixture
def fy23(world):
    """The program year of the documented examples: until 30 June 2023, revisions for 90 days more."""
    return ProgramYear.objects.create(
        program=world.device,
        label="FY23",
        starts=date(2022, 7, 1),
        ends=date(2023, 6, 30),
        revise_until=date(2023, 9, 28),
    )


@pytest.mark.parametrize(
    ("vector", "change", "accepted"),
    [
        ("PU-1", {}, False),
        ("PU-2", {"fund_type": "other_fund_type"}, True),
        ("other location", {"location": "kiel"}, True),
    ],
)
def test_plan_key_is_taken_once(world, vector, change, accepted):
    builders.empty_plan(world)
    given = {name: getattr(world, value) for name, value in change.items()}

    if accepted:
        builders.empty_plan(world, **given)
    else:
        with pytest.raises(RuleViolation, match="already a plan"):
            builders.empty_plan(world, **given)

    assert Plan.objects.count() == 1 + accepted


def test_plan_that_takes_the_key_is_named_and_not_the_one_that_was_discarded_before(world):
    first = builders.empty_plan(world)
    services.discard(first, actor=world.jana, expected_version=first.version)
    second = builders.empty_plan(world)

    with pytest.raises(RuleViolation) as refused:
        builders.empty_plan(world)

    assert refused.value.see == second


def test_another_program_year_is_another_plan(world, fy23):
    with clock.at(noon(date(2023, 6, 1))):
        builders.empty_plan(world, program_year=fy23)

    builders.empty_plan(world)

    assert Plan.objects.count() == 2


@pytest.mark.parametrize(
    ("vector", "day", "accepted"), [("PR-1", date(2023, 6, 30), True), ("PR-2", date(2023, 7, 1), False)]
)
def test_first_submission_is_possible_in_the_program_year(world, fy23, vector, day, accepted):
    with clock.at(noon(date(2023, 5, 1))):
        plan = builders.make_plan(world, program_year=fy23)

    with clock.at(noon(day)):
        if accepted:
            services.submit(plan, actor=world.jana, expected_version=plan.version)
        else:
            with pytest.raises(RuleViolation, match="deadline to submit a plan for this program year was"):
                services.submit(plan, actor=world.jana, expected_version=plan.version)

    assert (fresh(plan).case.first_submitted_at is not None) is accepted


@pytest.mark.parametrize(
    ("vector", "day", "accepted"), [("PR-3", date(2023, 9, 28), True), ("PR-4", date(2023, 9, 29), False)]
)
def test_resubmission_is_possible_90_days_longer(world, fy23, vector, day, accepted):
    with clock.at(noon(date(2023, 6, 1))):
        plan = builders.returned_plan(world, program_year=fy23)

    with clock.at(noon(day)):
        if accepted:
            services.resubmit(plan, actor=world.jana, expected_version=plan.version)
        else:
            with pytest.raises(RuleViolation, match="deadline to revise plans for this program year was"):
                services.resubmit(plan, actor=world.jana, expected_version=plan.version)

    assert fresh(plan).case.submissions.count() == 1 + accepted


def test_deadline_ends_at_midnight_where_the_program_lives(world, fy23):
    with clock.at(noon(date(2023, 6, 1))):
        plan = builders.make_plan(world, program_year=fy23)
    last_second = datetime(2023, 6, 30, 21, 59, 59, tzinfo=UTC)  # 23:59:59 in Berlin

    with clock.at(last_second):
        assert not rules.is_late(plan)
    with clock.at(last_second + timedelta(seconds=1)):
        assert rules.is_late(plan)


@pytest.mark.parametrize(("verb", "build"), [("revise", builders.approved_plan), ("rework", builders.rejected_plan)])
def test_revision_cannot_begin_after_the_last_day(world, fy23, verb, build):
    with clock.at(noon(date(2023, 6, 1))):
        plan = build(world, program_year=fy23)

    with clock.at(noon(date(2023, 9, 28))):
        assert verb in [transition.verb for transition in rules.open_verbs(plan, world.jana)]
    with clock.at(noon(date(2023, 9, 29))):
        assert verb not in [transition.verb for transition in rules.open_verbs(plan, world.jana)]
        with pytest.raises(RuleViolation, match="until"):
            services.SERVICES[verb](plan, actor=world.jana, expected_version=plan.version)

    assert fresh(plan).version == plan.version


def test_plan_of_a_past_year_cannot_be_created(world, fy23):
    with clock.at(noon(date(2023, 7, 1))), pytest.raises(RuleViolation) as caught:
        builders.empty_plan(world, program_year=fy23)

    assert caught.value.places == ["program_year"]


@pytest.mark.parametrize("name", ["tobias", "lena", "anton", "nils", "owen", "elif_", "mira"])
def test_plan_is_created_by_who_writes_there_only(world, name):
    with pytest.raises(NotAllowed):
        builders.empty_plan(world, actor=getattr(world, name))

    assert not Plan.objects.exists()


@pytest.mark.parametrize("name", ["jana", "karin", "bea"])
def test_plan_is_created_by_admins_of_the_partner(world, name):
    assert builders.empty_plan(world, actor=getattr(world, name)).scope.location_id == world.hamburg.pk


def test_plan_needs_an_enrolled_location(world):
    Case.objects.filter(enrolment__location=world.hamburg, enrolment__program=world.device).update(status="inactive")

    with pytest.raises(RuleViolation) as caught:
        builders.empty_plan(world)

    assert caught.value.places == ["location"]


def test_plan_needs_a_program_with_plans(world):
    with pytest.raises(RuleViolation):
        builders.empty_plan(world, market=world.cloud_market)


def test_fund_type_and_year_are_those_of_the_program(world):
    world.fund_type.pk = None
    world.fund_type.program, world.fund_type.code = world.cloud, "X"
    world.fund_type.save()

    with pytest.raises(RuleViolation) as caught:
        builders.empty_plan(world)

    assert caught.value.places == ["fund_type"]


@pytest.mark.parametrize(
    ("email", "accepted"),
    [("somebody@halden.example", True), ("Elif.Sander@HALDEN.example", True), ("x@halden.example.evil.example", False)],
)
def test_reviewer_email_is_an_address_of_the_operator(world, email, accepted):
    if accepted:
        assert builders.empty_plan(world, reviewer_email=email).reviewer_email == email.lower()
    else:
        with pytest.raises(RuleViolation) as caught:
            builders.empty_plan(world, reviewer_email=email)
        assert caught.value.places == ["reviewer_email"]


def test_reviewer_who_is_no_active_person_is_a_warning(world):
    plan = builders.make_plan(world, reviewer_email="left@halden.example")

    services.submit(plan, actor=world.jana, expected_version=plan.version)

    findings = plan.case.submissions.get().assessment["findings"]
    assert {finding["rule"]: finding["level"] for finding in findings}["reviewer_is_user"] == "warn"


@pytest.mark.parametrize("amount", [Decimal("0"), Decimal("-1")])
def test_amounts_are_more_than_zero(world, amount):
    with pytest.raises(RuleViolation) as caught:
        builders.empty_plan(world, requested_amount=amount)
    assert caught.value.places == ["requested_amount"]

    campaign = builders.add_campaign(builders.empty_plan(world), world.jana)
    with pytest.raises(RuleViolation) as caught:
        builders.add_activity(world, campaign, world.jana, planned_amount=amount)
    assert caught.value.places == ["planned_amount"]


def test_campaign_lies_inside_the_program_year(world):
    plan = builders.empty_plan(world)
    first, last = world.year.starts, world.year.ends
    day = timedelta(days=1)

    for starts, ends, place in [
        (first - day, last, "starts"),
        (first, last + day, "ends"),
        (last, first, "ends"),
        (last + day, last + day, "starts"),
    ]:
        with pytest.raises(RuleViolation) as caught:
            builders.add_campaign(plan, world.jana, starts=starts, ends=ends)
        assert caught.value.places == [place]
    builders.add_campaign(plan, world.jana, starts=first, ends=last)

    assert Campaign.objects.count() == 1


def test_activity_types_that_the_program_excludes_are_refused(world):
    campaign = builders.add_campaign(builders.empty_plan(world), world.jana)
    world.advert.excluded_kinds = ["standard"]
    world.advert.save()

    with pytest.raises(RuleViolation) as caught:
        builders.add_activity(world, campaign, world.jana, activity_type=world.advert)

    assert caught.value.places == ["activity_type"]


def test_content_is_edited_while_the_plan_is_with_the_partner_only(world):
    plan = builders.submitted_plan(world)
    campaign, activity = Campaign.objects.get(), Activity.objects.first()
    by = {"actor": world.jana, "expected_version": plan.version}

    for deed in (
        lambda: builders.add_campaign(plan, world.jana),
        lambda: services.edit_campaign(
            campaign, name="X", starts=campaign.draft.starts, ends=campaign.draft.ends, **by
        ),
        lambda: services.remove_campaign(campaign, **by),
        lambda: builders.add_activity(world, campaign, world.jana),
        lambda: services.remove_activity(activity, **by),
    ):
        with pytest.raises(InvalidTransition):
            deed()

    assert fresh(plan).version == plan.version


def test_currency_of_an_approved_plan_stays(world):
    plan = builders.plan_in_revision(world)
    values = {"title": plan.title, "requested_amount": Decimal(5), "reviewer_email": plan.reviewer_email}

    with pytest.raises(RuleViolation) as caught:
        services.edit_plan(plan, actor=world.jana, expected_version=plan.version, currency="USD", **values)

    assert caught.value.places == ["currency"]


def test_currency_without_decimals_needs_amounts_without_decimals(world):
    plan = builders.make_plan(world, requested_amount=Decimal("10.01"))
    values = {"title": plan.title, "requested_amount": Decimal(5), "reviewer_email": plan.reviewer_email}

    with pytest.raises(RuleViolation) as caught:
        services.edit_plan(plan, actor=world.jana, expected_version=plan.version, currency="JPY", **values)

    assert caught.value.places == ["currency"]


def test_type_of_an_approved_activity_stays(world):
    plan = builders.plan_in_revision(world)
    activity = Activity.objects.first()
    values = {"name": "X", "countries": ["DE"], "planned_amount": Decimal(5)}

    with pytest.raises(RuleViolation) as caught:
        services.edit_activity(
            activity, actor=world.jana, expected_version=plan.version, activity_type=world.advert, **values
        )

    assert caught.value.places == ["activity_type"]
    services.edit_activity(
        activity, actor=world.jana, expected_version=plan.version, activity_type=world.seminar, **values
    )


def test_roles_at_one_location_reach_that_location_only(world):
    from incentives_portal.people.models import IncentivesRole
    from incentives_portal.tests.world import give_incentives_role

    give_incentives_role(world.nils, world.device, IncentivesRole.ADMIN, world.kiel)
    other = builders.make_plan(world)

    assert builders.empty_plan(world, actor=world.nils, location=world.kiel).location == world.kiel
    with pytest.raises(NotAllowed):
        builders.empty_plan(world, actor=world.nils, location=world.hamburg, fund_type=world.other_fund_type)
    assert other not in Plan.objects.visible_to(world.nils)


def test_enrolment_that_ends_after_submission_does_not_stop_the_review(world):
    plan = builders.returned_plan(world)
    Case.objects.filter(enrolment__location=world.hamburg, enrolment__program=world.device).update(status="inactive")

    services.resubmit(plan, actor=world.jana, expected_version=plan.version)

    findings = plan.case.submissions.latest("number").assessment["findings"]
    assert {finding["rule"]: finding["level"] for finding in findings}["enrolled"] == "warn"


def test_enrol_helper_is_what_the_rules_ask(world):
    extra = world.brightwater.locations.create(partner_id="4471903", name="Leeds", country="GB")
    with pytest.raises(RuleViolation):
        builders.empty_plan(world, actor=world.owen, location=extra)

    enrol(extra, world.device)

    assert builders.empty_plan(world, actor=world.owen, location=extra).location == extra


def test_year_is_open_for_new_plans_to_the_end_of_its_last_day(world):
    last = world.year.ends
    found = []
    for day in (last, last + timedelta(days=1)):
        with clock.at(noon(day)):
            found.append(rules.year_problem(world.year, BERLIN))

    assert found[0] is None
    assert found[1].startswith("Plans for FY27 could be created until 30 Jun 2027")


def test_plan_is_edited_by_who_writes_plans_while_it_can_be_edited(world):
    draft = builders.make_plan(world)

    assert [rules.may_edit(user, draft) for user in (world.jana, world.lena, world.elif_)] == [True, False, False]
    draft.case.status = "submitted"
    assert not rules.may_edit(world.jana, draft)


@pytest.mark.parametrize(
    ("requested", "said"),
    [("4000.00", "Approve at least this amount."), ("3999.99", "which is more than the amount requested now.")],
)
def test_limit_below_what_was_approved_says_what_helps(world, requested, said):
    plan = Plan(case=Case(currency="EUR", requested_amount=Decimal(requested)))

    assert rules.limit_problem(plan, Decimal("4000.00"), Claimed(Decimal(4000), Decimal(0))) is None
    assert said in rules.limit_problem(plan, Decimal("3999.99"), Claimed(Decimal(4000), Decimal(0)))


@pytest.mark.parametrize(
    ("amount", "warned"), [("3999.99", False), ("4000.00", True), ("5999.99", True), ("6000.00", False)]
)
def test_limit_that_does_not_cover_claims_that_are_not_decided_is_warned_of(world, amount, warned):
    """4,000 are approved and 2,000 are not decided yet; less than what is approved is refused, and not warned of."""
    plan = builders.submitted_plan(world)

    warning = rules.limit_warning(plan, Decimal(amount), Claimed(Decimal(4000), Decimal(2000)))

    assert ("€2,000.00" in warning, "€4,000.00" in warning) == (warned, warned)


def test_reviewer_email_names_the_domains_of_the_operator(world):
    domains = ", ".join(world.mira.organisation.email_domains)

    assert f"({domains})" in rules.reviewer_email_problem("mira@elsewhere.example")


@pytest.mark.django_db
def test_reviewer_email_is_refused_while_there_is_no_operator():
    assert "of the operator ()" in rules.reviewer_email_problem("mira@elsewhere.example")


def test_reviewer_is_at_the_operator_by_the_domain_of_the_address(world):
    plan = builders.make_plan(world)
    assert plan_facts(plan).reviewer_at_operator

    plan.reviewer_email = "somebody@elsewhere.example"
    assert not plan_facts(plan).reviewer_at_operator

    plan.reviewer_email = world.elif_.email
    Organisation.objects.filter(pk=world.halden.pk).update(kind="partner")
    assert not plan_facts(plan).reviewer_at_operator, "there is no operator"
