"""The pages of plans: what they show to whom, what they answer to wrong and late posts, and how many queries they make."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from incentives_portal.accounts.models import Organisation, OrganisationKind
from incentives_portal.accounts.services import add_location, add_person
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import RemarkDraft
from incentives_portal.people.models import IncentivesRole
from incentives_portal.programs.models import Market
from incentives_portal.tests.world import give_incentives_role, sign_in
from plans import enums, services
from plans.models import Activity, Campaign, Plan

from . import builders
from .builders import fresh


@pytest.fixture
def jana(client, world):
    return sign_in(client, world.jana)


@pytest.fixture
def new_plan(world):
    """What one types into *New plan*."""
    return {
        "location": str(world.hamburg.public_id),
        "fund_type": "MDF",
        "program_year": str(world.year.public_id),
        "title": "Modern workplace launch",
        "description": "In spring many machines are replaced.",
        "currency": "EUR",
        "requested_amount": "60.000,50",
        "reviewer_email": "elif.sander@halden.example",
    }


def new_url(world):
    return f"{reverse('plans:new')}?market={world.market.public_id}"


def url(name, plan, *args):
    return reverse(f"plans:{name}", args=[plan.public_id, *args])


def test_new_plan_is_saved_and_opens(jana, world, new_plan):
    response = jana.post(new_url(world), new_plan)

    plan = Plan.objects.get()
    assert (response.status_code, response["Location"]) == (302, plan.get_absolute_url())
    assert (plan.location, plan.market, plan.fund_type, plan.program_year) == (
        world.hamburg,
        world.market,
        world.fund_type,
        world.year,
    )
    assert (plan.requested_amount, plan.currency, plan.status) == (Decimal("60000.50"), "EUR", enums.EDITING)


def test_new_plan_form_keeps_what_was_typed(jana, world, new_plan):
    response = jana.post(
        new_url(world), new_plan | {"requested_amount": "viel", "reviewer_email": "me@nordlicht.example"}
    )

    assert response.status_code == 422
    form = response.context["form"]
    assert set(form.errors) == {"requested_amount", "reviewer_email"}
    assert 'value="viel"' in response.content.decode()
    assert not Plan.objects.exists()


@pytest.mark.parametrize("field", ["location", "fund_type", "program_year"])
def test_new_plan_takes_no_foreign_key_from_elsewhere(jana, world, new_plan, field):
    foreign = {"location": str(world.bristol.public_id), "fund_type": "OTHER", "program_year": "no-year"}

    response = jana.post(new_url(world), new_plan | {field: foreign[field]})

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {field}
    assert not Plan.objects.exists()


def test_new_plan_ignores_fields_that_are_not_in_the_form(jana, world, new_plan):
    jana.post(new_url(world), new_plan | {"status": "approved", "approved_amount": "1", "version": "9"})

    plan = Plan.objects.get()
    assert (plan.status, plan.approved_amount, plan.version) == (enums.EDITING, None, 1)


def test_second_plan_of_the_same_key_is_refused_with_the_form_kept(jana, world, new_plan):
    first = builders.empty_plan(world)

    response = jana.post(new_url(world), new_plan)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["location"]
    assert re.search(rf'<a href="{first.get_absolute_url()}">[^<]*{first.case.reference}', response.content.decode())
    assert Plan.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "status"), [("tobias", 403), ("lena", 403), ("owen", 200), ("elif_", 403), ("nils", 403)]
)
def test_new_plan_is_for_who_writes_plans(client, world, name, status):
    sign_in(client, getattr(world, name))

    assert client.get(new_url(world)).status_code == status


def test_new_plan_of_an_unknown_market_is_not_found(jana, world):
    assert jana.get(f"{reverse('plans:new')}?market={world.cloud_market.public_id}").status_code == 404
    assert jana.get(f"{reverse('plans:new')}?market=x").status_code == 404
    assert jana.get(reverse("plans:new")).status_code == 404


def test_create_plan_on_the_home_page_leads_to_the_form_where_there_is_one_market(jana, world):
    begin = reverse("plans:begin")

    assert f'href="{begin}"' in jana.get("/").content.decode()
    assert jana.get(begin).url == new_url(world)


def test_create_plan_asks_for_the_market_where_there_are_several(jana, world):
    other = Market.objects.create(program=world.market.program, code="AT", name={"en": "Austria"}, countries=["AT"])

    page = jana.get(reverse("plans:begin")).content.decode()

    for market in (world.market, other):
        assert f'href="{reverse("plans:new")}?market={market.public_id}"' in page


def test_create_plan_says_so_where_no_plan_can_be_created(jana, world):
    world.market.program.years.all().delete()
    world.jana.language = "en"
    world.jana.save()

    assert "No plans can be created now" in jana.get(reverse("plans:begin")).content.decode()


@pytest.mark.parametrize(("name", "status"), [("tobias", 403), ("lena", 403), ("owen", 302), ("elif_", 403)])
def test_plans_are_begun_by_who_writes_them(client, world, name, status):
    page = sign_in(client, getattr(world, name))

    assert page.get(reverse("plans:begin")).status_code == status
    assert reverse("plans:begin") not in page.get("/").content.decode() or status == 302


def test_list_shows_own_plans_only(client, world):
    own = builders.make_plan(world, title="Nordlicht canary")
    builders.make_plan(world, actor=world.owen, location=world.bristol, title="Brightwater canary")
    sign_in(client, world.jana)

    body = client.get(reverse("plans:list"))

    assert [plan.pk for plan in body.context["page"]] == [own.pk]
    assert "Brightwater canary" not in body.content.decode()


def test_list_offers_markets_to_writers_only(client, world):
    market = f"?market={world.market.public_id}"
    for name, offered in [
        ("jana", True),
        ("karin", True),
        ("bea", True),
        ("tobias", False),
        ("lena", False),
        ("elif_", False),
    ]:
        sign_in(client, getattr(world, name))
        assert (market in client.get(reverse("plans:list")).content.decode()) is offered, name


def test_list_without_programs_names_who_can_help(client, world):
    """The partner's own incentives admins give no roles and enroll no location."""
    suedwind = Organisation.objects.create(
        kind=OrganisationKind.PARTNER, name="Südwind IT GmbH", email_domains=["suedwind.example"]
    )
    add_location(suedwind, partner_id="5210500", name="Ulm", country="DE")
    eva = add_person(suedwind, email="eva.roth@suedwind.example", name="Eva Roth", language="en")
    give_incentives_role(eva, world.device, IncentivesRole.ADMIN)

    shown = sign_in(client, eva).get(reverse("plans:list")).content.decode()

    assert "No programs with plans" in shown
    assert "The operator’s incentives admins enroll locations and assign roles." in shown


