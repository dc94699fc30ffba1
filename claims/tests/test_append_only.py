"""What was decided stays: the database refuses to change or delete it, also by SQL."""

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from claims.reasons import load_reasons
from incentives_portal.cases.models import ReasonCode
from incentives_portal.tests.owner import as_owner

from . import builders


@pytest.mark.parametrize("table", ["cases_decision", "claims_dispute"])
@pytest.mark.parametrize("statement", ["UPDATE {table} SET by_id = by_id", "DELETE FROM {table}"])
def test_decisions_and_disputes_are_append_only(world, table, statement):
    builders.disputed_claim(world)

    with (
        pytest.raises(InternalError, match="Cannot update or delete"),
        transaction.atomic(),
        as_owner(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table=table))


def test_submission_of_a_claim_is_append_only(world):
    claim = builders.submitted_claim(world)

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        type(claim.case.submission).objects.filter(pk=claim.case.submission_id).update(number=9)


def test_reasons_are_loaded_once_and_edits_stay(db):
    assert load_reasons() == ReasonCode.objects.count() == 54
    ReasonCode.objects.filter(code="C-01").update(text={"en": "Our own words."}, active=False)

    assert load_reasons() == 0
    assert set(ReasonCode.objects.filter(code="C-01").values_list("active", flat=True)) == {False}


def test_every_reason_has_words_and_fix_in_english_and_german(db):
    load_reasons()

    for reason in ReasonCode.objects.all():
        for texts in (reason.text, reason.fix):
            assert set(texts) == {"en", "de"}, reason.code
            assert all(text.strip() for text in texts.values()), reason.code


@pytest.mark.parametrize("verb", ["request_action", "reject", "approve"])
@pytest.mark.parametrize("kind", ["plan", "claim"])
def test_every_decision_has_reasons_to_choose(db, kind, verb):
    load_reasons()

    assert ReasonCode.objects.filter(kind=kind, verb=verb, active=True).count() >= 3
