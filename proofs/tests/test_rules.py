"""Dates, notes, keys, and who may: the pure checks of a proof."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from incentives_portal.programs.assess import assess_proof
from incentives_portal.programs.tests.tables import day, named, vectors
from plans.services import SERVICES as PLAN_VERBS
from plans.tests import builders as plans
from proofs import rules
from proofs.facts import proof_facts
from proofs.models import Proof

from . import builders


@pytest.mark.parametrize("vector", vectors("poe_date"), ids=named)
def test_date_of_execution_lies_within_the_campaign(vector):
    given = vector["given"]
    allowed = (day(given["campaign_start"]), day(given["campaign_end"]))

    problem = rules.date_problem(day(given["execution_date"]), allowed, in_campaign=True)

    assert (problem is None) == vector["expect"]["accepted"]


@pytest.mark.parametrize("vector", vectors("poe_document"), ids=named)
def test_document_needs_a_note(vector):
    given = vector["given"]

    problem = rules.note_problem(given["note"], given["proof_document"])

    assert (problem is None) == vector["expect"]["accepted"]


@pytest.mark.parametrize(
    ("net", "tax", "gross"), [(-1, 2, 1), (2, -1, 1), (0, 0, 0)], ids=["net below zero", "tax below zero", "nothing"]
)
def test_amounts_of_an_invoice_are_zero_or_more_even_where_they_add_up(net, tax, gross):
    figures = {"net": Decimal(net), "tax": Decimal(tax), "gross": Decimal(gross), "rounding": Decimal(0)}

    assert rules.invoice_problem(**figures, currency="EUR") == ("net", "Enter zero or more.")


@pytest.mark.parametrize("vector", vectors("poe_evidence"), ids=named)
def test_one_kind_of_evidence_is_needed(world, vector):
    assert not vector["given"]["third_party_invoice"]
    assert not vector["given"]["certification_report"]
    proof = builders.make_proof(world)

    blocks = {finding.rule for finding in assess_proof(proof_facts(proof)).blocks}

    assert ("evidence" not in blocks) == vector["expect"]["submit_allowed"]


def test_either_kind_of_evidence_is_enough(world):
    activity = builders.approved_activity(world)
    for add in (builders.add_invoice, builders.add_report):
        proof = builders.make_proof(world, activity=activity)
        add(proof, world.jana)

        assert "evidence" not in {finding.rule for finding in assess_proof(proof_facts(builders.fresh(proof))).blocks}


@pytest.mark.parametrize("vector", vectors("poe_due"), ids=named)
def test_proof_is_due_180_days_after_the_campaign_starts(world, vector):
    proof = builders.make_proof(world)
    proof.activity.campaign.in_force.starts = day(vector["given"]["campaign_start"])

    due = rules.due_at(proof)

    assert due == datetime.combine(day(vector["expect"]["due"]), due.timetz(), tzinfo=ZoneInfo("Europe/Berlin"))
    assert due.strftime("%H:%M:%S") == "23:59:59"


def test_program_without_due_date(world):
    world.device.poe_due_days = None
    world.device.save()

    assert rules.due_at(builders.make_proof(world)) is None


def test_claim_track_is_due_at_the_end_of_claiming(world):
    assert rules.due_at(builders.make_period_proof(world)).date() == date(2027, 2, 15)


def test_bounds_are_those_of_the_approved_campaign_while_a_revision_moves_it(world):
    activity = builders.approved_activity(world)
    plan = activity.campaign.plan
    PLAN_VERBS["revise"](plan, actor=world.jana, expected_version=plans.fresh(plan).version)
    plans.services.edit_campaign(
        activity.campaign,
        actor=world.jana,
        expected_version=plans.fresh(plan).version,
        name="Launch weeks",
        starts=date(2027, 1, 10),
        ends=date(2027, 2, 10),
    )

    proof = builders.make_proof(world, activity=activity)

    assert rules.bounds(proof) == (date(2026, 8, 30), date(2026, 10, 29))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Druckhaus Nord GmbH", "DRUCKHAUS  NORD GMBH."),
        ("RE-26/1187", "re 26 1187"),
        ("Förde Catering", "förde-catering"),
        ("１２３", "123"),
    ],
)
def test_keys_that_are_the_same(one, other):
    assert rules.key_of(one) == rules.key_of(other)


def test_keys_that_differ():
    assert rules.key_of("RE-1") != rules.key_of("RE-11")
    assert rules.key_of("/-/") != rules.key_of("-/-")


def test_key_fits_its_column():
    assert len(rules.key_of("\ufdfa" * 60)) == rules.KEY_LENGTH


# Who may

PLAN_TRACK = {"jana": True, "tobias": False, "lena": False, "karin": False, "anton": False, "bea": False, "owen": False}
CLAIM_TRACK = PLAN_TRACK | {"tobias": True, "karin": True}
CONTRIBUTORS = PLAN_TRACK | {"tobias": True, "karin": True}


def answers(world, question, proof):
    return {name: question(getattr(world, name), proof) for name in PLAN_TRACK}


def test_who_writes_on_the_plan_track(world):
    assert answers(world, rules.may_write, builders.make_proof(world)) == PLAN_TRACK


def test_who_writes_on_the_claim_track(world):
    assert answers(world, rules.may_write, builders.make_period_proof(world)) == CLAIM_TRACK


def test_who_adds_documents(world):
    assert answers(world, rules.may_contribute, builders.make_proof(world)) == CONTRIBUTORS
    assert answers(world, rules.may_contribute, builders.make_period_proof(world)) == CONTRIBUTORS


def test_the_operator_writes_nothing(world):
    proof = builders.make_proof(world)

    for person in (world.elif_, world.mira, world.ines, world.hugo):
        assert not rules.may_write(person, proof)
        assert not rules.may_contribute(person, proof)
        assert not rules.may_add_for(person, proof.activity)


def test_sealed_proof_is_written_by_nobody(world):
    proof = builders.make_proof(world)
    proof.case.status = "submitted"

    assert not rules.may_write(world.jana, proof)
    assert not rules.may_contribute(world.tobias, proof)


def test_proof_is_added_to_approved_activities_only(world):
    plan = plans.submitted_plan(world)
    activity = plan.campaigns.get().activities.select_related("campaign__plan").first()

    assert not rules.may_add_for(world.jana, activity)


def test_where_a_proof_can_be_begun_without_a_plan(world):
    found = {name: rules.begin_enrolments(getattr(world, name)).count() for name in ("jana", "lena", "owen", "elif_")}

    assert found == {"jana": 2, "lena": 0, "owen": 1, "elif_": 0}


# Which proofs exist for whom


def visible(world):
    names = ["jana", "tobias", "lena", "karin", "anton", "bea", "nils", "owen", "elif_", "mira", "ines", "hugo"]
    return {name for name in names if Proof.objects.visible_to(getattr(world, name)).exists()}


def test_draft_exists_for_its_own_side_only(world):
    builders.make_proof(world)

    assert visible(world) == {"jana", "tobias", "lena", "karin"}


def test_sealed_proof_exists_for_the_operator_too(world):
    proof = builders.make_proof(world)
    builders.seal(proof)

    assert visible(world) == {"jana", "tobias", "lena", "karin", "elif_", "mira", "ines", "hugo"}

    builders.unseal(proof)

    assert visible(world) == {"jana", "tobias", "lena", "karin", "elif_", "mira", "ines", "hugo"}


def test_discarded_proof_exists_for_nobody(world):
    builders.discard(builders.make_proof(world))

    assert visible(world) == set()


def test_planned_amount_is_the_approved_one(world):
    assert rules.planned_amount(builders.approved_activity(world)) == Decimal("10000.00")