def test_list_calls_a_market_by_its_name(jana, world):
    Market.objects.filter(pk=world.market.pk).update(code="emea-7", name={"en": "Europe", "de": "Europa"})

    shown = jana.get(reverse("plans:list")).content.decode()

    assert ">Europa</b>" in shown
    assert "emea-7" not in shown


def test_list_filters_by_words_status_program_and_year(jana, world):
    builders.make_plan(world, title="Alpha")
    builders.submitted_plan(world, title="Beta", fund_type=world.other_fund_type)
    titles = lambda query: [plan.title for plan in jana.get(reverse("plans:list"), query).context["page"]]  # noqa: E731

    assert titles({}) == ["Beta", "Alpha"]
    assert titles({"q": "alph"}) == ["Alpha"]
    assert titles({"status": "submitted"}) == ["Beta"]
    assert titles({"program": "DEVICE", "year": "FY27"}) == ["Beta", "Alpha"]
    assert titles({"q": "hamburg beta"}) == ["Beta"]
    assert titles({"q": "nothing"}) == []


def test_operator_does_not_see_drafts(client, world):
    builders.make_plan(world)
    shown = builders.submitted_plan(world, fund_type=world.other_fund_type)
    sign_in(client, world.hugo)

    assert [plan.pk for plan in client.get(reverse("plans:list")).context["page"]] == [shown.pk]


