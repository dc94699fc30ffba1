"""The demo world can be told on any day of the year, shows every status, and leaves room for what somebody tries first."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from django.core.management import call_command

from claims import services as claims
from claims.models import Claim
from claims.transitions import STATE_MACHINE as CLAIMS
from incentives_portal import clock
from incentives_portal.accounts.models import ChangeRequest, Organisation, User
from incentives_portal.accounts.services import confirm_change
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import Event, Remark
from incentives_portal.demo import papers, people
from incentives_portal.demo.builder import at_work
from incentives_portal.demo.organizations import ZONE
from incentives_portal.demo.people import COMPANIES, PEOPLE
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.outbox.models import Message
from incentives_portal.programs.models import ActivityType, FundType, ProgramYear
from plans import services as plans
from plans.creation_options import openings
from plans.models import Plan
from plans.transitions import STATE_MACHINE as PLANS
from proofs.models import Invoice, Proof

pytestmark = pytest.mark.django_db

#: Where years and periods begin and end where the programs live, and days that are not in every year.
DAYS = {
    "first-morning-of-a-program-year": "2027-07-01T00:10",
    "last-minute-of-a-program-year": "2027-06-30T23:59",
    "first-minute-of-a-claiming-period-on-a-sunday": "2026-08-16T00:01",
    "leap-day": "2028-02-29T09:30",
}


@pytest.mark.parametrize("moment", DAYS.values(), ids=DAYS.keys())
def test_demo_shows_every_status_on_a_difficult_day(moment):
    now = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(ZONE))

    with clock.at(now):
        call_command("seed_demo", verbosity=0)

        assert set(Plan.objects.values_list("case__status", flat=True)) == {status.code for status in PLANS.statuses}
        assert set(Claim.objects.values_list("case__status", flat=True)) == {status.code for status in CLAIMS.statuses}
        assert Organisation.objects.filter(kind="partner").count() == 3
        assert User.objects.filter(organisation__kind="partner", language="de").exists()
        assert not Event.objects.filter(at__gt=now).exists()
        assert not Proof.objects.filter(executed_on__gt=now.date()).exists()
        assert not Invoice.objects.filter(date__gt=now.date()).exists()
        in_order = list(Event.objects.order_by("pk").values_list("at", flat=True))
        assert in_order == sorted(in_order)
        hashes = DocumentVersion.objects.values_list("sha256", flat=True)
        assert len(set(hashes)) > 20
        partners = [company.domain for company in COMPANIES if company.kind == "partner"]
        assert [submits_a_plan_at_once(domain) for domain in partners] == ["submitted"] * 3


def submits_a_plan_at_once(domain):
    """The status that an incentives admin of a company reaches who takes what *Create plan* proposes and begins today."""
    actor = User.objects.get(
        email=next(p.email for p in PEOPLE if p.email.endswith(domain) and p.incentives == "admin")
    )
    (opening,) = openings(actor)
    market, today = opening.markets[0], clock.today(ZONE)
    plan = plans.create_plan(
        actor=actor,
        location=opening.locations[0],
        market=opening.program.markets.get(public_id=market.id),
        fund_type=FundType.objects.get(program=opening.program, code=opening.fund_types[0][0]),
        program_year=ProgramYear.objects.get(public_id=min(opening.years, key=lambda year: year.starts).id),
        currency=opening.program.currency,
        title="The first thing that somebody tries",
        requested_amount=Decimal(2500),
        reviewer_email="elif.sander@halden.example",
    )
    campaign = plans.add_campaign(
        plan, actor=actor, expected_version=version(plan), name="Today", starts=today, ends=today
    )
    plans.add_activity(
        campaign,
        actor=actor,
        expected_version=version(plan),
        activity_type=ActivityType.objects.get(code="print_advertising"),
        name="Adverts",
        countries=[plan.location.country],
        planned_amount=Decimal(2500),
    )
    plans.submit(plan, actor=actor, expected_version=version(plan))
    return Plan.objects.get(pk=plan.pk).status


def version(plan):
    return Plan.objects.values_list("case__version", flat=True).get(pk=plan.pk)


def test_histories_notifications_remarks_and_drafts_of_the_demo_tell_one_story():
    call_command("seed_demo", verbosity=0)

    # Notifications are dated by what happened and stand in its order; mails wait only since the demo was told.
    times = {cause_key(pk): at for pk, at in Event.objects.values_list("pk", "at")}
    told = [
        (created, times[cause])
        for created, cause in Message.objects.exclude(case_public_id=None)
        .order_by("pk")
        .values_list("created", "cause")
    ]
    assert all(created == at for created, at in told)
    assert told == sorted(told)
    assert Message.objects.filter(state="queued").count() > 20
    assert Message.objects.oldest_waiting_seconds() < 60
    # Remarks point at the file that they speak of.
    pointed = set(Remark.objects.exclude(version=None).values_list("version__original_name", "event__comment"))
    assert pointed == {
        ("digital_screenshot.pdf", "The screenshot does not show our logo. Please send another one."),
        ("fair_photo.jpg", "Das Foto zeigt den Stand nicht. Bitte ein anderes hochladen."),
        ("mail_sent.pdf", "Add the email as it was sent, with the dated header."),
    }
    # Drafts are not ready to be sent where something was left out.
    for name in ("Partner website relaunch", "Backup for small offices, mailing"):
        draft = Claim.objects.get(case__title=name)
        with pytest.raises(claims.NotReady):
            claims.submit(draft, actor=draft.created_by, expected_version=draft.version)


def test_demo_has_two_admins_and_a_request_that_one_of_them_can_confirm():
    call_command("seed_demo", verbosity=0)

    [request] = ChangeRequest.objects.all()
    [letter] = Message.objects.filter(code="changes.requested")
    assert (request.requested_by.name, letter.recipient.name) == ("Elif Sander", "Emre Aksoy")
    assert confirm_change(request, actor=letter.recipient).state == "confirmed"


def test_people_of_the_demo_do_things_while_they_are_at_work():
    now = datetime(2026, 11, 11, 10, 30, tzinfo=UTC)
    begins = datetime(2026, 11, 5, 23, tzinfo=UTC)  # midnight in Berlin, before a Friday
    steps = [at_work(begins + timedelta(minutes=10 * step), now) for step in range(6 * (5 * 24 + 11))]

    assert steps == sorted(steps)
    assert steps[-1] < now
    assert all(8 <= moment.hour < 18 for moment in steps)
    assert {moment.weekday() for moment in steps} == {4, 0, 1, 2}


def test_people_of_the_demo_work_on_a_weekend_where_it_is_one():
    now = datetime(2026, 11, 8, 10, 30, tzinfo=UTC)  # a Sunday
    begins = datetime(2026, 11, 5, 23, tzinfo=UTC)
    steps = [at_work(begins + timedelta(minutes=10 * step), now) for step in range(6 * (2 * 24 + 11))]

    assert steps == sorted(steps)
    assert steps[-1] < now
    assert {moment.weekday() for moment in steps} == {4, 5, 6}


def test_demo_does_nothing_where_somebody_is(capsys):
    Organisation.objects.create(kind="operator", name="Real operator")

    call_command("seed_demo")

    assert Organisation.objects.count() == 1
    assert "nothing to do" in capsys.readouterr().out


def test_demo_accounts_are_one_per_person_with_one_password():
    table = people.accounts()

    assert [email for _role, email in table] == [person.email for person in PEOPLE]


def test_papers_that_show_the_same_text_are_different_files():
    """Else the checks say that the same file was added several times, if all were made within a second."""
    texts = {"title": "Call", "brand": "Brightwater IT Ltd", "paragraphs": ["Good morning."]}
    made = [papers.paper("script", name=name, **texts) for name in ("call_brand", "call_content")]

    titles = [pypdfium2.PdfDocument(paper).get_metadata_value("Title") for paper in made]
    assert titles == ["call_brand", "call_content"]
