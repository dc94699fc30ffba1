"""The home page: what needs me now, by when. For whom it shows what, and how many queries it needs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from claims.tests import builders as claims
from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.cases import inbox
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import Case
from incentives_portal.cases.types import CaseType, case_type
from incentives_portal.enrollments import services as enrolling
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.home.lists import outstanding_proofs, partner_buckets
from incentives_portal.tests.world import World, sign_in
from plans import rules as plan_rules
from plans.models import Activity, Plan
from plans.tests import builders as plans
from proofs.tests import builders as proofs

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    return sign_in(Client(), user)


def titles(buckets: list[inbox.Bucket]) -> dict[str, list[str]]:
    return {bucket.key: [item.title for item in bucket.items] for bucket in buckets}


def test_partner_finds_returned_work_and_drafts_in_one_list_each(world: World) -> None:
    returned = claims.returned_claim(world, name="Came back")
    draft = claims.draft_claim(world, name="Begun")

    found = titles(partner_buckets(world.jana))

    assert found["returned"] == [returned.proof.title]
    assert [title for key in ("due", "drafts") for title in found[key]] == [draft.proof.title]


def test_partner_sees_what_the_operator_has(world: World) -> None:
    claim = claims.submitted_claim(world, name="Uploaded")

    bucket = inbox.waiting_for_operator(world.jana)

    assert [item.title for item in bucket.items] == [claim.title]


def test_activity_without_proof_is_owed_until_a_proof_is_begun(world: World) -> None:
    plans.approved_plan(world)

    found = titles(partner_buckets(world.jana))

    assert len(found["outstanding"]) + len(found["due"]) > 0


def test_proofs_are_owed_for_what_is_in_force_while_a_revision_is_edited(world: World) -> None:
    plan = plans.plan_in_revision(world)
    kept, gone = Activity.objects.all()
    plans.services.remove_activity(gone, actor=world.jana, expected_version=plan.version)
    values = {"activity_type": world.seminar, "countries": ["DE"], "planned_amount": Decimal(1)}
    plans.services.edit_activity(kept, actor=world.jana, expected_version=plan.version + 1, name="Renamed", **values)
    plans.add_activity(world, kept.campaign, world.jana, name="New")

    assert [activity.in_force.name for activity in outstanding_proofs(world.jana)] == ["Seminar 1"]


def test_activity_whose_claim_was_canceled_is_not_owed_again(world: World) -> None:
    claim = claims.returned_claim(world, track="plan")

    claims.deed(world, claims.fresh(claim), "cancel", world.jana)()

    assert claim.proof.activity not in outstanding_proofs(world.jana)


def test_reviewer_finds_nobodys_and_own_claims(world: World) -> None:
    waiting = claims.submitted_claim(world, name="Nobody's")
    taken = claims.claim_under_review(world, name="Assigned to me", reviewer=world.mira)

    found = titles(inbox.to_review(world.mira))

    assert found["unassigned"] == [waiting.proof.title]
    assert found["mine"] == [taken.proof.title]


def test_dispute_about_ones_own_rejection_waits_for_others(world: World) -> None:
    dispute = claims.disputed_claim(world, name="Contested")

    assert titles(inbox.to_review(world.mira))["unassigned"] == []
    assert titles(inbox.to_review(world.daniel))["unassigned"] == [dispute.proof.title]


def test_who_decides_nothing_is_told_of_no_unassigned_case(world: World) -> None:
    claims.submitted_claim(world)

    keys = {person: list(titles(inbox.to_review(getattr(world, person)))) for person in ("ines", "elif_", "mira")}

    assert keys == {"ines": [], "elif_": ["mine", "unassigned"], "mira": ["overdue", "mine", "unassigned"]}


def test_own_rejection_of_an_earlier_submission_keeps_nobody_from_a_dispute(world: World) -> None:
    claim = claims.disputed_claim(world, name="Contested")  # Mira rejected it
    claims.decide(world, claim, "request_action", actor=world.daniel)
    with clock.at(clock.now() + timedelta(hours=1)):
        claims.send(claim, world.jana, "resubmit")
        claims.send(claim, world.daniel, "start_review")
        claims.decide(world, claim, "reject", actor=world.daniel)
        claims.send(claim, world.jana, "dispute", comment="It was, see the photos.")

        assert titles(inbox.to_review(world.mira))["unassigned"] == [claim.title]
        assert titles(inbox.to_review(world.daniel))["unassigned"] == []


def test_many_claims_leave_room_for_plans(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list shows the first of each kind; what has a date comes first."""
    monkeypatch.setattr(inbox, "LIMIT", 1)
    first = claims.submitted_claim(world, name="Sent first")
    claims.submitted_claim(world, name="Sent later")
    plan = plans.submitted_plan(world)

    found = inbox.waiting_for_operator(world.jana)

    assert [item.title for item in found.items] == [first.title, plan.title]


