"""The database compares what is approved of a case with its decision, when the transaction ends."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import InternalError, connection, transaction

from incentives_portal.cases.models import Case
from incentives_portal.tests.owner import as_owner, by_hand
from plans.tests import builders as plans

from . import builders

REFUSED = "What is approved of case .* is not what was decided"


def change(case: Case, **columns) -> None:
    """Write into a case as no service does, and end the transaction as far as the database is concerned."""
    with transaction.atomic():
        Case.objects.filter(pk=case.pk).update(**columns)
        compare()


def compare() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def open_as_it_is(case: Case) -> None:
    case.save(force_insert=True)
    compare()


@pytest.mark.parametrize("times", [Decimal("10"), Decimal("0.5"), Decimal("0")])
def test_approved_amount_of_a_decided_claim_cannot_be_multiplied(world, times):
    case = builders.approved_claim(world).case

    with pytest.raises(InternalError, match=REFUSED):
        change(case, approved_amount=case.approved_amount * times)

    change(case, approved_amount=case.approved_amount)


def test_owner_is_refused_as_well(world):
    case = builders.approved_claim(world).case

    with pytest.raises(InternalError, match=REFUSED), transaction.atomic(), as_owner():
        change(case, approved_amount=1)


def test_approval_without_a_decision_is_refused(world):
    case = builders.claim_under_review(world).case

    with pytest.raises(InternalError, match=REFUSED):
        change(case, status="approved", approved_submission=case.submission, approved_amount=case.requested_amount)


def test_decision_of_another_case_approves_nothing(world):
    decided, waiting = builders.approved_claim(world).case, builders.claim_under_review(world).case
    with by_hand():
        change(decided, status="under_review", approved_submission=None, approved_amount=None)

    with pytest.raises(InternalError, match=REFUSED):
        change(
            waiting,
            status="approved",
            approved_submission=decided.submission,
            approved_amount=decided.decisions.get().approved_amount,
        )


def test_approval_is_not_taken_away(world):
    case = builders.approved_claim(world).case

    with pytest.raises(InternalError, match=REFUSED):
        change(case, status="under_review", approved_submission=None, approved_amount=None)


def test_rejected_claim_is_not_approved_by_hand(world):
    case = builders.rejected_claim(world).case

    with pytest.raises(InternalError, match=REFUSED):
        change(case, status="approved", approved_submission=case.submission, approved_amount=case.requested_amount)


def test_plan_keeps_its_amount_while_it_is_revised_and_no_other(world):
    case = plans.fresh(plans.plan_in_revision(world)).case
    compare()
    assert case.approved_amount is not None

    with pytest.raises(InternalError, match=REFUSED):
        change(case, approved_amount=case.approved_amount + 1)


def test_next_approval_of_a_plan_replaces_what_is_approved(world):
    plan = plans.plan_in_revision(world)
    plans.deed(world, plan, "submit", world.jana)()
    plans.deed(world, plans.fresh(plan), "start_review", world.elif_)()
    plans.deed(world, plans.fresh(plan), "approve", world.elif_)()
    compare()

    case = plans.fresh(plan).case
    assert (case.approved_submission, case.approved_submission.number) == (case.submission, 2)


def test_case_is_not_opened_as_approved(world):
    case = builders.approved_claim(world).case
    with by_hand():
        change(case, status="under_review", approved_submission=None, approved_amount=None)
    case.pk, case.public_id, case.reference = None, uuid4(), "CLM-2026-99999"
    case.submission = case.submitted_at = case.first_submitted_at = None

    with pytest.raises(InternalError, match=REFUSED), transaction.atomic():
        open_as_it_is(case)
