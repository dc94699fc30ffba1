"""What a plan says, changed and brought back through the services: the same questions as when it was new, and what the history keeps."""

from datetime import timedelta
from decimal import Decimal

import pytest

from incentives_portal.cases.errors import CommentMissing, NotAllowed, RuleViolation, StaleVersion
from incentives_portal.cases.models import Event
from incentives_portal.outbox.models import Message
from incentives_portal.tests.owner import as_owner
from incentives_portal.tests.world import sign_in
from plans import services
from plans.models import Activity, Campaign
from plans.snapshot import content_of

from . import builders
from .builders import fresh

DAY = timedelta(days=1)


def head(plan, **given):
    values = {
        "currency": plan.currency,
        "title": plan.title,
        "description": plan.description,
        "requested_amount": plan.requested_amount,
        "reviewer_email": plan.reviewer_email,
    }
    return values | given


def edit_plan(world, plan, **given):
    return services.edit_plan(
        plan, actor=world.jana, expected_version=fresh(plan).version, **head(fresh(plan), **given)
    )


def edit_campaign(world, campaign, **given):
    values = {name: getattr(campaign.draft, name) for name in ("name", "starts", "ends")}
    seen = fresh(campaign.plan).version
    return services.edit_campaign(campaign, actor=world.jana, expected_version=seen, **(values | given))


def edit_activity(world, activity, **given):
    names = ("activity_type", "name", "goal", "countries", "planned_amount")
    values = {name: getattr(activity.draft, name) for name in names}
    seen = fresh(activity.campaign.plan).version
    return services.edit_activity(activity, actor=world.jana, expected_version=seen, **(values | given))


def last(plan):
    return Event.objects.filter(case=plan.case).latest("pk")


def refused_at(deed):
    with pytest.raises(RuleViolation) as caught:
        deed()
    (place,) = caught.value.places
    return place


# The plan itself


def test_edited_plan_is_kept_and_told(world):
    plan = builders.empty_plan(world)

    edit_plan(
        world,
        plan,
        description="Other words.",
        requested_amount=Decimal("12000.005"),
        reviewer_email="Emre.Aksoy@Halden.example",
        currency="USD",
    )

    now = fresh(plan)
    assert (now.title, now.description, now.requested_amount) == (plan.title, "Other words.", Decimal("12000.01"))
    assert (now.reviewer_email, now.currency) == ("emre.aksoy@halden.example", "USD")
    changes = last(plan).data["changes"]
    assert sorted(changes) == ["currency", "description", "requested_amount", "reviewer_email"]
    assert changes["currency"] == ["EUR", "USD"]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"requested_amount": Decimal(0)}, "requested_amount"),
        ({"requested_amount": Decimal("-0.01")}, "requested_amount"),
        ({"reviewer_email": "owen@brightwater.example"}, "reviewer_email"),
    ],
)
def test_edited_plan_is_asked_what_a_new_one_is_asked(world, given, place):
    plan = builders.empty_plan(world)

    assert refused_at(lambda: edit_plan(world, plan, **given)) == place
    assert (fresh(plan).version, last(plan).code) == (plan.version, "plans.plan.created")


def test_plan_that_gets_another_title_has_it_in_list_history_and_mail(world, client):
    plan = builders.make_plan(world, title="Spring device refresh")

    edit_plan(world, plan, title="Autumn device refresh")

    assert fresh(plan).case.title == "Autumn device refresh"
    for address in ("/plans/", plan.get_absolute_url()):
        page = sign_in(client, world.jana).get(address).content.decode()
        assert ("Autumn device refresh" in page, "Spring device refresh" in page) == (True, False), address
    builders.services.submit(fresh(plan), actor=world.jana, expected_version=fresh(plan).version)
    message = Message.objects.get(code="plan_submitted")
    assert ("Autumn device refresh" in message.text, "Spring device refresh" in message.text) == (True, False)


@pytest.mark.parametrize(
    ("planned", "currency", "allowed"),
    [
        (("5000.00", "5000.00"), "JPY", True),
        (("5000.00", "5000.50"), "JPY", False),
        (("5000.50", "5000.50"), "JPY", False),
        (("5000.50", "5000.50"), "USD", True),
    ],
)
def test_currency_is_one_that_has_the_decimals_of_each_planned_amount(world, planned, currency, allowed):
    """Amounts of another plan, which has decimals, are nobody's business here."""
    other = builders.empty_plan(world, location=world.kiel)
    builders.add_activity(world, builders.add_campaign(other, world.jana), world.jana, planned_amount=Decimal("0.75"))
    plan = builders.empty_plan(world)
    campaign = builders.add_campaign(plan, world.jana)
    for amount in planned:
        builders.add_activity(world, campaign, world.jana, planned_amount=Decimal(amount))

    if allowed:
        edit_plan(world, plan, currency=currency)
    else:
        assert refused_at(lambda: edit_plan(world, plan, currency=currency)) == "currency"

    assert fresh(plan).currency == (currency if allowed else "EUR")