EVERY_PAGE = ["detail", "edit", "check", "campaign_new"]


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_pages_of_a_foreign_plan_are_not_found(client, world, name):
    plan = builders.make_plan(world)
    for stranger in (world.owen, world.nils, world.elif_):
        sign_in(client, stranger)
        assert client.get(url(name, plan)).status_code == 404


def test_forms_of_a_foreign_plan_write_nothing(client, world):
    plan = builders.make_plan(world)
    campaign, activity = Campaign.objects.get(), Activity.objects.first()
    events = Event.objects.count()
    sign_in(client, world.owen)

    for address in (
        url("edit", plan),
        url("campaign_new", plan),
        url("campaign_edit", plan, campaign.public_id),
        url("campaign_remove", plan, campaign.public_id),
        url("activity_new", plan, campaign.public_id),
        url("activity_edit", plan, activity.public_id),
        url("activity_remove", plan, activity.public_id),
        url("check", plan),
        url("comment", plan),
        url("verb", plan, "discard"),
    ):
        assert client.post(address, {"expected_version": plan.version, "comment": "x"}).status_code == 404, address

    assert Event.objects.count() == events


@pytest.mark.parametrize("name", ["tobias", "lena"])
def test_readers_see_the_plan_and_cannot_write(client, world, name):
    plan = builders.make_plan(world)
    sign_in(client, getattr(world, name))

    page = client.get(url("detail", plan))
    assert page.status_code == 200
    assert page.context["page"].verbs == []
    assert "New campaign" not in page.content.decode()
    for address in (url("edit", plan), url("campaign_new", plan), url("check", plan), url("verb", plan, "discard")):
        assert client.get(address).status_code == 403, address
    assert client.post(url("comment", plan), {"comment": "x"}).status_code == 403


def test_detail_has_the_documented_labels(client, world):
    world.jana.language = "en"
    world.jana.save()
    sign_in(client, world.jana)

    empty = client.get(url("detail", builders.empty_plan(world))).content.decode()
    full = client.get(url("detail", builders.make_plan(world, fund_type=world.other_fund_type))).content.decode()

    for label in ("Edit", "New campaign", "Submit", "Discard", "Reviewer email", "Status"):
        assert label in empty, label
    for label in ("New activity", "Countries", "Planned", "Claimed", "Proof of execution", "History and comments"):
        assert label in full, label


def test_campaign_and_activity_are_added_by_their_forms(jana, world):
    plan = builders.empty_plan(world)
    starts = builders.in_year(plan, 30)
    jana.post(
        url("campaign_new", plan),
        {
            "expected_version": 1,
            "name": "Launch",
            "starts": starts.isoformat(),
            "ends": (starts + timedelta(days=9)).isoformat(),
        },
    )
    campaign = Campaign.objects.get()

    response = jana.post(
        url("activity_new", plan, campaign.public_id),
        {
            "expected_version": 2,
            "activity_type": world.seminar.pk,
            "name": "Seminar",
            "goal": "",
            "countries": ["DE", "SE"],
            "planned_amount": "1.250,00",
        },
    )

    activity = Activity.objects.get()
    assert response["Location"] == plan.get_absolute_url()
    assert campaign.draft.bounds == (starts, starts + timedelta(days=9))
    assert (activity.draft.countries, activity.draft.planned_amount) == (["DE", "SE"], Decimal("1250"))
    assert fresh(plan).version == 3


