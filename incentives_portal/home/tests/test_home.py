"""The home page: what needs me now, by when. For whom it shows what, and how many queries it needs."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from claims.tests import builders as claims
from incentives_portal.accounts.models import User
from incentives_portal.home import inbox
from incentives_portal.tests.world import World, sign_in
from plans.models import Activity
from plans.tests import builders as plans

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    return sign_in(Client(), user)


def titles(buckets: list[inbox.Bucket]) -> dict[str, list[str]]:
    return {bucket.key: [item.title for item in bucket.items] for bucket in buckets}


def test_partner_finds_returned_work_and_drafts_in_one_list_each(world: World) -> None:
    returned = claims.returned_claim(world, name="Came back")
    draft = claims.draft_claim(world, name="Begun")

    found = titles(inbox.partner_buckets(world.jana))

    assert found["returned"] == [returned.proof.title]
    assert [title for key in ("due", "drafts") for title in found[key]] == [draft.proof.title]


def test_partner_sees_what_the_operator_has(world: World) -> None:
    claim = claims.submitted_claim(world, name="Sent in")

    bucket = inbox.waiting_for_operator(world.jana)

    assert [item.title for item in bucket.items] == [claim.title]


def test_activity_without_proof_is_owed_until_a_proof_is_begun(world: World) -> None:
    plans.approved_plan(world)

    found = titles(inbox.partner_buckets(world.jana))

    assert len(found["owed"]) + len(found["due"]) > 0


def test_proofs_are_owed_for_what_is_in_force_while_a_revision_is_edited(world: World) -> None:
    plan = plans.plan_in_revision(world)
    kept, gone = Activity.objects.all()
    plans.services.remove_activity(gone, actor=world.jana, seen=plan.version)
    values = {"activity_type": world.seminar, "countries": ["DE"], "planned_amount": Decimal(1)}
    plans.services.edit_activity(kept, actor=world.jana, seen=plan.version + 1, name="Renamed", **values)
    plans.add_activity(world, kept.campaign, world.jana, name="New")

    assert [inbox.activity_item(activity).title for activity in inbox.owed_proofs(world.jana)] == ["Seminar 1"]


def test_reviewer_finds_nobodys_and_own_claims(world: World) -> None:
    waiting = claims.submitted_claim(world, name="Nobody's")
    taken = claims.claim_under_review(world, name="Mine", reviewer=world.mira)

    found = titles(inbox.staff_buckets(world.mira))

    assert found["unassigned"] == [waiting.proof.title]
    assert found["mine"] == [taken.proof.title]


def test_dispute_about_ones_own_rejection_waits_for_others(world: World) -> None:
    dispute = claims.disputed_claim(world, name="Contested")

    assert titles(inbox.staff_buckets(world.mira))["unassigned"] == []
    assert titles(inbox.staff_buckets(world.daniel))["unassigned"] == [dispute.proof.title]


def test_who_decides_nothing_is_told_of_no_empty_desk(world: World) -> None:
    claims.submitted_claim(world)

    keys = {person: list(titles(inbox.staff_buckets(getattr(world, person)))) for person in ("ines", "elif_", "mira")}

    assert keys == {"ines": [], "elif_": ["mine", "unassigned"], "mira": ["overdue", "mine", "unassigned"]}


def test_stranger_finds_nothing(world: World) -> None:
    claims.returned_claim(world, name="CANARY")
    claims.submitted_claim(world, name="CANARY two")

    assert "CANARY" not in client_of(world.owen).get("/").content.decode()


def test_person_without_a_role_reads_whom_to_ask(world: World) -> None:
    page = client_of(world.nils).get("/")

    assert page.status_code == 200
    assert world.elif_.email in page.content.decode()


@pytest.mark.parametrize("page", ["home", "words", "help", "accounts:profile", "accounts:no_role"])
@pytest.mark.parametrize("person", ["jana", "tobias", "lena", "karin", "anton", "bea", "elif_", "mira", "ines", "hugo"])
def test_everybody_can_open_what_is_for_everybody(world: World, person: str, page: str) -> None:
    assert client_of(getattr(world, person)).get(reverse(page)).status_code == 200


@pytest.mark.parametrize("rows", [1, 3, 25])
@pytest.mark.parametrize(("person", "queries"), [("jana", 13), ("mira", 9)])
def test_home_needs_the_same_queries_for_any_amount_of_work(
    world: World,
    person: str,
    queries: int,
    rows: int,
    django_assert_num_queries,  # noqa: ANN001
) -> None:
    for number in range(rows):
        claims.draft_claim(world, name=f"Draft {number}")
    claims.submitted_claim(world, name="Sent in")
    client = client_of(getattr(world, person))
    client.get("/")

    with django_assert_num_queries(queries):
        client.get("/")