def test_currency_that_stays_is_not_asked_for(world):
    plan = builders.plan_in_revision(world)

    edit_plan(world, plan, title="Bigger")

    assert (fresh(plan).currency, fresh(plan).title) == ("EUR", "Bigger")


# Campaigns and activities


def test_new_plan_and_a_removed_campaign_are_in_the_history(world):
    plan = builders.empty_plan(world)
    assert (last(plan).code, last(plan).to_status) == ("plans.plan.created", "editing")
    campaign = builders.add_campaign(plan, world.jana, name="Herbst")

    services.remove_campaign(campaign, actor=world.jana, expected_version=fresh(plan).version)

    assert (last(plan).code, last(plan).data, last(plan).actor) == (
        "plans.campaign.removed", {"name": "Herbst"}, world.jana,
    )  # fmt: skip


def test_edited_campaign_is_asked_what_a_new_one_is_asked(world):
    plan = builders.make_plan(world)
    campaign, (first, end) = Campaign.objects.get(), (world.year.starts, world.year.ends)

    assert refused_at(lambda: edit_campaign(world, campaign, starts=first - DAY)) == "starts"
    assert refused_at(lambda: edit_campaign(world, campaign, ends=end + DAY)) == "ends"
    assert refused_at(lambda: edit_campaign(world, campaign, ends=campaign.draft.starts - DAY)) == "ends"
    edit_campaign(world, campaign, starts=first, ends=end, name="All year")

    now = Campaign.objects.get().draft
    assert (now.name, now.starts, now.ends) == ("All year", first, end)
    event = last(plan)
    assert (event.code, event.data["name"]) == ("plans.campaign.edited", "All year")
    assert sorted(event.data["changes"]) == ["ends", "name", "starts"]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"planned_amount": Decimal(0)}, "planned_amount"),
        ({"planned_amount": Decimal("-0.01")}, "planned_amount"),
        ({"countries": []}, "countries"),
        ({"countries": ["FR"]}, "countries"),
        ({"countries": ["DE", "FR"]}, "countries"),
    ],
)
def test_edited_activity_is_asked_what_a_new_one_is_asked(world, given, place):
    plan = builders.make_plan(world)
    activity, campaign = Activity.objects.first(), Campaign.objects.get()

    assert refused_at(lambda: edit_activity(world, activity, **given)) == place
    assert refused_at(lambda: builders.add_activity(world, campaign, world.jana, **given)) == place

    now = Activity.objects.get(pk=activity.pk).draft
    assert (now.planned_amount, now.countries, fresh(plan).version) == (Decimal("5000"), ["DE", "DK"], plan.version)


def test_edited_activity_is_kept_and_told(world):
    plan = builders.make_plan(world)
    activity = Activity.objects.first()
    given = {"activity_type": world.advert, "name": "Advert", "goal": "", "countries": ["SE", "GB"]}

    edit_activity(world, activity, planned_amount=Decimal("0.005"), **given)

    now = Activity.objects.get(pk=activity.pk).draft
    assert (now.activity_type, now.name, now.goal, now.countries, now.planned_amount) == (
        world.advert,
        "Advert",
        "",
        ["GB", "SE"],
        Decimal("0.01"),
    )
    assert sorted(last(plan).data["changes"]) == ["activity_type", "countries", "goal", "name", "planned_amount"]


@pytest.mark.parametrize("change", [{"active": False}, {"excluded_kinds": ["standard"]}])
def test_kind_that_is_switched_off_or_excluded_is_not_changed_to_but_one_that_is_there_stays(world, change):
    builders.make_plan(world)
    activity, campaign = Activity.objects.first(), Campaign.objects.get()
    for kind in (world.advert, world.seminar):
        type(kind).objects.filter(pk=kind.pk).update(**change)
        kind.refresh_from_db()

    assert refused_at(lambda: edit_activity(world, activity, activity_type=world.advert)) == "activity_type"
    new = {"activity_type": world.advert}
    assert refused_at(lambda: builders.add_activity(world, campaign, world.jana, **new)) == "activity_type"
    edit_activity(world, activity, name="Renamed")

    assert Activity.objects.get(pk=activity.pk).draft.name == "Renamed"


def test_what_a_colleague_took_out_or_what_is_another_plans_is_stale(world):
    plan, other = builders.make_plan(world), builders.make_plan(world, fund_type=world.other_fund_type)
    activity = Activity.objects.drafts().select_related("campaign__plan").filter(campaign__plan=plan).first()
    campaign = activity.campaign
    services.remove_campaign(campaign, actor=world.jana, expected_version=plan.version)
    foreign = Campaign.objects.get(plan=other)
    foreign.plan = plan

    for deed in (
        lambda: edit_campaign(world, campaign),
        lambda: edit_activity(world, activity),
        lambda: edit_campaign(world, foreign, name="Moved"),
    ):
        with pytest.raises(StaleVersion):
            deed()

    assert Campaign.objects.get().draft.name == "Launch weeks"