@pytest.mark.parametrize(
    ("starts", "ends", "wrong"),
    [
        ("2027-06-01", "2027-07-01", ["ends"]),
        ("2027-06-01", "2027-05-31", ["ends"]),
        ("2026-06-30", "2026-07-15", ["starts"]),
        ("2027-07-01", "2027-07-02", ["starts", "ends"]),
    ],
    ids=["ends after the year", "ends before it starts", "starts before the year", "starts after the year"],
)
def test_d05_campaign_with_impossible_dates_is_refused_at_its_field(jana, world, starts, ends, wrong):
    plan = builders.empty_plan(world)
    typed = {"name": "Late", "starts": starts, "ends": ends}

    new = jana.post(url("campaign_new", plan), {"expected_version": 1, **typed})
    assert (new.status_code, list(new.context["form"].errors)) == (422, wrong)
    assert not Campaign.objects.exists()

    campaign = builders.add_campaign(plan, world.jana)
    old = jana.post(url("campaign_edit", plan, campaign.public_id), {"expected_version": fresh(plan).version, **typed})
    assert (old.status_code, list(old.context["form"].errors)) == (422, wrong)
    assert Campaign.objects.get().draft == campaign.draft


def test_activity_takes_countries_of_the_market_only(jana, world):
    plan = builders.make_plan(world)
    campaign = Campaign.objects.get()
    typed = {"expected_version": plan.version, "activity_type": world.seminar.pk, "name": "X", "planned_amount": "5"}

    none = jana.post(url("activity_new", plan, campaign.public_id), typed)
    foreign = jana.post(url("activity_new", plan, campaign.public_id), typed | {"countries": ["US"]})

    assert (none.status_code, foreign.status_code) == (422, 422)
    assert set(none.context["form"].errors) == set(foreign.context["form"].errors) == {"countries"}


def test_w05_edit_on_an_old_version_answers_409_and_keeps_every_word(jana, world):
    plan = builders.make_plan(world)
    typed = {
        "expected_version": plan.version,
        "title": "My long title",
        "description": "My long description",
        "currency": "EUR",
        "requested_amount": "77",
        "reviewer_email": "elif.sander@halden.example",
    }
    services.edit_plan(
        plan,
        actor=world.karin,
        expected_version=plan.version,
        title="Karin’s title",
        currency="EUR",
        requested_amount=Decimal(5),
        reviewer_email=world.elif_.email,
    )

    response = jana.post(url("edit", plan), typed)

    body = response.content.decode()
    assert response.status_code == 409
    assert fresh(plan).title == "Karin’s title"
    for words in ("My long title", "My long description", "77", "Karin Vogel"):
        assert words in body, words


def test_edit_of_a_submitted_plan_says_what_it_is_now(jana, world):
    plan = builders.submitted_plan(world)

    assert jana.get(url("edit", plan)).status_code == 409
    assert jana.post(url("edit", plan), {"expected_version": plan.version}).status_code == 409


def test_submit_leads_over_the_check_page(jana, world):
    plan = builders.make_plan(world)

    page = jana.get(url("check", plan))
    assert page.status_code == 200
    assert page.context["assessment"].is_ready

    response = jana.post(url("check", plan), {"expected_version": plan.version, "comment": "Thank you"})
    assert (response.status_code, response["Location"]) == (302, plan.get_absolute_url())
    assert fresh(plan).status == enums.SUBMITTED
    assert plan.case.events.latest("pk").comment == "Thank you"


def test_operator_s_people_are_not_sent_to_the_partner_s_admins(client, world):
    plan = builders.submitted_plan(world)

    response = sign_in(client, world.elif_).get(url("edit", plan))

    page = response.content.decode()
    assert response.status_code == 403
    assert "Partners create plans, proofs, and claims" in page
    assert "The operator’s incentives admins can change that." not in page


def test_check_page_of_an_unready_plan_has_no_confirm(jana, world):
    plan = builders.empty_plan(world)

    page = jana.get(url("check", plan))
    assert not page.context["assessment"].is_ready
    assert 'name="words"' not in page.content.decode()

    response = jana.post(url("check", plan), {"expected_version": plan.version})
    assert response.status_code == 422
    assert fresh(plan).status == enums.EDITING