@pytest.mark.parametrize("build", [plans.make_plan, plans.returned_plan, plans.plan_in_revision])
def test_plan_is_listed_with_the_last_day_for_its_submission(world: World, build: Callable[[World], Plan]) -> None:
    plan = build(world)

    items = [item for bucket in partner_buckets(world.jana) for item in bucket.items if item.status]

    assert [(item.title, item.due_at) for item in items] == [(plan.title, plan_rules.due_at(plan))]


def test_draft_of_a_colleague_is_listed_once_it_is_due_soon(world: World) -> None:
    draft = claims.draft_claim(world, actor=world.tobias)
    assert draft.due_at is not None

    with clock.at(draft.due_at - timedelta(days=31)):
        early = {name: titles(partner_buckets(getattr(world, name)))["drafts"] for name in ("jana", "tobias")}
    with clock.at(draft.due_at - timedelta(days=29)):
        late = titles(partner_buckets(world.jana))["due"]

    assert (early, late) == ({"jana": [], "tobias": [draft.title]}, [draft.title])


def test_proof_without_a_claim_is_no_draft(world: World) -> None:
    proof = proofs.make_period_proof(world)
    Case.objects.filter(pk=proof.pk).update(due_at=clock.now())

    found = titles(partner_buckets(world.jana))

    assert (found["due"], found["drafts"]) == ([], [])


def test_enrollment_that_requires_action_is_not_returned_work(world: World) -> None:
    enrolment = Enrolment.objects.get(location=world.hamburg, program=world.cloud)
    enrolling.VERBS["require_action"](
        enrolment, actor=world.elif_, expected_version=enrolment.version, comment="Renew it."
    )

    assert titles(partner_buckets(world.jana))["returned"] == []
    assert inbox.waiting_for_partners(world.elif_).items == []


def test_plan_of_a_reviewer_who_left_is_unassigned(world: World) -> None:
    plan = plans.plan_under_review(world)
    User.objects.filter(pk=plan.case.assignee_id).update(is_active=False)

    assert titles(inbox.to_review(world.emre))["unassigned"] == [plan.title]


@pytest.mark.parametrize(
    ("person", "address"),
    [
        ("jana", "plans:detail"),
        ("mira", "plans:detail"),
        ("elif_", "admin:plans_plan_change"),
    ],
)
def test_plan_leads_to_where_the_person_works_on_it(world: World, person: str, address: str) -> None:
    plan, user = plans.returned_plan(world), getattr(world, person)
    found = inbox.waiting_for_partners(user) if user.is_operator else partner_buckets(user)[0]

    key = plan.pk if address.startswith("admin") else plan.public_id
    assert [item.url for item in found.items] == [reverse(address, args=[key])]


def test_kind_that_says_nothing_leads_to_its_page_and_is_edited_by_contributors(world: World) -> None:
    draft = plans.make_plan(world)
    silent = replace(case_type(CaseKind.PLAN), url_for=CaseType.url_for, may_edit=CaseType.may_edit)

    assert silent.url_for(draft.case, world.elif_) == draft.get_absolute_url()
    assert [silent.may_edit(draft.case, user) for user in (world.jana, world.lena)] == [True, False]
    assert silent.may_edit(plans.submitted_plan(world, fund_type=plans.fund(world, 2)).case, world.jana) is False


def test_stranger_finds_nothing(world: World) -> None:
    claims.returned_claim(world, name="CANARY")
    claims.submitted_claim(world, name="CANARY two")

    assert "CANARY" not in client_of(world.owen).get("/").content.decode()


def test_person_without_a_role_reads_whom_to_ask(world: World) -> None:
    page = client_of(world.nils).get("/")

    assert page.status_code == 200
    assert world.elif_.email in page.content.decode()


@pytest.mark.parametrize("page", ["home", "glossary", "help", "accounts:profile", "accounts:no_role"])
@pytest.mark.parametrize("person", ["jana", "tobias", "lena", "karin", "anton", "bea", "elif_", "mira", "ines", "hugo"])
def test_everybody_can_open_what_is_for_everybody(world: World, person: str, page: str) -> None:
    assert client_of(getattr(world, person)).get(reverse(page)).status_code == 200


@pytest.mark.parametrize("rows", [1, 3, 25])
@pytest.mark.parametrize(("person", "queries"), [("jana", 8), ("mira", 7)])
def test_home_needs_the_same_queries_for_any_amount_of_work(
    world: World,
    person: str,
    queries: int,
    rows: int,
    django_assert_num_queries,  # noqa: ANN001
) -> None:
    for number in range(rows):
        claims.draft_claim(world, name=f"Draft {number}")
    claims.submitted_claim(world, name="Uploaded")
    client = client_of(getattr(world, person))
    client.get("/")

    with django_assert_num_queries(queries):
        client.get("/")
