"""Who hears what about a plan, and in which language."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.services import give_role
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.letters import deadline
from incentives_portal.cases.services import RemarkDraft
from incentives_portal.outbox.models import Message
from incentives_portal.people.models import IncentivesRole, RoleAssignment
from incentives_portal.tests.world import give_incentives_role
from plans import letters, services

from . import builders
from .builders import fresh


def addresses(code):
    return sorted(Message.objects.filter(code=code).values_list("address", flat=True))


def test_submission_goes_to_the_reviewer_named_in_the_plan(world):
    builders.submitted_plan(world, reviewer_email=world.emre.email)

    assert addresses("plan_submitted") == ["emre.aksoy@halden.example"]


def test_submission_goes_to_all_who_decide_and_to_the_named_address_if_that_belongs_to_nobody(world):
    builders.submitted_plan(world, reviewer_email="left@halden.example")

    assert addresses("plan_submitted") == [
        "elif.sander@halden.example",
        "emre.aksoy@halden.example",
        "left@halden.example",
    ]


def test_letter_to_an_address_of_nobody_says_that_there_is_a_plan_and_no_more(world):
    plan = builders.submitted_plan(world, reviewer_email="left@halden.example")

    message = Message.objects.get(address="left@halden.example")

    assert (message.recipient, message.language, message.link) == (None, "en", "/accounts/login/")
    assert message.subject == f"Plan {plan.case.reference} of Nordlicht Systems GmbH is waiting for your review"
    for insider in (
        plan.title,
        "€",
        plan.get_absolute_url(),
        "/admin/",
        world.jana.name,
        str(plan.location.partner_id),
    ):
        assert insider not in message.text + message.html, insider


def test_resubmission_is_written_to_the_named_address_again(world):
    plan = builders.returned_plan(world, reviewer_email="left@halden.example")
    services.resubmit(plan, actor=world.jana, expected_version=plan.version)

    assert addresses("plan_submitted").count("left@halden.example") == 2


def test_address_of_a_domain_that_is_not_the_operators_any_more_is_not_written_to(world):
    plan = builders.returned_plan(world, reviewer_email="left@halden.example")
    type(plan.location.organisation).objects.filter(kind="operator").update(email_domains=["elsewhere.example"])
    event = plan.case.events.latest("pk")

    assert letters.named_recipients(plan, event) == []


def test_comment_is_not_written_to_an_address_of_nobody(world):
    plan = builders.submitted_plan(world, reviewer_email="left@halden.example")

    services.add_comment(plan, actor=world.jana, comment="A question")

    assert "left@halden.example" not in addresses("plan_comment_added")


def test_submission_goes_to_the_reviewer_and_to_who_decides_if_these_differ(world):
    builders.submitted_plan(world, reviewer_email=world.hugo.email)

    assert addresses("plan_submitted") == [
        "elif.sander@halden.example",
        "emre.aksoy@halden.example",
        "hugo.berg@halden.example",
    ]


def test_inactive_reviewer_counts_as_nobody(world):
    world.elif_.is_active = False
    world.elif_.save()

    builders.submitted_plan(world, reviewer_email=world.elif_.email)

    assert addresses("plan_submitted") == ["emre.aksoy@halden.example"]


def test_decision_goes_to_incentives_admins_of_the_place_and_to_the_submitter(world):
    give_incentives_role(world.nils, world.device, IncentivesRole.ADMIN, world.kiel)
    builders.approved_plan(world, actor=world.karin)

    assert addresses("plan_approved") == ["jana.petersen@nordlicht.example", "karin.vogel@nordlicht.example"]


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        (["jana"], ["karin.vogel@nordlicht.example"]),
        (["jana", "karin"], ["anton.kruse@nordlicht.example"]),
        (["jana", "karin", "anton"], ["emre.aksoy@halden.example"]),
    ],
)
def test_decision_never_goes_to_nobody(world, gone, expected):
    plan = builders.plan_under_review(world)
    for name in gone:
        person = getattr(world, name)
        person.is_active = False
        person.save()

    services.approve(plan, actor=world.elif_, expected_version=plan.version, approved_amount=plan.requested_amount)

    assert addresses("plan_approved") == expected


def test_submitter_without_any_role_left_still_hears(world):
    plan = builders.plan_under_review(world, actor=world.bea)
    RoleAssignment.objects.filter(user=world.jana).delete()
    world.bea.organisation_roles.all().delete()

    services.approve(plan, actor=world.elif_, expected_version=plan.version, approved_amount=plan.requested_amount)

    assert addresses("plan_approved") == ["bea.lange@nordlicht.example"]


def test_german_partner_and_english_reviewer_read_the_same_decision(world):
    plan = builders.submitted_plan(world)
    give_role(world.karin, Role.PARTNER_BILLING_ADMIN)
    services.start_review(plan, actor=world.elif_, expected_version=plan.version)
    reason = world.reason(CaseKind.PLAN, "request_action")
    services.request_action(
        plan,
        actor=world.elif_,
        expected_version=plan.version + 1,
        comment="Bitte verschieben.",
        reason=reason,
        remarks=[RemarkDraft("", place="title")],
    )

    message = Message.objects.get(code="plan_action_required")

    assert message.language == "de"
    for words in ("Die Daten passen nicht.", "Wählen Sie andere Daten.", "Bitte verschieben.", "Elif Sander"):
        assert words in message.text, words
    assert "(Berlin)" in message.text
    assert f"http://localhost:8000{plan.get_absolute_url()}" in message.text
    assert message.link == plan.get_absolute_url()


def test_letter_of_a_submission_leads_to_the_review_page(world):
    plan = builders.submitted_plan(world)

    message = Message.objects.get(code="plan_submitted")

    assert message.subject == f"Plan {plan.case.reference} of Nordlicht Systems GmbH is waiting for your review"
    assert message.link == f"/admin/plans/plan/{plan.pk}/change/"
    for words in ("Spring device refresh", "€10,000.00", "Hamburg"):
        assert words in message.text, words


def test_letter_of_an_approval_names_the_amount_and_why_it_is_less(world):
    world.jana.language = "en"
    world.jana.save()
    plan = builders.approved_plan(world, approved_amount=Decimal("8000"))

    message = Message.objects.get(code="plan_approved")

    assert message.subject == f"Approved: plan {plan.case.reference} for €8,000.00"
    for words in ("The dates do not fit.", "The rest later.", "proof of execution"):
        assert words in message.text, words


def test_letter_of_a_rejected_revision_says_what_stays(world):
    world.jana.language = "en"
    world.jana.save()
    plan = builders.plan_in_revision(world)
    services.submit(plan, actor=world.jana, expected_version=plan.version)
    services.start_review(plan, actor=world.elif_, expected_version=plan.version + 1)
    reason = world.reason(CaseKind.PLAN, "reject")
    services.reject(plan, actor=world.elif_, expected_version=plan.version + 2, comment="No.", reason=reason)

    message = Message.objects.get(code="plan_rejected")

    assert "The earlier approval for €10,000.00 remains in effect." in message.text
    assert "rework" in message.text


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("karin", ["elif.sander@halden.example"]),
        ("jana", ["elif.sander@halden.example"]),
        ("elif_", ["jana.petersen@nordlicht.example"]),
        ("emre", ["jana.petersen@nordlicht.example"]),
    ],
)
def test_comment_goes_to_the_other_side(world, author, expected):
    plan = builders.submitted_plan(world)

    services.add_comment(plan, actor=getattr(world, author), comment="A question")

    assert addresses("plan_comment_added") == expected


def test_comment_on_a_plan_under_review_goes_to_its_assignee(world):
    plan = builders.submitted_plan(world, reviewer_email=world.elif_.email)
    services.start_review(plan, actor=world.emre, expected_version=plan.version)

    services.add_comment(fresh(plan), actor=world.jana, comment="A question")

    assert addresses("plan_comment_added") == ["emre.aksoy@halden.example"]


def test_comment_on_a_draft_is_not_sent_to_the_operator(world):
    plan = builders.make_plan(world)

    services.add_comment(plan, actor=world.jana, comment="For Karin")

    assert not Message.objects.exists()


def test_internal_note_goes_to_nobody(world):
    plan = builders.submitted_plan(world)
    before = Message.objects.count()

    services.add_comment(plan, actor=world.elif_, comment="Among us", internal=True)

    assert Message.objects.count() == before


def test_w15_returned_twice_is_told_twice(world):
    plan = builders.returned_plan(world)
    services.resubmit(plan, actor=world.jana, expected_version=plan.version)
    services.start_review(plan, actor=world.elif_, expected_version=plan.version + 1)
    reason = world.reason(CaseKind.PLAN, "request_action")
    services.request_action(plan, actor=world.elif_, expected_version=plan.version + 2, comment="Again.", reason=reason)

    assert addresses("plan_action_required") == ["jana.petersen@nordlicht.example"] * 2


def test_deadline_is_written_where_the_program_lives():
    moment = datetime(2027, 9, 28, 21, 59, 59, tzinfo=ZoneInfo("UTC"))

    assert deadline(moment, "Europe/Berlin").endswith("23:59 (Berlin)")


def test_approval_says_why_it_is_less_and_not_how_to_mend_it(world):
    plan = builders.plan_under_review(world)
    reason = world.reason(CaseKind.PLAN, "approve")
    services.approve(
        plan,
        actor=world.elif_,
        expected_version=plan.version,
        approved_amount=Decimal(100),
        reason=reason,
        comment="Less.",
    )

    message = Message.objects.get(code="plan_approved", recipient=world.jana)
    assert "Die Daten passen nicht." in " ".join(message.text.split())
    assert "Wählen Sie andere Daten." not in " ".join(message.text.split())