def test_w03_second_submit_of_the_same_page_says_that_the_first_one_counted(jana, world):
    world.jana.language = "en"
    world.jana.save()
    plan = builders.make_plan(world)
    jana.post(url("check", plan), {"expected_version": plan.version})

    response = jana.post(url("check", plan), {"expected_version": plan.version, "comment": "Once more"})

    shown = response.content.decode()
    assert response.status_code == 409
    assert "Once more" in shown
    assert "You have already changed this" in shown
    assert re.search(r"You made the last change yourself on [^:]+:\d\d[^:]*: Jana Petersen submitted the plan\.", shown)
    assert "only the first click counted" in shown
    assert "This has changed in the meantime" not in shown
    assert plan.case.submissions.count() == 1


def test_own_comment_is_not_taken_for_the_change_that_came_first(jana, world):
    world.jana.language = "en"
    world.jana.save()
    plan = builders.make_plan(world)
    services.submit(plan, actor=world.jana, expected_version=plan.version)
    services.start_review(plan, actor=world.elif_, expected_version=plan.version + 1)
    services.add_comment(plan, actor=world.jana, comment="Thank you.")

    response = jana.post(url("verb", plan, "withdraw"), {"expected_version": plan.version + 1})

    assert response.status_code == 409
    assert "This has changed in the meantime" in response.content.decode()
    assert "Last change: Elif Sander" in response.content.decode()


def test_resubmit_after_action_required(jana, world):
    plan = builders.returned_plan(world)

    jana.post(url("check", plan), {"expected_version": plan.version, "comment": "Moved."})

    assert fresh(plan).status == enums.SUBMITTED
    assert plan.case.events.latest("pk").code == "plans.plan.resubmitted"


def test_returned_plan_shows_why_and_where(jana, world):
    plan = builders.make_plan(world)
    activity = Activity.objects.first()
    services.submit(plan, actor=world.jana, expected_version=plan.version)
    services.start_review(plan, actor=world.elif_, expected_version=plan.version + 1)
    reason = world.reason("plan", "request_action")
    services.request_action(
        plan,
        actor=world.elif_,
        expected_version=plan.version + 2,
        comment="Please move it.",
        reason=reason,
        remarks=[RemarkDraft("", place=str(activity.public_id))],
    )

    page = jana.get(url("detail", plan)).context["page"]

    with translation.override("de"):
        notice = page.return_notice
        assert (notice.event.comment, notice.reason) == ("Please move it.", "Die Daten passen nicht.")
    assert [row.mark for row in page.campaigns[0].activities] == ["Die Daten passen nicht.", ""]


@pytest.mark.parametrize(
    ("verb", "build", "status"),
    [
        ("withdraw", builders.submitted_plan, enums.EDITING),
        ("discard", builders.make_plan, enums.DISCARDED),
        ("revise", builders.approved_plan, enums.EDITING),
        ("discard_revision", builders.plan_in_revision, enums.APPROVED),
        ("rework", builders.rejected_plan, enums.EDITING),
    ],
)
def test_verb_page_asks_and_does(jana, world, verb, build, status):
    plan = build(world)
    assert any(button.url == url("verb", plan, verb) for button in jana.get(url("detail", plan)).context["page"].verbs)
    assert jana.get(url("verb", plan, verb)).status_code == 200

    response = jana.post(url("verb", plan, verb), {"expected_version": plan.version})

    assert response.status_code == 302
    assert fresh(plan).status == status


@pytest.mark.parametrize("verb", ["approve", "reject", "start_review", "fly"])
def test_decisions_have_no_page_in_the_portal(client, world, verb):
    plan = builders.submitted_plan(world)
    for person in (world.jana, world.elif_):
        sign_in(client, person)
        assert client.post(url("verb", plan, verb), {"expected_version": plan.version}).status_code == 404