# Going back to what was approved


def test_discarded_revision_brings_back_campaigns_that_were_taken_out_in_their_order(world):
    """Both begin on the same day, so that their order is that in which they were written."""
    plan = builders.make_plan(world)
    second = builders.add_campaign(plan, world.jana, name="Second wave")
    for number in (3, 4, 5):
        builders.add_activity(world, second, world.jana, name=f"Seminar {number}", planned_amount=Decimal(100))
    edit_plan(world, plan, requested_amount=Decimal("10300"))
    for verb, actor in (("submit", "jana"), ("start_review", "elif_"), ("approve", "elif_"), ("revise", "jana")):
        builders.deed(world, fresh(plan), verb, getattr(world, actor))()
    approved = content_of(fresh(plan))
    for campaign in Campaign.objects.filter(plan=plan):
        services.remove_campaign(campaign, actor=world.jana, expected_version=fresh(plan).version)
    edit_plan(world, plan, title="Smaller", requested_amount=Decimal(1))
    builders.add_activity(world, builders.add_campaign(plan, world.jana, name="Third"), world.jana)

    services.discard_revision(plan, actor=world.jana, expected_version=fresh(plan).version)

    now = fresh(plan)
    assert content_of(now) == approved
    assert (now.status, now.case.title) == ("approved", "Spring device refresh")
    names = [(str(part.campaign), [str(row) for row in part.activities]) for part in now.parts]
    assert names == [
        ("Launch weeks", ["Seminar 1", "Seminar 2"]),
        ("Second wave", ["Seminar 3", "Seminar 4", "Seminar 5"]),
    ]
    assert Activity.objects.in_force().count() == Activity.objects.count() == 5


# Comments


@pytest.mark.parametrize(
    ("name", "comments", "notes"),
    [
        ("jana", True, False),
        ("karin", True, False),
        ("tobias", False, False),
        ("lena", False, False),
        ("owen", False, False),
        ("elif_", True, True),
        ("mira", False, True),
        ("hugo", False, True),
    ],
)
def test_comments_are_of_those_who_write_or_decide_and_notes_of_the_operator(world, name, comments, notes):
    plan = builders.submitted_plan(world)

    for internal, allowed in ((False, comments), (True, notes)):
        if allowed:
            event = services.add_comment(plan, actor=getattr(world, name), comment=" Yes. ", internal=internal)
            assert (event.comment, event.internal) == ("Yes.", internal)
        else:
            with pytest.raises(NotAllowed):
                services.add_comment(plan, actor=getattr(world, name), comment="Yes.", internal=internal)


@pytest.mark.parametrize("internal", [False, True])
def test_comment_without_words_is_none(world, internal):
    plan = builders.submitted_plan(world)

    with pytest.raises(CommentMissing):
        services.add_comment(plan, actor=world.elif_, comment=" \n ", internal=internal)

    assert last(plan).code == "plans.plan.submitted"


@pytest.mark.parametrize(
    ("build", "author", "internal", "told"),
    [
        (builders.make_plan, "jana", False, []),
        (builders.make_plan, "elif_", False, []),
        (builders.submitted_plan, "jana", False, ["elif_"]),
        (builders.submitted_plan, "elif_", True, []),
        (builders.plan_under_review, "elif_", False, ["jana"]),
        (builders.plan_under_review, "emre", False, ["jana"]),
        (builders.plan_under_review, "karin", False, ["elif_"]),
        (builders.returned_plan, "jana", False, ["elif_"]),
    ],
)
def test_comment_is_told_to_the_other_side_and_never_to_its_author(world, build, author, internal, told):
    plan = build(world)
    with as_owner():
        Message.objects.all().delete()

    services.add_comment(plan, actor=getattr(world, author), comment="A question", internal=internal)

    written_to = Message.objects.filter(code="plan_comment_added").values_list("address", flat=True)
    assert sorted(written_to) == sorted(getattr(world, name).email for name in told)


def test_activity_may_take_place_in_all_countries_of_the_market(world):
    plan = builders.make_plan(world)
    activity = Activity.objects.filter(campaign__plan=plan).first()

    edit_activity(world, activity, countries=world.market.countries)

    assert Activity.objects.get(pk=activity.pk).draft.countries == world.market.countries


def test_history_names_the_activity_that_was_taken_out(world):
    plan = builders.make_plan(world)
    activity = Activity.objects.filter(campaign__plan=plan).first()

    services.remove_activity(activity, actor=world.jana, expected_version=plan.version)

    assert not Activity.objects.filter(pk=activity.pk).exists()
    assert (last(plan).code, last(plan).data, last(plan).actor) == (
        "plans.activity.removed",
        {"name": "Seminar 1"},
        world.jana,
    )
