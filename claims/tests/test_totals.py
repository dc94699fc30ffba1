"""The totals are the sums of the listed cases, whatever happens to these. All tests of claims ask that at their end, too."""

import threading
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from claims import services
from incentives_portal.cases.models import Case, CaseTotal
from incentives_portal.cases.tasks import merge_totals
from incentives_portal.cases.tests.invariants import broken_totals, counted_totals, stored_totals
from proofs.tests import builders as proofs

from . import builders
from .copies import copy_claim

pytestmark = pytest.mark.django_db


def test_claims_count_with_their_amounts_a_proof_without_a_claim_does_not(world):
    approved, draft, _proof = builders.approved_claim(world), builders.draft_claim(world), proofs.make_proof(world)

    totals = {group[5]: values for group, values in stored_totals().items() if group[0] == "claim"}

    assert totals == {
        "approved": (1, approved.requested_amount, approved.approved_amount),
        "editing": (1, draft.requested_amount, 0),
    }
    assert broken_totals() == []


def test_a_draft_that_was_discarded_does_not_count_a_canceled_claim_does(world):
    draft, returned = builders.draft_claim(world), builders.returned_claim(world)
    before = stored_totals()

    services.discard(draft, actor=world.jana, expected_version=draft.version)
    services.cancel(returned, actor=world.jana, expected_version=returned.version)

    statuses = {group[5]: values[0] for group, values in stored_totals().items() if group[0] == "claim"}
    assert (len(before), statuses, broken_totals()) == (len(stored_totals()) + 1, {"discarded": 1}, [])


def test_what_is_submitted_is_listed(world):
    case = builders.submitted_claim(world).case

    with pytest.raises(IntegrityError, match="case_submitted_listed"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(listed=False)


def test_merged_rows_are_as_many_as_totals_and_say_the_same(world):
    copy_claim(builders.rejected_claim(world), 30)
    builders.approved_claim(world)
    before = stored_totals()
    assert CaseTotal.objects.count() > len(before)

    merge_totals()

    assert (CaseTotal.objects.count(), stored_totals()) == (len(before), before)
    assert not CaseTotal.objects.filter(number=0).exists()
    assert broken_totals() == []


def test_copies_and_changes_of_many_at_once_count_each(world):
    copy_claim(builders.approved_claim(world), 4)
    Case.objects.filter(reference__startswith="CPY").update(requested_amount=Decimal("7.00"))

    assert broken_totals() == []
    assert sum(values[0] for group, values in counted_totals().items() if group[0] == "claim") == 5


def test_a_change_that_no_total_shows_adds_no_row(world):
    builders.approved_claim(world)
    before = CaseTotal.objects.count()

    Case.objects.filter(claim__isnull=False).update(title="Another title", version=7)

    assert CaseTotal.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_merging_waits_for_nobody_and_loses_nothing_of_those_who_work_meanwhile(world):
    claim = builders.submitted_claim(world)
    merged = threading.Event()

    def merge():
        merge_totals()
        connection.close()
        merged.set()

    with transaction.atomic():
        Case.objects.filter(pk=claim.pk).update(requested_amount=Decimal("9.00"))
        thread = threading.Thread(target=merge)
        thread.start()
        assert merged.wait(10)
    thread.join()
    merge()

    assert (CaseTotal.objects.count(), broken_totals()) == (len(stored_totals()), [])


def test_merging_is_scheduled():
    assert "cases.merge_totals" in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