def test_comment_is_added_at_any_time_and_too_long_ones_are_kept(jana, world):
    plan = builders.submitted_plan(world)

    jana.post(url("comment", plan), {"comment": "Eine Frage"})
    too_long = jana.post(url("comment", plan), {"comment": "x" * 10_001})
    nothing = jana.post(url("comment", plan), {"comment": "  "})

    assert plan.case.events.latest("pk").comment == "Eine Frage"
    assert (too_long.status_code, nothing.status_code) == (422, 422)
    assert "x" * 10_001 in too_long.content.decode()


def test_internal_notes_never_reach_the_partner(jana, world):
    plan = builders.submitted_plan(world)
    services.add_comment(plan, actor=world.elif_, comment="canary-internal", internal=True)

    assert "canary-internal" not in jana.get(url("detail", plan)).content.decode()


def test_operator_reads_what_was_submitted_while_the_partner_edits(client, world):
    plan = builders.returned_plan(world)
    services.edit_plan(
        plan,
        actor=world.jana,
        expected_version=plan.version,
        title="Not yet submitted",
        currency="EUR",
        requested_amount=Decimal(1),
        reviewer_email=world.elif_.email,
    )
    sign_in(client, world.hugo)

    page = client.get(url("detail", plan))

    assert page.context["page"].document.title == "Spring device refresh"
    assert "Not yet submitted" not in page.content.decode()


def test_removing_asks_first(jana, world):
    plan = builders.make_plan(world)
    campaign, activity = Campaign.objects.get(), Activity.objects.first()
    assert jana.get(url("activity_remove", plan, activity.public_id)).status_code == 200
    assert jana.get(url("campaign_remove", plan, campaign.public_id)).status_code == 200

    jana.post(url("activity_remove", plan, activity.public_id), {"expected_version": plan.version})
    assert Activity.objects.count() == 1
    jana.post(url("campaign_remove", plan, campaign.public_id), {"expected_version": plan.version + 1})
    assert (Campaign.objects.count(), Activity.objects.count()) == (0, 0)


def test_an_empty_plan_asks_for_a_campaign_first(world, client):
    browser, plan = sign_in(client, world.karin), builders.empty_plan(world)
    empty = browser.get(plan.get_absolute_url()).content.decode()
    full = browser.get(builders.make_plan(world, fund_type=world.other_fund_type).get_absolute_url()).content.decode()

    heads = [page[page.index('class="verbs"') : page.index('class="split"')] for page in (empty, full)]
    primary = [re.findall(r'btn-primary" href="[^"]*/([a-z]+)/"', head) for head in heads]
    assert primary == [["new"], ["check"]]
    assert all("Discard" in head and "btn-danger" not in head for head in heads)


def test_what_was_changed_since_is_not_marked_any_more(world, client):
    plan = builders.submitted_plan(world)
    services.start_review(plan, actor=world.elif_, expected_version=plan.version)
    campaign = fresh(plan).campaigns.first()
    place = str(campaign.public_id)
    reason = world.reason(CaseKind.PLAN, "request_action")
    services.request_action(
        fresh(plan),
        actor=world.elif_,
        expected_version=fresh(plan).version,
        reason=reason,
        comment="Earlier, please.",
        remarks=[RemarkDraft("", place=place)],
    )
    browser = sign_in(client, world.karin)
    before = browser.get(plan.get_absolute_url()).content.decode()
    services.edit_campaign(
        fresh(plan).campaigns.first(),
        actor=world.karin,
        expected_version=fresh(plan).version,
        name="Earlier",
        starts=campaign.draft.starts,
        ends=campaign.draft.ends,
    )
    after = browser.get(plan.get_absolute_url()).content.decode()

    assert ("mark-note" in before, "Changed since then" in before) == (True, False)
    assert ("mark-note" in after, "Changed since then" in after) == (False, True)
