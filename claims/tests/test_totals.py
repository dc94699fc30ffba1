"""The totals are the sums of the submitted cases, whatever happens to these. All tests of claims ask that at their end, too."""

import threading
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection, transaction

from incentives_portal.cases.models import Case, CaseTotal
from incentives_portal.cases.tasks import merge_totals
from incentives_portal.cases.tests.invariants import broken_totals, counted_totals, kept_totals

from . import builders
from .copies import copy_claim

pytestmark = pytest.mark.django_db


def test_a_submitted_case_counts_with_its_amounts_a_draft_does_not(world):
    approved, _draft = builders.approved_claim(world), builders.draft_claim(world)

    ((group, (number, asked, paid)),) = kept_totals().items()

    assert (group[0], group[1], group[5]) == ("claim", world.nordlicht.pk, "approved")
    assert (number, asked, paid) == (1, approved.requested_amount, approved.approved_amount)
    assert broken_totals() == []


def test_merged_rows_are_as_many_as_totals_and_say_the_same(world):
    copy_claim(builders.rejected_claim(world), 30)
    builders.approved_claim(world)
    before = kept_totals()
    assert CaseTotal.objects.count() > len(before) == 2

    merge_totals()

    assert (CaseTotal.objects.count(), kept_totals()) == (2, before)
    assert not CaseTotal.objects.filter(number=0).exists()
    assert broken_totals() == []


def test_copies_and_changes_of_many_at_once_count_each(world):
    copy_claim(builders.approved_claim(world), 4)
    Case.objects.filter(reference__startswith="CPY").update(requested_amount=Decimal("7.00"))

    assert broken_totals() == []
    assert sum(number for number, _asked, _paid in counted_totals().values()) == 5


def test_a_change_that_no_total_shows_adds_no_row(world):
    builders.approved_claim(world)
    before = CaseTotal.objects.count()

    Case.objects.update(title="Another title", version=7)

    assert CaseTotal.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_merging_waits_for_nobody_and_loses_nothing_of_those_who_work_meanwhile(world):
    claim = builders.submitted_claim(world)
    merged = threading.Event()

    def merge():
        CaseTotal.objects.merge()
        connection.close()
        merged.set()

    with transaction.atomic():
        Case.objects.filter(pk=claim.pk).update(requested_amount=Decimal("9.00"))
        thread = threading.Thread(target=merge)
        thread.start()
        assert merged.wait(10)
    thread.join()
    merge()

    assert (CaseTotal.objects.count(), broken_totals()) == (1, [])


def test_merging_is_scheduled():
    assert "cases.merge_totals" in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
